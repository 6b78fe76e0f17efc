"""What is due for review, and in which form it is asked: predict, fix and explain in turn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from exercises.exercise import Exercise
from exercises.model import Card
from exercises.question import Question
from exercises.questions import list_questions
from playground.accounts.learners import digest_learner
from playground.catalog.queries import get_card, get_packs
from playground.progress.models import CardProgress, ReviewItem
from playground.progress.reviewing import DAILY_LIMIT

MOST_LOOKED_AT: Final = 200  # of what is due, and of what is new: more than anybody does in a day


# Every page asks, and to write it takes the ORM as long as all that a small page does besides.
_TODAY: Final = """
SELECT
    (SELECT COUNT(*) FROM progress_reviewitem
        WHERE learner = %s AND due_at < %s AND pack IN ({places})),
    (SELECT reviews FROM progress_activityday WHERE learner = %s AND day = %s),
    (SELECT daily_limit FROM progress_reviewplan WHERE learner = %s)
"""


class Kind(StrEnum):
    """What a learner does with it."""

    PREDICT = "predict"
    FIX = "fix"
    EXPLAIN = "explain"


class Today(NamedTuple):
    """``due`` is how many reviews are, of which ``done`` and ``limit`` say how many still come."""

    due: int
    done: int
    limit: int

    @property
    def left(self) -> int:
        """How many the learner still wants today."""
        return max(0, self.limit - self.done)

    @property
    def waiting(self) -> int:
        """How many of those that are due still come today."""
        return min(self.due, self.left)


class Item(NamedTuple):
    """A card, or one of its exercises. ``row`` is None for what was never reviewed."""

    card: Card
    exercise: Exercise | None
    row: ReviewItem | None
    kind: Kind

    @property
    def number(self) -> int:
        """How many reviews it had."""
        return self.row.reviews if self.row else 0

    @property
    def key(self) -> str:
        """Its name in addresses and forms."""
        return key_of(self.card, self.exercise)


class Queue(NamedTuple):
    """What comes today, the next first; ``skipped`` of it were put off, ``new`` are new."""

    today: Today
    items: list[Item]
    new: int
    skipped: int


def key_of(card: Card, exercise: Exercise | None) -> str:
    """As in ``find``."""
    return "/".join((card.pack, card.slug, *([exercise.slug] if exercise else [])))


def find(key: str) -> tuple[Card, Exercise | None] | None:
    """What has this key, if it is still there."""
    pack, card, exercise = [*key.split("/", 2), "", "", ""][:3]
    found = get_card(pack, card)
    known = found.exercise(exercise) if found and exercise else None
    return (found, known) if found and bool(known) == bool(exercise) else None


def find_row(learner: str, card: Card, exercise: Exercise | None) -> ReviewItem | None:
    """When the learner has it again, if it was ever reviewed."""
    return ReviewItem.objects.filter(
        learner=digest_learner(learner),
        pack=card.pack,
        card=card.slug,
        exercise=exercise.slug if exercise else "",
    ).first()


def read_queue(learner: str, today: date, until: datetime, skipped: Collection[str]) -> Queue:
    """What an account reviews before ``until``, the end of its day: first all that is due, mixed,
    then cards that were read and never reviewed.
    """
    told = tell_today(learner, today, until)
    due = [] if not told.left else list(_list_due(learner, until))
    fresh = [] if len(due) >= told.left else list(_list_new(learner))
    coming = [*mix(due), *mix(fresh)][: told.left + len(skipped)]
    items = [item for item in coming if item.key not in skipped]
    return Queue(
        told,
        items[: told.left],
        sum(item.row is None for item in items[: told.left]),
        len(coming) - len(items),
    )


def tell_today(learner: str, today: date, until: datetime) -> Today:
    """How much is due, done and wanted."""
    digest, packs, adapt = digest_learner(learner), list(get_packs()), connection.ops
    with connection.cursor() as cursor:
        cursor.execute(
            _TODAY.format(places=", ".join(["%s"] * len(packs))),
            [
                *(digest, adapt.adapt_datetimefield_value(until), *packs),
                *(digest, adapt.adapt_datefield_value(today)),
                digest,
            ],
        )
        due, done, limit = cursor.fetchone()
    return Today(due, done or 0, DAILY_LIMIT if limit is None else limit)


def tell_next_day(learner: str, until: datetime) -> datetime | None:
    """When something is due that is not today."""
    later = ReviewItem.objects.filter(learner=digest_learner(learner), due_at__gte=until)
    return later.order_by("due_at").values_list("due_at", flat=True).first()


def mix(items: Iterable[Item]) -> list[Item]:
    """One of each kind in turn, each kind in its own order."""
    by_kind: dict[Kind, list[Item]] = {kind: [] for kind in Kind}
    for item in items:
        by_kind[item.kind].append(item)
    return [item for item in chain(*zip_longest(*by_kind.values())) if item]


def choose_kind(card: Card, exercise: Exercise | None, number: int) -> Kind:
    """An exercise is answered as on its card. A card is asked to be explained every other time,
    and in between one of its questions is asked.
    """
    if exercise:
        return Kind.PREDICT if exercise.kind == "predict" else Kind.FIX
    is_asked = (number + card.number) % 2 and list_asked(card.pack, card.slug)
    return Kind.PREDICT if is_asked else Kind.EXPLAIN


def choose_question(card: Card, number: int) -> Question:
    """What is asked at that review of the card; all its questions have their turn."""
    asked = list_asked(card.pack, card.slug)
    return asked[(number // 2) % len(asked)]


@cache
def list_asked(pack: str, card: str) -> list[Question]:
    """The card's questions that a form can answer; those an exercise asks as well are left out."""
    found = get_card(pack, card)
    questions = list_questions(found) if found else []
    return [each for each in questions if not each.exercise]


def _list_due(learner: str, until: datetime) -> Iterator[Item]:
    rows = _due(digest_learner(learner), until).order_by("due_at", "pk")[:MOST_LOOKED_AT]
    for row in rows:
        if found := find(f"{row.pack}/{row.card}/{row.exercise}".rstrip("/")):
            yield Item(*found, row, choose_kind(*found, row.reviews))


def _list_new(learner: str) -> Iterator[Item]:
    """Cards that were read to the end, the first read first."""
    own = CardProgress.objects.filter(learner=digest_learner(learner), read_at__isnull=False)
    same = {name: OuterRef(name) for name in ("learner", "pack", "card")}
    known = ReviewItem.objects.filter(**same, exercise="")
    rows = own.filter(~Exists(known), pack__in=get_packs()).order_by("read_at", "pk")
    for row in rows[:MOST_LOOKED_AT]:
        if found := find(f"{row.pack}/{row.card}"):
            yield Item(*found, None, choose_kind(*found, 0))


def _due(digest: str, until: datetime) -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(learner=digest, due_at__lt=until, pack__in=get_packs())
