"""How far a learner is with each card of a pack: told by an app that stands on this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest

from exercises.model import Pack

# By slug; every card of the pack has one of ORDER.
Statuses = Mapping[str, str]
ReadStatuses = Callable[[HttpRequest, Pack], Mapping[str, str]]

UNREAD: Final = "unread"
ORDER: Final = (UNREAD, "read", "ran", "passed")
_readers: list[ReadStatuses] = []


def register(read: ReadStatuses) -> None:
    """Called once, when the app that knows is ready. Cards it does not tell of are unread."""
    _readers[:] = [read]


def read_statuses(request: HttpRequest, pack: Pack) -> Statuses:
    """Of whoever asks; empty while no app tells, and there is nothing to filter by."""
    if not _readers:
        return {}
    told = _readers[0](request, pack)
    return {card.slug: told.get(card.slug, UNREAD) for card in pack.cards}
