"""Packs that are not everybody's: an app above knows of them, and who is shown which.

Each has a slug with a "_", which no pack of the site's own has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpRequest

from exercises.model import Card, Pack
from playground.accounts.learners import digest_learner, get_learner
from playground.catalog import queries


class Shown(NamedTuple):
    """A pack that a learner is shown; of a team where it is not everybody's."""

    pack: Pack
    team_name: str = ""
    team: str = ""
    is_draft: bool = False


class Source(NamedTuple):
    """What an app tells, of the learner of a digest: the pack at an address, and all there are."""

    find: Callable[[str, str], Shown | None]
    list: Callable[[str], list[Pack]]


_sources: list[Source] = []


def register(source: Source) -> None:
    """Called once, when the app that knows is ready."""
    _sources[:] = [source]


def is_private(slug: str) -> bool:
    """Whether the pack at this address, if there is one, is not everybody's."""
    return "_" in slug


def find_pack(slug: str, learner: str) -> Shown | None:
    """The pack at this address, if it is everybody's or the learner of that digest is shown it."""
    if not is_private(slug):
        found = queries.get_packs().get(slug)
        return Shown(found) if found else None
    return _sources[0].find(slug, learner) if _sources else None


def digest_of(request: HttpRequest) -> str:
    """Of the learner who asks; empty for somebody who has nothing yet."""
    learner = get_learner(request)
    return digest_learner(learner) if learner else ""


def find_card(pack: str, card: str, learner: str) -> Card | None:
    """A card of it."""
    found = find_pack(pack, learner)
    return found.pack.card(card) if found else None


def list_packs(learner: str) -> list[Pack]:
    """Those that the learner of that digest is shown, beside everybody's."""
    return _sources[0].list(learner) if _sources and learner else []
