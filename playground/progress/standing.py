"""Where somebody stands with an exercise, of what they did alone. Pure: the order in which it was
stored, and by which of a learner's two sides, makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Try(NamedTuple):
    """An attempt, as far as it counts."""

    at: datetime
    run_id: str
    state: str
    shown_at: datetime | None = None  # when the page that sent it was


class Standing(NamedTuple):
    """As ``ExerciseProgress`` keeps it."""

    attempts: int
    failures: int
    hints: int
    passed_at: datetime | None
    last_state: str
    last_at: datetime


def derive(tries: Iterable[Try], hints: Iterable[datetime]) -> Standing | None:
    """None when nothing was done, or nothing that counts: what we failed to judge does not."""
    counted = sorted((each for each in tries if each.state != "errored"), key=lambda each: each[:2])
    taken = sorted(hints)
    if not counted and not taken:
        return None
    first = next((index for index, each in enumerate(counted) if each.state == "passed"), None)
    passed_at = counted[first].at if first is not None else None
    before = taken if passed_at is None else [at for at in taken if at <= passed_at]
    return Standing(
        attempts=len(counted),
        failures=len(counted) if first is None else first,
        hints=len(before),
        passed_at=passed_at,
        last_state=counted[-1].state if counted else "",
        last_at=max([each.at for each in counted] + taken),
    )
