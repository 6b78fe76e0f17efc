"""Attempts without a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exercises.checks import Verdict
from exercises.checks.base import State
from exercises.loader import BUILT_IN, load_packs
from playground.progress import operations
from playground.progress.models import Attempt
from playground.progress.shown import Shown

PACK = load_packs([BUILT_IN])["async-databases"]
DAY = date(2026, 11, 26)


def attempt(
    learner: str,
    run_id: str,
    *states: State,
    card: str = "blocking-driver",
    exercise: str = "freeze-the-loop",
    answer: str = "1",
    got: str = "nothing",
    day: date = DAY,
    shown: Shown | None = None,
) -> Attempt | None:
    """A judged answer: with these verdicts, or one that failed."""
    found = PACK.card(card)
    known = found.exercise(exercise) if found else None
    assert known
    given: Sequence[State] = states or ("failed",)
    return operations.record_attempt(
        learner=learner,
        run_id=run_id,
        pack=PACK.slug,
        card=card,
        exercise=known,
        driver="asyncpg",
        answer=answer,
        verdicts=[Verdict("bodies", state, "requests", got, "answers") for state in given],
        mistake="",
        wall_us=1000,
        day=day,
        shown=shown,
    )
