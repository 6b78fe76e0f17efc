"""A late answer: what the loop's thread did meanwhile, look by look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Final, NamedTuple

from sandbox.host.witness.record import Record
from sandbox.host.witness.thread import ThreadState

LOOK_SECONDS: Final = 0.008
LOOKS_AT_FULL_RATE: Final = 32
MOST_LOOKS: Final = 500


class _Look(NamedTuple):
    at: float
    state: str


class LateAnswer:
    """Since ``since``, on the performance counter."""

    def __init__(self, thread: ThreadState, since: float) -> None:
        self._thread = thread
        self._since = since
        self._looks: list[_Look] = []

    def look(self, now: float) -> None:
        """Ask the kernel."""
        if len(self._looks) < MOST_LOOKS:
            self._looks.append(_Look(now, self._thread.describe()))

    def pause_seconds(self, now: float) -> float:
        """Until the next look: the longer it lasts, the less often."""
        return max(LOOK_SECONDS, (now - self._since) / LOOKS_AT_FULL_RATE)

    def tell(
        self, record: Record, worker: int, at_us: Callable[[float], int], ended: float
    ) -> None:
        """What was seen: each state from one look to the next that differs."""
        for state, began, until in self._spans([(k.at, k.state) for k in self._looks], ended):
            spent = at_us(until) - at_us(began)
            if state:
                record.add(at_us(began), "thread", worker, state=state, duration_us=spent)

    def _spans[T](self, looks: list[tuple[float, T]], ended: float) -> list[tuple[T, float, float]]:
        """Equal neighbours together, each from its first look to that of the next."""
        merged = [(value, next(group)[0]) for value, group in groupby(looks, lambda look: look[1])]
        starts = [self._since, *[at for _, at in merged[1:]]]
        ends = [*starts[1:], ended]
        return [
            (value, start, end)
            for (value, _), start, end in zip(merged, starts, ends, strict=False)
        ]
