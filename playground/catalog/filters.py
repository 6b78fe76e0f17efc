"""What the list of a pack's cards can be narrowed to, and what each choice would leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlencode

from exercises.model import Card, Pack
from playground.catalog.statuses import ORDER, Statuses

DIFFICULTIES: Final = ("easy", "medium", "hard")


class Choice(NamedTuple):
    """One value of a filter, and how many cards remain with it."""

    value: str
    cards: int
    is_chosen: bool


class Filters(NamedTuple):
    """What the list of cards is narrowed to; empty means everything. A card has all the tags."""

    search: str = ""
    tags: tuple[str, ...] = ()
    difficulty: str = ""
    status: str = ""

    @property
    def query(self) -> str:
        """As in the address."""
        given = [("search", self.search), *(("tag", tag) for tag in self.tags)]
        given += [("difficulty", self.difficulty), ("status", self.status)]
        return urlencode([each for each in given if each[1]])


class Narrowed(NamedTuple):
    """The cards that match every filter, and what each further choice would leave of them.

    ``without`` are the filters with one of them dropped, and its value, where no card matches.
    """

    cards: list[Card]
    tags: list[Choice]
    difficulties: list[Choice]
    statuses: list[Choice]
    without: list[tuple[str, Filters, int]]


def narrow(pack: Pack, filters: Filters, statuses: Statuses) -> Narrowed:
    """The pack's cards in their order; every word of the search must occur."""
    cards = _list_cards(pack, filters, statuses)
    tags = Counter(tag for card in cards for tag in card.tags)
    every = sorted({tag for card in pack.cards for tag in card.tags})
    in_any = _list_cards(pack, filters._replace(difficulty=""), statuses)
    levels = (card.difficulty for card in in_any)
    in_all = _list_cards(pack, filters._replace(status=""), statuses) if statuses else []
    states = (statuses[card.slug] for card in in_all)
    return Narrowed(
        cards,
        [Choice(tag, tags[tag], tag in filters.tags) for tag in every],
        _choices(DIFFICULTIES, filters.difficulty, levels),
        _choices(ORDER if statuses else (), filters.status, states),
        [] if cards else _list_without(pack, filters, statuses),
    )


def _choices(order: Iterable[str], chosen: str, found: Iterable[str]) -> list[Choice]:
    counts = Counter(found)
    return [Choice(each, counts[each], each == chosen) for each in order]


def _list_without(
    pack: Pack, filters: Filters, statuses: Statuses
) -> list[tuple[str, Filters, int]]:
    dropped = [
        *((tag, _without_tag(filters, tag)) for tag in filters.tags),
        (filters.search, filters._replace(search="")),
        (filters.difficulty, filters._replace(difficulty="")),
        (filters.status, filters._replace(status="")),
    ]
    counted = [
        (value, less, len(_list_cards(pack, less, statuses))) for value, less in dropped if value
    ]
    return [each for each in counted if each[2]]


def _without_tag(filters: Filters, tag: str) -> Filters:
    return filters._replace(tags=tuple(each for each in filters.tags if each != tag))


def _list_cards(pack: Pack, filters: Filters, statuses: Statuses) -> list[Card]:
    words = filters.search.lower().split()
    return [
        card
        for card in pack.cards
        if set(filters.tags) <= set(card.tags)
        and filters.difficulty in ("", card.difficulty)
        and filters.status in ("", statuses[card.slug] if statuses else "")
        and all(word in _text(card) for word in words)
    ]


def _text(card: Card) -> str:
    code = " ".join(cell.code for cell in card.cells)
    return f"{card.question} {card.rule} {card.answer_markdown} {code}".lower()
