"""What the outside witness has to say of one run: events within a budget, figures without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from sandbox.protocol import (
    LARGEST_FIGURE,
    MAX_WITNESS_CHARACTERS,
    Heartbeat,
    Witness,
    WitnessKind,
)

# Those that a grade may rest on have shares of their own, so that nothing else uses them up.
MOST_EVENTS: Final = 4000
MOST_OF_KIND: Final[dict[WitnessKind, int]] = {"lag": 8000, "statement": 4000}

Fields = dict[str, str | int | None]


class Seen(msgspec.Struct):
    """What was seen of one child.

    ``forged`` counts answers that came while the kernel saw the loop's thread asleep throughout,
    ``asleep_us`` is the longest time for which they did. ``held_us`` is the longest late answer
    without what others are to blame for: a wait for a processor, a supervisor that was late itself.
    ``gap_us`` is the longest time for which nothing was asked, ``cut_us`` when the cell closed or
    flooded the line, long before its end. ``claimed_us`` is the longest block or lag of the
    picture from inside, ``claimed_statements`` how many it says were sent to a server.
    ``is_whole``: the child was left to end by itself.
    """

    worker: int = 0
    heartbeat: Heartbeat = "off"
    pings: int = 0
    longest_lag_us: int = 0
    blocked_us: int = 0
    held_us: int = 0
    forged: int = 0
    asleep_us: int = 0
    gap_us: int = 0
    cut_us: int = 0
    claimed_us: int = 0
    claimed_statements: int = 0
    is_whole: bool = False


class Record:
    """Passes events on until a run has had its share of them; ``lost`` counts what was too much
    of those that have a share of their own.
    """

    def __init__(self, send: Callable[[Witness], None]) -> None:
        self._send = send
        self._left = MOST_EVENTS
        self._left_of_kind = dict(MOST_OF_KIND)
        self.lost = 0

    def add(self, at_us: int, kind: WitnessKind, worker: int, **fields: str | int | None) -> None:
        """One event; texts are cut and figures clamped."""
        if self._may_send(kind):
            told = {name: _bounded(value) for name, value in fields.items()}
            self._send(Witness(max(at_us, 0), kind, told, worker))

    def _may_send(self, kind: WitnessKind) -> bool:
        if kind not in self._left_of_kind:
            self._left -= 1
            return self._left >= 0
        self._left_of_kind[kind] -= 1
        is_within = self._left_of_kind[kind] >= 0
        self.lost += not is_within
        return is_within


def _bounded(value: str | int | None) -> str | int | None:
    if isinstance(value, str):
        return value[:MAX_WITNESS_CHARACTERS]
    return value if value is None else max(-LARGEST_FIGURE, min(value, LARGEST_FIGURE))
