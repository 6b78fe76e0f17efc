"""The tables that authors write in pack.toml, card.md and claims.toml."""

from __future__ import annotations

import msgspec

from exercises.drivers import CellDriver
from exercises.model import Difficulty, Expectation, Kind, Reference
from exercises.news import News
from exercises.parameters import Parameter


class PackMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """pack.toml."""

    title: str
    slug: str
    summary: str
    version: str
    news: tuple[News, ...] = ()


class CellMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[cells]]`` table."""

    file: str
    title: str
    kind: Kind
    drivers: tuple[CellDriver, ...]
    profile: str = "default"
    workers: int = 1
    expect: Expectation = Expectation()
    parameters: tuple[Parameter, ...] = ()


class CardMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table at the head of card.md."""

    question: str
    rule: str
    tags: tuple[str, ...]
    difficulty: Difficulty
    references: tuple[Reference, ...]
    cells: tuple[CellMatter, ...]
