"""Reads of news: they come with the packs, and each is there from its day on."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from exercises.model import Card, Pack
from exercises.news import News
from playground.catalog.queries import get_packs


class Entry(NamedTuple):
    """News with the pack and the cards they are of."""

    id: UUID
    pack: Pack
    news: News
    cards: tuple[Card, ...]


def list_entries(today: date | None = None) -> list[Entry]:
    """Those of every pack that have come by now, the newest first."""
    last = today or timezone.now().date()
    entries = [
        _entry(pack, news)
        for pack in get_packs().values()
        for news in pack.news
        if news.date <= last
    ]
    return sorted(entries, key=lambda entry: entry.news.date, reverse=True)


def _entry(pack: Pack, news: News) -> Entry:
    cards = tuple(card for card in pack.cards if card.slug in news.cards)
    return Entry(news.id_in(pack.slug), pack, news, cards)
