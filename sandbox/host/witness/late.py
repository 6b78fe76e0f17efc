"""A late answer: where in the cell its loop was meanwhile and what its thread did, look by look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Final, NamedTuple

from sandbox.host.witness.record import Record
from sandbox.host.witness.stack import Place, Stack
from sandbox.host.witness.thread import ThreadState

LOOK_SECONDS: Final = 0.008
LOOKS_AT_FULL_RATE: Final = 32
MOST_LOOKS: Final = 500


class _Look(NamedTuple):
    at: float
    state: str
    place: Place | None


class LateAnswer:
    """Since ``since``, on the performance counter."""

    def __init__(self, thread: ThreadState, stack: Stack, since: float) -> None:
        self._thread = thread
        self._stack = stack
        self._since = since
        self._looks: list[_Look] = []

    def look(self, now: float) -> None:
        """Ask the kernel, and read the stack."""
        if len(self._looks) < MOST_LOOKS:
            look = _Look(now, self._thread.describe(), self._stack.find_place())
            self._looks.append(look)

    def pause_seconds(self, now: float) -> float:
        """Until the next look: the longer it lasts, the less often."""
        return max(LOOK_SECONDS, (now - self._since) / LOOKS_AT_FULL_RATE)

    def tell(
        self, record: Record, worker: int, at_us: Callable[[float], int], ended: float
    ) -> None:
        """What was seen: each line and each state from one look to the next that differs."""
        names = {look.place.line: look.place.function for look in self._looks[::-1] if look.place}
        lines = [(look.at, look.place.line) for look in self._looks if look.place]
        for line, began, until in self._spans(lines, ended):
            spent, name = at_us(until) - at_us(began), names[line]
            record.add(at_us(began), "stack", worker, line=line, function=name, duration_us=spent)
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
