"""Reads of the catalog: packs come from files and never change while the site runs."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from exercises.known import KnownError, load_known_errors
from exercises.loader import BUILT_IN, load_packs
from exercises.model import Card, Pack


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


def get_neighbours(pack: Pack, card: Card) -> tuple[Card | None, Card | None]:
    """The cards before and after this one."""
    place = pack.cards.index(card)
    before = pack.cards[place - 1] if place else None
    after = pack.cards[place + 1] if place + 1 < len(pack.cards) else None
    return before, after


def _text_of_error(known: KnownError) -> str:
    signs = (" ".join((*sign.types, *sign.texts, sign.printed)) for sign in known.signs)
    return f"{known.title} {known.what} {known.cure} {' '.join(signs)}".lower()
