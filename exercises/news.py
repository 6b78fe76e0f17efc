"""What is new in a pack, as its author tells it in pack.toml."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from exercises.front_matter import PackError, line_of_table


class News(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[news]]`` table. ``text`` is Markdown; ``cards`` are slugs of the pack's."""

    date: datetime.date
    title: str
    text: str
    cards: tuple[str, ...] = ()

    def id_in(self, pack: str) -> UUID:
        """The same wherever and whenever the pack is read; another for another title or date."""
        return uuid5(NAMESPACE_URL, f"{pack}/news/{self.date.isoformat()}/{self.title}")


def check_news(file: Path, text: str, news: Iterable[News], cards: Iterable[str]) -> None:
    """Raises PackError for an entry that says nothing, twice the same, or of a card not there."""
    known = set(cards)
    seen: set[tuple[datetime.date, str]] = set()
    for index, entry in enumerate(news):
        line = line_of_table(text, "news", index)
        for name, value in (("title", entry.title), ("text", entry.text)):
            if not value.strip():
                raise PackError(file, line, f"the {name} of the news is empty")
        if "\n" in entry.title:
            raise PackError(file, line, "the title of the news has more than one line")
        if (entry.date, entry.title) in seen:
            raise PackError(file, line, f"the news {entry.title!r} are told twice on that day")
        seen.add((entry.date, entry.title))
        for card in entry.cards:
            if card not in known:
                raise PackError(file, line, f"the news name a card {card!r} that is not there")
