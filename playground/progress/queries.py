"""Reads of progress: where somebody stands, a page's worth in one statement each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from django.db.models import Case, IntegerField, QuerySet, When

from exercises.model import Card, Pack
from playground.accounts.learners import digest_learner
from playground.progress.models import Attempt, CardProgress, ExerciseProgress


class CardStatus(StrEnum):
    """How far somebody came with a card; each includes those before it."""

    UNREAD = "unread"
    READ = "read"
    RAN = "ran"
    PASSED = "passed"


class Reach(IntEnum):
    """How far somebody came with an exercise: a hint at least, a try, a pass, or a pass at the
    first try without a hint. Each includes those before it.
    """

    TOUCHED = 0
    TRIED = 1
    PASSED = 2
    ALONE = 3


@dataclass(slots=True)
class Deeds:
    """What somebody did on a card. ``reached`` has the exercises that were touched, by slug."""

    has_read: bool = False
    has_run: bool = False
    reached: dict[str, int] = field(default_factory=dict)


# Numbers, which no driver converts: a learner may have thousands of rows.
_NUMBER: Final = IntegerField()
_HAS_READ: Final = Case(When(read_at__isnull=False, then=1), default=0, output_field=_NUMBER)
_HAS_RUN: Final = Case(When(ran_at__isnull=False, then=1), default=0, output_field=_NUMBER)
_REACHED: Final = Case(
    When(passed_at__isnull=False, failures=0, hints=0, then=Reach.ALONE),
    When(passed_at__isnull=False, then=Reach.PASSED),
    When(attempts__gt=0, then=Reach.TRIED),
    default=Reach.TOUCHED,
    output_field=_NUMBER,
)


def list_deeds(learner: str, **which: str) -> dict[tuple[str, str], Deeds]:
    """By pack and card, for all cards on which the learner did anything."""
    if not learner:
        return {}
    digest = digest_learner(learner)
    cards = CardProgress.objects.filter(learner=digest, **which)
    begun = cards.values_list("pack", "card", _HAS_READ, _HAS_RUN)
    found = {(pack, card): Deeds(bool(read), bool(run)) for pack, card, read, run in begun}
    exercises = ExerciseProgress.objects.filter(learner=digest, **which)
    for pack, card, exercise, reached in exercises.values_list(
        "pack", "card", "exercise", _REACHED
    ):
        deeds = found.get((pack, card)) or found.setdefault((pack, card), Deeds())
        deeds.reached[exercise] = reached
    return found


def list_statuses(learner: str, pack: Pack) -> dict[str, CardStatus]:
    """Each card of the pack with how far the learner came."""
    deeds = list_deeds(learner, pack=pack.slug)
    return {
        card.slug: tell_status(card, deeds.get((pack.slug, card.slug), Deeds()))
        for card in pack.cards
    }


def list_standings(learner: str, card: Card) -> dict[str, ExerciseProgress]:
    """Where the learner stands with the card's exercises, by slug."""
    if not learner:
        return {}
    rows = ExerciseProgress.objects.filter(
        learner=digest_learner(learner), pack=card.pack, card=card.slug
    )
    return {row.exercise: row for row in rows}


def tell_status(card: Card, deeds: Deeds) -> CardStatus:
    """How far somebody is who did this on the card."""
    reached = deeds.reached
    if card.exercises and all(
        reached.get(each.slug, Reach.TOUCHED) >= Reach.PASSED for each in card.exercises
    ):
        return CardStatus.PASSED
    if reached or deeds.has_run:
        return CardStatus.RAN
    return CardStatus.READ if deeds.has_read else CardStatus.UNREAD


def list_attempts(learner: str, pack: str, card: str, exercise: str) -> QuerySet[Attempt]:
    """The learner's attempts at an exercise, newest first."""
    if not learner:
        return Attempt.objects.none()
    of_exercise = {"pack": pack, "card": card, "exercise": exercise}
    return Attempt.objects.filter(learner=digest_learner(learner), **of_exercise)


def get_attempt(run_id: str) -> Attempt | None:
    """The attempt that was judged by that run; whose it is, is the caller's to know."""
    return Attempt.objects.filter(run_id=run_id).first()
