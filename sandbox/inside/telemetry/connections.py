"""The database connections of a run: their numbers, who opened them, what is open on them."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any, Final, NamedTuple

CELL: Final = ""
SQLALCHEMY: Final = "sqlalchemy."
AIOSQLITE: Final = "aiosqlite."
KEEPERS: Final = (SQLALCHEMY, "asyncpg.pool", "psycopg_pool", AIOSQLITE)
"""Modules that open connections for others, by the beginning of their names."""


class Place(NamedTuple):
    """Where in the cell something was done, and by which lane."""

    line: int | None
    lane: int
    is_own: bool = True
    """False where the line is only the one that created the task."""


class Known:
    """One connection. ``keeper`` is one of KEEPERS, or nothing when the cell itself opened it."""

    __slots__ = ("keeper", "number", "opened", "reference", "transaction")

    def __init__(self, number: int, keeper: str, opened: Place | None) -> None:
        self.number = number
        self.keeper = keeper
        self.opened = opened
        self.transaction: Place | None = None
        """Where the open transaction began."""
        self.reference: Callable[[], Any] = _nobody


class Connections:
    """All that are not closed and not collected, by the driver's own object."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}
        self._numbers = itertools.count(1)

    def opened(self, connection: Any, keeper: str, place: Place | None) -> Known:
        """A connection was opened at ``place``; None where nobody saw it."""
        key = id(connection)
        known = Known(next(self._numbers), keeper, place)
        try:
            known.reference = weakref.ref(connection, lambda _: self._known.pop(key, None))
        except TypeError:  # a class of the driver that nothing can refer to weakly
            known.opened = None
        self._known[key] = known
        return known

    def of(self, connection: Any) -> Known:
        """What is known of a connection of a driver."""
        known = self._known.get(id(connection))
        return self.opened(connection, CELL, None) if known is None else known

    def closed(self, connection: Any) -> None:
        """A connection is closed, and with it its transaction."""
        self._known.pop(id(connection), None)

    def still_open(self) -> list[Known]:
        """Those that are open now, in the order they were opened."""
        return [known for known in list(self._known.values()) if _is_open(known.reference())]


def _nobody() -> None:
    return None


def _is_open(connection: Any) -> bool:
    if connection is None:
        return False
    try:
        return not _is_closed(connection)
    except Exception:  # a class of the learner's own, or a driver half closed
        return False


def _is_closed(connection: Any) -> bool:
    is_closed = getattr(connection, "is_closed", None)  # asyncpg
    if is_closed is not None:
        return bool(is_closed())
    if getattr(connection, "_connection", connection) is None:  # aiosqlite
        return True
    return bool(getattr(connection, "closed", False))  # psycopg
