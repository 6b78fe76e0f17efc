"""All that a learner's own page tells: in one glance what is next and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from itertools import islice
from typing import Any, Final, NamedTuple

from exercises.exercise import Exercise
from exercises.model import Card, Pack
from playground.accounts.learners import digest_learner
from playground.catalog import private_packs
from playground.catalog.queries import get_packs
from playground.progress import activity
from playground.progress.activity import Day, Done
from playground.progress.models import ActivityDay, Attempt, ExerciseProgress
from playground.progress.queries import CardStatus, Deeds, Reach, list_deeds, tell_status

MOST_WRONG: Final = 5
MOST_FAILED: Final = 100  # looked through for those that are still there
MOST_PACKS: Final = 3  # at a glance
_COUNTED: Final = (Reach.TRIED, Reach.PASSED, Reach.ALONE)
_NOTHING: Final = (0, 0, 0)
_Key = tuple[str, str, str]


class PackProgress(NamedTuple):
    """How many cards of a pack are so far, or further; ``following`` is the one to go on with."""

    pack: Pack
    read: int
    ran: int
    passed: int
    following: Card | None


class Wrong(NamedTuple):
    """An exercise whose last attempt failed, and the first thing that was expected of it."""

    card: Card
    exercise: Exercise
    expected: str


class Strength(NamedTuple):
    """A topic: exercises tried, passed, and passed at the first attempt without a hint."""

    tag: str
    tried: int
    passed: int
    alone: int


class Overview(NamedTuple):
    """What the page shows."""

    packs: list[PackProgress]
    wrong: list[Wrong]
    strengths: list[Strength]
    calendar: list[list[Day]]
    streak: int


class Glance(NamedTuple):
    """What the home page shows: of the packs that were begun, those with something left."""

    packs: list[PackProgress]
    wrong: list[Wrong]
    streak: int


def glance(learner: str, today: date) -> Glance | None:
    """What is next and what went wrong; None for whoever did nothing yet."""
    deeds = list_deeds(learner)
    begun = {pack for pack, _ in deeds.read | deeds.ran}
    if not begun:
        return None
    digest = digest_learner(learner)
    packs = _list_packs(digest)
    told = [_tell_pack(each, deeds) for each in packs.values() if each.slug in begun]
    told = told or [_tell_pack(next(iter(packs.values())), deeds)]  # what was begun may be gone
    left = [each for each in told if each.following] or told
    days = ActivityDay.objects.filter(learner=digest).values_list("day", flat=True)
    return Glance(left[:MOST_PACKS], _list_wrong(digest, packs), activity.count_streak(days, today))


def look(learner: str, today: date) -> Overview:
    """Where the learner stands with everything that is still there."""
    digest = digest_learner(learner) if learner else ""
    deeds = list_deeds(learner)
    active = ActivityDay.objects.filter(learner=digest)
    rows = active.values_list("day", "runs", "attempts", "reviews")
    days = {day: Done(*counts) for day, *counts in rows}
    packs = _list_packs(digest)
    return Overview(
        [_tell_pack(pack, deeds) for pack in packs.values()],
        _list_wrong(digest, packs),
        _list_strengths(deeds, packs),
        activity.lay_out(days, today),
        activity.count_streak(days, today),
    )


def _tell_pack(pack: Pack, deeds: Deeds) -> PackProgress:
    statuses = [tell_status(pack, card, deeds) for card in pack.cards]
    counts = Counter(statuses)
    passed = counts[CardStatus.PASSED]
    ran = passed + counts[CardStatus.RAN]
    left = (
        card
        for card, status in zip(pack.cards, statuses, strict=True)
        if status != CardStatus.PASSED
    )
    return PackProgress(pack, ran + counts[CardStatus.READ], ran, passed, next(left, None))


def _list_packs(digest: str) -> dict[str, Pack]:
    """Everybody's, then those that the learner is shown beside them."""
    own = {pack.slug: pack for pack in private_packs.list_packs(digest)}
    return {**get_packs(), **own}


def _find(
    packs: Mapping[str, Pack], pack: str, card: str, exercise: str
) -> tuple[Card, Exercise] | None:
    """As they are today, if they still are."""
    found = packs.get(pack)
    shown = found.card(card) if found else None
    known = shown.exercise(exercise) if shown else None
    return (shown, known) if shown and known else None


def _list_wrong(digest: str, packs: Mapping[str, Pack]) -> list[Wrong]:
    """The newest, each with what its newest failed attempt was told."""
    failed = ExerciseProgress.objects.filter(
        learner=digest, pack__in=packs, last_state=Attempt.State.FAILED
    )
    keys = failed.order_by("-last_at").values_list("pack", "card", "exercise", "last_at")
    known = ((*key, found) for key in keys[:MOST_FAILED] if (found := _find(packs, *key[:3])))
    newest = list(islice(known, MOST_WRONG))
    if not newest:
        return []
    told: dict[_Key, Any] = {}
    attempts = Attempt.objects.filter(
        learner=digest, state=Attempt.State.FAILED, created_at__gte=newest[-1][3]
    ).order_by("created_at")
    for pack, card, exercise, verdicts in attempts.values_list(
        "pack", "card", "exercise", "verdicts"
    ):
        told[pack, card, exercise] = verdicts
    return [
        Wrong(*found, _first_failed(told.get((pack, card, exercise), [])))
        for pack, card, exercise, _, found in newest
    ]


def _first_failed(verdicts: list[dict[str, Any]]) -> str:
    failed = (each for each in verdicts if each.get("state") == "failed")
    return str(next(failed, {}).get("expected", ""))


def _list_strengths(deeds: Deeds, packs: Mapping[str, Pack]) -> list[Strength]:
    tally: Counter[tuple[tuple[str, ...], int]] = Counter()
    for key, reached in deeds.reached.items():
        if found := _find(packs, *key):
            tally[found[0].tags, reached] += 1
    counted: dict[str, list[int]] = {}
    for (tags, reached), count in tally.items():
        counts = [count if reached >= each else 0 for each in _COUNTED]
        for tag in tags if any(counts) else ():
            before = counted.get(tag, _NOTHING)
            counted[tag] = [one + more for one, more in zip(before, counts, strict=True)]
    listed = [Strength(tag, *counts) for tag, counts in counted.items()]
    return sorted(listed, key=lambda each: (-each.alone / each.tried, -each.passed, each.tag))
