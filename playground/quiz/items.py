"""Which questions can be asked: those of every pack, live cells only where they are short."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import msgspec

from exercises.exercise import Exercise
from exercises.files import digest_of
from exercises.model import Card
from exercises.question import Question
from exercises.questions import list_questions
from playground.catalog.queries import get_packs

SHORT_LINES: Final = 60  # of a live cell, which is a question among others
_TOLD_AFTERWARDS: Final = ("line", "explanation")

Key = tuple[str, str, str]  # pack, card, question


class Item(NamedTuple):
    """A question with its card. ``key`` is what tables call it, ``digest`` is of all that it asks
    and takes for right.
    """

    key: Key
    card: Card
    question: Question
    digest: str

    @property
    def exercise(self) -> Exercise | None:
        """What it was made of, or what a live cell answers."""
        return self.card.exercise(self.question.exercise)


@cache
def get_items() -> dict[Key, Item]:
    """Every question that can be asked, in the order of packs and cards."""
    items = (
        Item((pack.slug, card.slug, question.id), card, question, _digest(card, question))
        for pack in get_packs().values()
        for card in pack.cards
        for question in list_questions(card)
    )
    return {item.key: item for item in items if _is_short(item)}


def find_item(key: Key, digest: str) -> Item | None:
    """The question, if it is still there and still asks the same."""
    item = get_items().get(key)
    return item if item and item.digest == digest else None


def _is_short(item: Item) -> bool:
    if item.question.kind != "cell":
        return True
    exercise = item.exercise
    return exercise is not None and exercise.starter.count("\n") <= SHORT_LINES


def _digest(card: Card, question: Question) -> str:
    asked = msgspec.structs.asdict(question)
    text = repr([(name, value) for name, value in asked.items() if name not in _TOLD_AFTERWARDS])
    exercise = card.exercise(question.exercise)
    return digest_of(text, exercise.digest if exercise else "")[:16]
