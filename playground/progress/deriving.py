"""What is derived of what somebody did: said anew each time, never counted up."""

from __future__ import annotations

from typing import Any

from django.db.models import Min

from playground.progress.models import (
    Attempt,
    ExerciseProgress,
    HintTaken,
    ReviewItem,
    ReviewLog,
)
from playground.progress.scheduling import Grade, Graded, Schedule, replay
from playground.progress.sittings import Correction, Sitting, grade_sittings, list_sittings
from playground.progress.standing import Try, derive


def derive_exercise(digest: str, pack: str, card: str, exercise: str) -> list[Sitting]:
    """Where the learner stands with it and when it is due again; the sittings it had."""
    of_exercise: dict[str, Any] = {
        "learner": digest,
        "pack": pack,
        "card": card,
        "exercise": exercise,
    }
    attempts = Attempt.objects.filter(**of_exercise).order_by()
    tries = [
        Try(*each) for each in attempts.values_list("created_at", "run_id", "state", "shown_at")
    ]
    asked = HintTaken.objects.filter(**of_exercise)
    first = asked.values("number").annotate(at=Min("taken_at")).values_list("at", flat=True)
    if standing := derive(tries, first):
        defaults = standing._asdict()
        ExerciseProgress.objects.update_or_create(defaults=defaults, **of_exercise)
    sittings = list_sittings(tries, asked.values_list("taken_at", flat=True))
    logs = ReviewLog.objects.filter(**of_exercise)
    said = logs.values_list("reviewed_at", "run_id", "grade")
    corrections = (Correction(at, run_id, Grade(grade)) for at, run_id, grade in said)
    _schedule(of_exercise, replay(grade_sittings(sittings, corrections)))
    return sittings


def derive_card(digest: str, pack: str, card: str) -> None:
    """When the card itself is due again, its exercises apart."""
    of_card: dict[str, Any] = {"learner": digest, "pack": pack, "card": card, "exercise": ""}
    logs = ReviewLog.objects.filter(**of_card).values_list("reviewed_at", "grade")
    _schedule(of_card, replay(Graded(at, Grade(grade)) for at, grade in logs))


def _schedule(of: dict[str, Any], schedule: Schedule | None) -> None:
    if schedule:
        ReviewItem.objects.update_or_create(defaults=schedule._asdict(), **of)
    else:
        ReviewItem.objects.filter(**of).delete()
