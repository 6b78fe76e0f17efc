"""sqlite3, by classes of our own for its connections and cursors, and aiosqlite around it.

A transaction that SQLite's driver begins by itself before a change is told as well.
"""

from __future__ import annotations

import functools
import sqlite3
import time
from typing import Any, Final

import aiosqlite

from sandbox.inside.telemetry import statements
from sandbox.inside.telemetry.connections import AIOSQLITE, CELL, SQLALCHEMY, Known, Place
from sandbox.inside.telemetry.drivers import (
    Sent,
    count_parameters,
    note,
    observe_async,
    tallied,
)
from sandbox.inside.telemetry.statements import StatementProbe
from sandbox.inside.telemetry.writer import Fields

_SENDS: Final = ("execute", "executemany", "executescript", "_execute_insert", "_execute_fetchall")
_UNDOES: Final = ("rollback", "close", "__exit__")
_TOLD: Final = "_playground_told"
_plain_execute = sqlite3.Connection.execute


class Cursor(sqlite3.Cursor):
    """sqlite3's, with its statements told."""


class Connection(sqlite3.Connection):
    """sqlite3's, with its statements told."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """As in sqlite3."""
        return super().cursor(factory)


def install() -> None:
    """Once, in the zygote."""
    for owner in (Cursor, Connection):
        for name in ("execute", "executemany", "executescript"):
            _observe(owner, name)
        owner.__module__ = "sqlite3"
    for name in ("commit", "rollback", "close", "__exit__"):
        _observe(Connection, name)
    _count_fetched()
    _observe_connect()
    observe_async(aiosqlite.Connection, "_execute", "aiosqlite", _queued, _rows, remember)
    _observe_aiosqlite()


def _observe_connect() -> None:
    """Give every connection the classes above, and the foreign keys that a server has."""
    connect = sqlite3.connect

    @functools.wraps(connect)
    def observed_connect(*arguments: Any, **named: Any) -> Any:
        if len(arguments) < 6:
            named.setdefault("factory", Connection)
        connection = connect(*arguments, **named)
        if statements.active is not None:
            statements.active.opened(connection)
        _plain_execute(connection, "PRAGMA foreign_keys = ON").close()
        return connection

    sqlite3.connect = observed_connect
    sqlite3.dbapi2.connect = observed_connect


def _observe(owner: type, name: str) -> None:
    """Put sqlite3's method into our class, under its own name, and tell what it does."""
    inherited = _through_cursor(name) if owner is Connection and name in _SENDS else None
    inherited = inherited or getattr(owner.__mro__[1], name)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        probe = statements.active
        connection = self if owner is Connection else self.connection
        known = _known(probe, connection)
        if probe is None or known is None:
            return inherited(self, *arguments, **named)
        sent = _sent(connection, name, arguments)
        if sent is not None and sent.parameters is None:
            arguments, sent = tallied(arguments, sent)
        result, failure = None, None
        place, began = probe.here(), time.perf_counter()
        try:
            result = inherited(self, *arguments, **named)
            return result
        except BaseException as error:
            failure = error
            raise
        finally:
            if sent is not None:
                rows = _rows(self, result)
                told = note(probe, began, place, sent, "sqlite3", known, rows=rows, error=failure)
                remember(result, told)
            undone = name in _UNDOES and (name != "__exit__" or arguments[:1] != (None,))
            _settle(probe, known, connection, undone, place, began)
            if name == "close":
                probe.connections.closed(connection)

    _put(owner, name, method)


def _through_cursor(name: str) -> Any:
    """As sqlite3's shortcut of the same name, but on a cursor that counts what is fetched."""
    plain = getattr(sqlite3.Cursor, name)

    def shortcut(connection: sqlite3.Connection, *arguments: Any, **named: Any) -> Any:
        cursor = sqlite3.Connection.cursor(connection, Cursor)
        plain(cursor, *arguments, **named)
        return cursor

    return shortcut


def _put(owner: type, name: str, method: Any) -> None:
    method.__name__ = name
    method.__qualname__ = f"{owner.__name__}.{name}"
    method.__module__ = "sqlite3"
    setattr(owner, name, method)


def _known(probe: StatementProbe | None, connection: Any) -> Known | None:
    """The connection, unless it is aiosqlite or SQLAlchemy that uses it."""
    if probe is None:
        return None
    known = probe.connections.of(connection)
    if known.keeper == CELL:
        return known
    for_another = known.keeper == AIOSQLITE or statements.called_from(SQLALCHEMY, depth=12)
    return None if for_another else known


def _sent(connection: Any, name: str, arguments: tuple[Any, ...]) -> Sent | None:
    if name not in _SENDS or not arguments:
        return None
    values = arguments[1] if len(arguments) > 1 else None
    return Sent(connection, arguments[0], count_parameters(values, name == "executemany"))


def _rows(subject: Any, result: Any) -> int | None:
    if isinstance(result, list):
        return len(result)
    return result.rowcount if isinstance(result, sqlite3.Cursor) else None


def remember(cursor: Any, told: Fields | None) -> None:
    """What was told of a cursor's statement, before anybody knows how many rows it has."""
    if isinstance(cursor, Cursor) and told is not None and told["rows"] is None:
        setattr(cursor, _TOLD, told)


def _count_fetched() -> None:
    """How many rows a statement has is known once they are fetched."""

    def fetchall(self: Any) -> Any:
        rows = sqlite3.Cursor.fetchall(self)
        told = self.__dict__.pop(_TOLD, None)
        if told is not None:
            told["rows"] = len(rows)
        return rows

    _put(Cursor, "fetchall", fetchall)


def _settle(
    probe: StatementProbe,
    known: Known,
    connection: sqlite3.Connection | None,
    undone: bool,
    place: Place,
    began: float,
) -> None:
    """Tell the transaction that the driver began, or that a method ended."""
    inside = _is_in_transaction(connection)
    if inside and known.transaction is None:
        probe.note_transaction("begin", known, place, began)
    elif not inside and known.transaction is not None:
        probe.note_transaction("rollback" if undone else "commit", known, place)


def _is_in_transaction(connection: sqlite3.Connection | None) -> bool:
    try:
        return connection is not None and connection.in_transaction
    except sqlite3.ProgrammingError:  # closed
        return False


def _queued(owner: Any, function: Any, *arguments: Any, **named: Any) -> Sent | None:
    """What aiosqlite lets its thread do, if that is to send a statement."""
    return _sent(owner, getattr(function, "__name__", ""), arguments)


def _observe_aiosqlite() -> None:
    connect: Any = aiosqlite.Connection._connect
    execute: Any = aiosqlite.Connection._execute

    @functools.wraps(connect)
    async def _connect(self: Any) -> Any:
        was_open = self._connection is not None
        connection = await connect(self)
        if statements.active is not None and not was_open:
            statements.active.opened(connection)
        return connection

    @functools.wraps(execute)
    async def _execute(self: Any, function: Any, *arguments: Any, **named: Any) -> Any:
        probe = statements.active
        known = None if probe is None else probe.connections.of(self)
        if probe is None or known is None or known.keeper == SQLALCHEMY:
            return await execute(self, function, *arguments, **named)
        place, began = probe.here(), time.perf_counter()
        try:
            return await execute(self, function, *arguments, **named)
        finally:
            name = getattr(function, "__name__", "")
            if name in (*_SENDS, "commit", "rollback", "close"):
                _settle(probe, known, self._connection, name in _UNDOES, place, began)

    aiosqlite.Connection._connect = _connect  # type: ignore[method-assign]
    aiosqlite.Connection._execute = _execute  # type: ignore[method-assign, assignment]
