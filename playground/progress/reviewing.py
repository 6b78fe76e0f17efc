"""Writes of reviews: grades that are given, answers that get one, and how much in a day."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from playground.accounts.learners import digest_learner, find_owner
from playground.progress.deriving import derive_card, derive_exercise
from playground.progress.models import ReviewLog, ReviewPlan
from playground.progress.operations import note_activity
from playground.progress.scheduling import Grade

DAILY_LIMIT: Final = 20
LARGEST_LIMIT: Final = 500


class NotNow(Exception):
    """It was reviewed in the meantime, or there is nothing to correct; the text says which."""


@transaction.atomic
def review_card(
    *,
    learner: str,
    pack: str,
    card: str,
    number: int,
    grade: Grade,
    source: ReviewLog.Source,
    day: date,
    question: str = "",
    answer: object = (),
) -> ReviewLog | None:
    """Keep the grade of a card. ``number`` is how many reviews its page knew of: another page may
    have been quicker. Raises NotNow. None: its account was deleted.
    """
    owner = find_owner(learner)
    if not owner:
        return None
    digest = digest_learner(owner)
    of_card: dict[str, Any] = {"learner": digest, "pack": pack, "card": card, "exercise": ""}
    if ReviewLog.objects.filter(**of_card).count() != number:
        raise NotNow("This was answered already, on another page or by a second click.")
    log = ReviewLog.objects.create(
        **of_card,
        question=question,
        answer=answer,
        grade=grade,
        source=source,
        reviewed_at=timezone.now(),
    )
    derive_card(digest, pack, card)
    note_activity(digest, day, reviews=1)
    return log


@transaction.atomic
def correct(learner: str, pack: str, card: str, exercise: str, grade: Grade) -> None:
    """The learner says how well the last review went. Raises NotNow when there was none."""
    owner = find_owner(learner)
    if not owner:
        return
    digest = digest_learner(owner)
    if exercise:
        _correct_exercise(digest, pack, card, exercise, grade)
        derive_exercise(digest, pack, card, exercise)
    else:
        _correct_card(digest, pack, card, grade)
        derive_card(digest, pack, card)


@transaction.atomic
def set_daily_limit(learner: str, limit: int) -> None:
    """How many reviews an account wants in a day."""
    if owner := find_owner(learner):
        ReviewPlan.objects.update_or_create(
            learner=digest_learner(owner), defaults={"daily_limit": limit}
        )


def _correct_card(digest: str, pack: str, card: str, grade: Grade) -> None:
    logs = ReviewLog.objects.filter(learner=digest, pack=pack, card=card, exercise="")
    last = logs.order_by("reviewed_at", "pk").last()
    if last is None:
        raise NotNow("There is no review to correct.")
    last.grade, last.source = grade, ReviewLog.Source.CORRECTION
    last.save(update_fields=["grade", "source"])


def _correct_exercise(digest: str, pack: str, card: str, exercise: str, grade: Grade) -> None:
    sittings = derive_exercise(digest, pack, card, exercise)
    if not sittings:
        raise NotNow("There is no attempt to correct.")
    ReviewLog.objects.update_or_create(
        learner=digest,
        pack=pack,
        card=card,
        exercise=exercise,
        run_id=sittings[-1].run_ids[-1],
        defaults={
            "grade": grade,
            "source": ReviewLog.Source.CORRECTION,
            "reviewed_at": timezone.now(),
        },
    )
