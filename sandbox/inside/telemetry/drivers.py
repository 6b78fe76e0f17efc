"""Statements sent without SQLAlchemy: asyncpg, psycopg, aiosqlite and sqlite3 by themselves.

What SQLAlchemy sends through a driver is left to its own events, so nothing is told twice.
"""

from __future__ import annotations

import functools
import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Any

import aiosqlite
import asyncpg
import psycopg
from asyncpg.prepared_stmt import PreparedStatement

from sandbox.inside.telemetry import statements

_SQLITE_CALLS = ("execute", "executemany", "executescript", "_execute_insert", "_execute_fetchall")


def install() -> None:
    """Wrap the one method of each driver that every statement passes."""
    _wrap_async(asyncpg.Connection, "_execute", "asyncpg", _first)
    _wrap_async(asyncpg.Connection, "_executemany", "asyncpg", _first)
    _wrap_async(asyncpg.Connection, "execute", "asyncpg", _only_without_arguments)
    _wrap_async(PreparedStatement, "_PreparedStatement__bind_execute", "asyncpg", _prepared)
    for name in ("execute", "executemany"):
        _wrap_async(psycopg.AsyncCursor, name, "psycopg", _first)
        _wrap_sync(psycopg.Cursor, name, "psycopg")
    _wrap_async(aiosqlite.Connection, "_execute", "aiosqlite", _sqlite_text)
    _install_sqlite3()


_Statement = Callable[..., Any]
_plain_execute = sqlite3.Connection.execute


def _first(subject: Any, statement: Any, *rest: Any, **named: Any) -> Any:
    return statement


def _only_without_arguments(subject: Any, statement: Any, *rest: Any, **named: Any) -> Any:
    """``Connection.execute`` with arguments goes on to ``_execute``; a pool's reset is no query."""
    is_reset = sys._getframe(2).f_code.co_name == "reset"
    return None if rest or is_reset else statement


def _prepared(subject: Any, *rest: Any, **named: Any) -> Any:
    return subject.get_query()


def _sqlite_text(subject: Any, function: Any, *rest: Any, **named: Any) -> Any:
    named_so = getattr(function, "__name__", "") in _SQLITE_CALLS
    return rest[0] if named_so and rest and isinstance(rest[0], str) else None


def _wrap_async(owner: type, name: str, driver: str, statement_of: _Statement) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    async def wrapper(self: Any, *arguments: Any, **named: Any) -> Any:
        probe = statements.active
        if probe is None or statements.called_from("sqlalchemy."):
            return await original(self, *arguments, **named)
        statement = statement_of(self, *arguments, **named)
        if statement is None:
            return await original(self, *arguments, **named)
        began = time.perf_counter()
        try:
            result = await original(self, *arguments, **named)
        except BaseException as error:
            probe.note(began, statement, driver, error=error)
            raise
        probe.note(began, statement, driver, rows=_rows(self, result))
        return result

    setattr(owner, name, wrapper)


def _wrap_sync(owner: type, name: str, driver: str) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(self: Any, statement: Any, *arguments: Any, **named: Any) -> Any:
        probe = statements.active
        if probe is None or statements.called_from("sqlalchemy.", "aiosqlite."):
            return original(self, statement, *arguments, **named)
        began = time.perf_counter()
        try:
            result = original(self, statement, *arguments, **named)
        except BaseException as error:
            probe.note(began, statement, driver, error=error)
            raise
        probe.note(began, statement, driver, rows=_rows(self, result))
        return result

    setattr(owner, name, wrapper)


def _rows(subject: Any, result: Any) -> int | None:
    if isinstance(result, tuple) and result:
        result = result[0]
    if isinstance(result, list):
        return len(result)
    rows = getattr(result, "rowcount", getattr(subject, "rowcount", None))
    return rows if isinstance(rows, int) else None


class Cursor(sqlite3.Cursor):
    """sqlite3's, with its statements told."""


class Connection(sqlite3.Connection):
    """sqlite3's, with its statements told."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """As in sqlite3."""
        return super().cursor(factory)


def _install_sqlite3() -> None:
    """Give every connection the classes above, and the foreign keys that a server has."""
    connect = sqlite3.connect
    for owner in (Cursor, Connection):
        for name in ("execute", "executemany", "executescript"):
            _adopt(owner, name)
        owner.__module__ = "sqlite3"

    @functools.wraps(connect)
    def observed_connect(*arguments: Any, **named: Any) -> Any:
        if len(arguments) < 6:
            named.setdefault("factory", Connection)
        connection = connect(*arguments, **named)
        _plain_execute(connection, "PRAGMA foreign_keys = ON").close()
        return connection

    sqlite3.connect = observed_connect
    sqlite3.dbapi2.connect = observed_connect


def _adopt(owner: type, name: str) -> None:
    """Put sqlite3's method into our class, under its own name, then observe it there."""
    inherited = getattr(owner.__mro__[1], name)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        return inherited(self, *arguments, **named)

    method.__name__ = name
    method.__qualname__ = f"{owner.__name__}.{name}"
    method.__module__ = "sqlite3"
    setattr(owner, name, method)
    _wrap_sync(owner, name, "sqlite3")
