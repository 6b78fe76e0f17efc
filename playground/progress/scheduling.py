"""When something is due again: what the ``fsrs`` library says of its grades. Pure.

Without steps of minutes, which are for cards of vocabulary: whatever is asked, is asked again on
another day. Nothing is left to chance, so that the same grades give the same days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, NamedTuple

import fsrs

SCHEDULER: Final = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


class Grade(IntEnum):
    """How well it went: the library's ratings, and the keys that give them."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Graded(NamedTuple):
    """One review, by the server's clock."""

    at: datetime
    grade: Grade


class Schedule(NamedTuple):
    """What all reviews of something come to."""

    reviews: int
    stability: float
    difficulty: float
    last_grade: Grade
    last_at: datetime
    due_at: datetime


def replay(reviews: Iterable[Graded]) -> Schedule | None:
    """The schedule after these reviews, in whatever order they come; None without any."""
    card, count, last = _new_card(), 0, Grade.AGAIN
    for at, last in sorted(reviews):
        card, count = _review(card, last, at), count + 1
    if not count:
        return None
    assert card.stability is not None
    assert card.difficulty is not None
    assert card.last_review is not None
    return Schedule(count, card.stability, card.difficulty, last, card.last_review, card.due)


def foretell(schedule: Schedule | None, now: datetime) -> dict[Grade, datetime]:
    """When it would be due again with each grade given now."""
    card = _as_card(schedule) if schedule else _new_card()
    at = max(now, schedule.last_at) if schedule else now
    return {grade: _review(card, grade, at).due for grade in Grade}


def _review(card: fsrs.Card, grade: Grade, at: datetime) -> fsrs.Card:
    reviewed, _ = SCHEDULER.review_card(card, fsrs.Rating(grade), at.astimezone(UTC))
    return reviewed


def _new_card() -> fsrs.Card:
    return fsrs.Card(card_id=0)  # without a number it waits for the clock to give it one


def _as_card(schedule: Schedule) -> fsrs.Card:
    return fsrs.Card(
        card_id=0,
        state=fsrs.State.Review,
        stability=schedule.stability,
        difficulty=schedule.difficulty,
        due=schedule.due_at,
        last_review=schedule.last_at.astimezone(UTC),
    )
