"""Where a learner stands with what is set: pure but for the rows of progress it reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from exercises.model import Card, Pack
from playground.progress.models import CardProgress, ExerciseProgress
from playground.teams import own_packs
from playground.teams.models import Assignment, Membership

STUCK_AFTER: Final = 3  # failed attempts at an exercise, and none that passed


_ADDRESS: Final = ("learner", "pack", "card")
# A time takes longer to read than the rest of its row; there are many rows, and few are needed.
_OF_CARD: Final = (*_ADDRESS, "is_read", "ran_at")
_OF_EXERCISE: Final = (*_ADDRESS, "exercise", "failures", "passed_at", "last_at")


class State(StrEnum):
    """How far somebody is with an item."""

    UNREAD = "unread"
    READ = "read"
    RAN = "ran"
    STUCK = "stuck"
    PASSED = "passed"


class Item(NamedTuple):
    """A card, or one exercise of it, that is set."""

    card: Card
    exercise: str = ""

    @property
    def title(self) -> str:
        """In the words of the card."""
        found = self.card.exercise(self.exercise) if self.exercise else None
        return found.title if found else self.card.question

    @property
    def anchor(self) -> str:
        """Where on the card's page it is."""
        return f"#cell-exercise-{self.exercise}" if self.exercise else ""

    @property
    def exercises(self) -> list[str]:
        """What has to pass."""
        return [self.exercise] if self.exercise else [one.slug for one in self.card.exercises]


class Standing(NamedTuple):
    """Where one learner stands with one item; ``done_at`` once it counts as done, ``last_at`` of
    the last attempt at an exercise.
    """

    state: State
    done_at: datetime | None = None
    last_at: datetime | None = None


class Result(NamedTuple):
    """Where one learner stands with an assignment; ``late`` of the ``done`` are after its time."""

    standings: list[Standing]
    done: int
    late: int
    is_met: bool


class Rows(NamedTuple):
    """The progress of some learners on some packs' cards, by learner and card."""

    cards: Mapping[tuple[str, str, str], Any]
    exercises: Mapping[tuple[str, str, str], Mapping[str, Any]]


def read_packs(found: Iterable[Assignment]) -> dict[str, Pack]:
    """The packs of which something is set, all of one team, as far as its members see them."""
    listed = list(found)
    return own_packs.read_packs(listed[0].team, {one.pack for one in listed}) if listed else {}


def list_items(assignment: Assignment, packs: Mapping[str, Pack] | None = None) -> list[Item]:
    """What is set, as far as its pack still has it; ``packs`` as ``read_packs`` gave them."""
    pack = (read_packs([assignment]) if packs is None else packs).get(assignment.pack)
    items = []
    for card_slug, exercise in assignment.items:
        card = pack.card(card_slug) if pack else None
        if card and (not exercise or card.exercise(exercise)):
            items.append(Item(card, exercise))
    return items


def read_rows(learners: Iterable[str], items: Iterable[Item]) -> Rows:
    """Two statements, however many there are; no more of each row than is looked at."""
    wanted = list(items)
    of: dict[str, Any] = {
        "learner__in": list(learners),
        "pack__in": {item.card.pack for item in wanted},
        "card__in": {item.card.slug for item in wanted},
    }
    is_read = ExpressionWrapper(Q(read_at__isnull=False), BooleanField())
    read = CardProgress.objects.filter(**of).annotate(is_read=is_read)
    cards: Any = read.values_list(*_OF_CARD, named=True)
    exercises: dict[tuple[str, str, str], dict[str, Any]] = defaultdict(dict)
    tried: Any = ExerciseProgress.objects.filter(**of).values_list(*_OF_EXERCISE, named=True)
    for row in tried:
        exercises[row.learner, row.pack, row.card][row.exercise] = row
    return Rows({(row.learner, row.pack, row.card): row for row in cards}, exercises)


def stand(rows: Rows, learner: str, item: Item) -> Standing:
    """Where the learner stands with it."""
    key = (learner, item.card.pack, item.card.slug)
    progress = rows.cards.get(key)
    wanted = item.exercises
    tried = [row for slug, row in rows.exercises.get(key, {}).items() if slug in wanted]
    passed = [row.passed_at for row in tried if row.passed_at]
    last_at = max((row.last_at for row in tried), default=None)
    if wanted and len(passed) == len(wanted):
        return Standing(State.PASSED, max(passed), last_at)
    if any(row.failures >= STUCK_AFTER and not row.passed_at for row in tried):
        return Standing(State.STUCK, None, last_at)
    ran_at = progress.ran_at if progress else None
    if tried or (ran_at and not item.exercise):
        return Standing(State.RAN, None if wanted else ran_at, last_at)
    if progress and progress.is_read and not item.exercise:
        return Standing(State.READ)
    return Standing(State.UNREAD)


def conclude(assignment: Assignment, standings: list[Standing]) -> Result:
    """Whether enough of it is done, by its late rule and its pass mark."""
    due = assignment.due_at
    done = [one.done_at for one in standings if one.done_at]
    late = [at for at in done if due and at > due]
    counted = len(done) - (len(late) if assignment.late == Assignment.Late.REFUSE else 0)
    is_met = bool(standings) and counted * 100 >= assignment.pass_mark * len(standings)
    return Result(standings, len(done), len(late), is_met)


def list_results(assignment: Assignment, members: Iterable[Membership]) -> dict[int, Result]:
    """Of each member, by membership."""
    listed, items = list(members), list_items(assignment)
    rows = read_rows([one.learner for one in listed], items)
    return {
        one.pk: conclude(assignment, [stand(rows, one.learner, item) for item in items])
        for one in listed
    }
