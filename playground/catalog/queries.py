"""Reads of the catalog: packs come from files and never change while the site runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.conf import settings

from exercises.known import KnownError, load_known_errors
from exercises.loader import BUILT_IN, load_packs
from exercises.model import Card, Pack


class Choice(NamedTuple):
    """One value of a filter and how many of the shown cards have it."""

    value: str
    cards: int


class Filters(NamedTuple):
    """What the list of cards is narrowed to; empty means everything."""

    search: str = ""
    tag: str = ""
    difficulty: str = ""


@cache
def get_packs() -> dict[str, Pack]:
    """Every pack by its slug."""
    return load_packs([BUILT_IN, *settings.PACK_DIRS])


@cache
def get_known_errors() -> dict[str, KnownError]:
    """Every error that can be explained, by its slug."""
    return load_known_errors(get_packs())


def list_known_errors(search: str) -> list[KnownError]:
    """Those in which every word of the search occurs, by title."""
    words = search.lower().split()
    found = [
        each
        for each in get_known_errors().values()
        if all(word in _text_of_error(each) for word in words)
    ]
    return sorted(found, key=lambda each: each.title.lower())


def get_card(pack: str, card: str) -> Card | None:
    """The card at this address, if there is one."""
    found = get_packs().get(pack)
    return found.card(card) if found else None


def list_cards(pack: Pack, filters: Filters) -> list[Card]:
    """The pack's cards that match every filter; every word of the search must occur."""
    words = filters.search.lower().split()
    return [
        card
        for card in pack.cards
        if (not filters.tag or filters.tag in card.tags)
        and (not filters.difficulty or filters.difficulty == card.difficulty)
        and all(word in _text(card) for word in words)
    ]


def list_tags(cards: Iterable[Card]) -> list[Choice]:
    """Tags with their number of cards, by name."""
    counts = Counter(tag for card in cards for tag in card.tags)
    return [Choice(tag, counts[tag]) for tag in sorted(counts)]


def list_difficulties(cards: Iterable[Card]) -> list[Choice]:
    """Difficulties with their number of cards, easiest first."""
    counts = Counter(card.difficulty for card in cards)
    return [Choice(name, counts[name]) for name in ("easy", "medium", "hard") if counts[name]]


def get_neighbours(pack: Pack, card: Card) -> tuple[Card | None, Card | None]:
    """The cards before and after this one."""
    place = pack.cards.index(card)
    before = pack.cards[place - 1] if place else None
    after = pack.cards[place + 1] if place + 1 < len(pack.cards) else None
    return before, after


def _text_of_error(known: KnownError) -> str:
    signs = (" ".join((*sign.types, *sign.texts, sign.printed)) for sign in known.signs)
    return f"{known.title} {known.what} {known.cure} {' '.join(signs)}".lower()


def _text(card: Card) -> str:
    code = " ".join(cell.code for cell in card.cells)
    return f"{card.question} {card.rule} {card.answer_markdown} {code}".lower()
