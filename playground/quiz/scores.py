"""A quiz place by place, and its score. A question that changed since is left out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from playground.quiz.items import Item, find_item
from playground.quiz.models import Quiz


class Place(NamedTuple):
    """One question of a quiz. Without ``item`` it is gone or asks something else by now;
    ``right`` is None until it is answered.
    """

    number: int
    item: Item | None
    right: bool | None

    @property
    def state(self) -> str:
        """``open right wrong changed``."""
        if self.item is None:
            return "changed"
        if self.right is None:
            return "open"
        return "right" if self.right else "wrong"


class Topic(NamedTuple):
    """A tag of cards, and how many of its questions were right."""

    tag: str
    right: int
    counted: int


class Score(NamedTuple):
    """``counted`` are answered and still the same; ``changed`` count for nothing."""

    right: int
    counted: int
    left: int
    changed: int


def list_places(quiz: Quiz, outcomes: Mapping[int, bool | None]) -> list[Place]:
    """Every question with how it was answered, from 1."""
    return [
        Place(number, find_item((pack, card, question), digest), outcomes.get(number))
        for number, (pack, card, question, digest) in enumerate(quiz.questions, 1)
    ]


def find_next(places: Iterable[Place], after: int = 0) -> int:
    """The number of the next question without an answer, from the start again; 0: there is none."""
    still_open = [place.number for place in places if place.state == "open"]
    later = (number for number in still_open if number > after)
    return next(later, still_open[0] if still_open else 0)


def count(places: Iterable[Place]) -> Score:
    """The score."""
    states = Counter(place.state for place in places)
    answered = states["right"] + states["wrong"]
    return Score(states["right"], answered, states["open"], states["changed"])


def list_topics(places: Iterable[Place]) -> list[Topic]:
    """Those of what was answered, the weakest first."""
    right: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for place in places:
        if place.item and place.right is not None:
            counted.update(place.item.card.tags)
            right.update(place.item.card.tags if place.right else ())
    topics = [Topic(tag, right[tag], counted[tag]) for tag in counted]
    return sorted(
        topics, key=lambda topic: (topic.right / topic.counted, -topic.counted, topic.tag)
    )
