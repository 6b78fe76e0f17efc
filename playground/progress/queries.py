"""Reads of progress: where somebody stands, a page's worth in one statement each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Q, QuerySet

from exercises.model import Card, Pack
from playground.accounts.learners import digest_learner
from playground.progress.models import Attempt, CardProgress, ExerciseProgress


class CardStatus(StrEnum):
    """How far somebody came with a card; each includes those before it."""

    UNREAD = "unread"
    READ = "read"
    RAN = "ran"
    PASSED = "passed"


@dataclass(slots=True)
class Deeds:
    """What somebody did on a card.

    Exercises that were touched, those of them that were tried, that passed, and that passed at
    the first attempt without a hint.
    """

    has_read: bool = False
    has_run: bool = False
    touched: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)


def list_deeds(learner: str, **which: str) -> dict[tuple[str, str], Deeds]:
    """By pack and card, for all cards on which the learner did anything.

    There may be thousands: no objects, and no times, are made of them.
    """
    if not learner:
        return {}
    digest = digest_learner(learner)
    cards = CardProgress.objects.filter(learner=digest, **which)
    flags = {"has_read": Q(read_at__isnull=False), "has_run": Q(ran_at__isnull=False)}
    reached = cards.annotate(**flags).values_list("pack", "card", *flags)
    found = {(pack, card): Deeds(has_read, has_run) for pack, card, has_read, has_run in reached}
    exercises = ExerciseProgress.objects.filter(learner=digest, **which)
    sets = {
        "is_tried": Q(attempts__gt=0),
        "is_passed": Q(passed_at__isnull=False),
        "is_alone": Q(passed_at__isnull=False, failures=0, hints=0),
    }
    rows = exercises.annotate(**sets).values_list("pack", "card", "exercise", *sets)
    for pack, card, exercise, is_tried, is_passed, is_alone in rows:
        deeds = found.get((pack, card)) or found.setdefault((pack, card), Deeds())
        deeds.touched.add(exercise)
        if is_tried:
            deeds.tried.add(exercise)
        if is_passed:
            deeds.passed.add(exercise)
        if is_alone:
            deeds.alone.add(exercise)
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
    if card.exercises and all(each.slug in deeds.passed for each in card.exercises):
        return CardStatus.PASSED
    if deeds.touched or deeds.has_run:
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
