"""Reads of progress: where somebody stands, a page's worth in one statement each."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

from django.db.models import Case, Field, QuerySet, When

from exercises.model import Card, Pack
from playground.accounts.learners import digest_learner
from playground.progress.models import Attempt, CardProgress, ExerciseProgress

_Card = tuple[str, str]  # pack and card


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


class Deeds(NamedTuple):
    """What somebody did: cards they read, cards they ran or touched an exercise of, by pack and
    card, and how far they came with exercises, by pack, card and exercise; thousands, perhaps.
    """

    read: set[_Card]
    ran: set[_Card]
    reached: dict[tuple[str, str, str], int]


# Of no kind of field, so that nothing converts what the database gives: whole numbers.
_NUMBER: Final[Field[Any, Any]] = Field()
_IS_READ: Final = Case(When(read_at__isnull=False, then=1), default=0, output_field=_NUMBER)
_HAS_RUN: Final = Case(When(ran_at__isnull=False, then=1), default=0, output_field=_NUMBER)
_REACHED: Final = Case(
    When(passed_at__isnull=False, failures=0, hints=0, then=Reach.ALONE),
    When(passed_at__isnull=False, then=Reach.PASSED),
    When(attempts__gt=0, then=Reach.TRIED),
    default=Reach.TOUCHED,
    output_field=_NUMBER,
)


def list_deeds(learner: str, **which: str) -> Deeds:
    """All that the learner did, in two statements."""
    deeds = Deeds(set(), set(), {})
    if not learner:
        return deeds
    digest = digest_learner(learner)
    cards = CardProgress.objects.filter(learner=digest, **which)
    for pack, card, is_read, has_run in cards.values_list("pack", "card", _IS_READ, _HAS_RUN):
        if is_read:
            deeds.read.add((pack, card))
        if has_run:
            deeds.ran.add((pack, card))
    tried = ExerciseProgress.objects.filter(learner=digest, **which)
    for pack, card, exercise, reached in tried.values_list("pack", "card", "exercise", _REACHED):
        deeds.reached[pack, card, exercise] = reached
        deeds.ran.add((pack, card))
    return deeds


def list_statuses(learner: str, pack: Pack) -> dict[str, CardStatus]:
    """Each card of the pack with how far the learner came."""
    deeds = list_deeds(learner, pack=pack.slug)
    return {card.slug: tell_status(pack, card, deeds) for card in pack.cards}


def list_standings(learner: str, card: Card) -> dict[str, ExerciseProgress]:
    """Where the learner stands with the card's exercises, by slug."""
    if not learner:
        return {}
    rows = ExerciseProgress.objects.filter(
        learner=digest_learner(learner), pack=card.pack, card=card.slug
    )
    return {row.exercise: row for row in rows}


def tell_status(pack: Pack, card: Card, deeds: Deeds) -> CardStatus:
    """How far somebody is with the card who did this."""
    key = (pack.slug, card.slug)
    reached = [deeds.reached.get((*key, each.slug), Reach.TOUCHED) for each in card.exercises]
    if reached and min(reached) >= Reach.PASSED:
        return CardStatus.PASSED
    if key in deeds.ran:
        return CardStatus.RAN
    return CardStatus.READ if key in deeds.read else CardStatus.UNREAD


def list_attempts(learner: str, pack: str, card: str, exercise: str) -> QuerySet[Attempt]:
    """The learner's attempts at an exercise, newest first."""
    if not learner:
        return Attempt.objects.none()
    of_exercise = {"pack": pack, "card": card, "exercise": exercise}
    return Attempt.objects.filter(learner=digest_learner(learner), **of_exercise)


def get_attempt(run_id: str) -> Attempt | None:
    """The attempt that was judged by that run; whose it is, is the caller's to know."""
    return Attempt.objects.filter(run_id=run_id).first()
