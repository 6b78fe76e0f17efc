"""The engine of the site's SQLite database: ``ENGINE = "playground.sqlite"``.

Under ASGI each page is answered in a thread of its own, and its connection is closed with it. To
open another takes 2 ms, longer than most pages ask (the whole schema is read anew), so a closed
connection waits here for the next page. Django itself has such a pool for Postgres alone.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sqlite3
import threading
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3 import base

MOST_IDLE: Final = 8

# What tells one database from another: the process, and which file is behind the name now.
Key = tuple[int, str, int, int]


class Pool:
    """Open connections that nobody uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Key, sqlite3.Connection]] = []

    def take(self, key: Key) -> sqlite3.Connection | None:
        """One to this database; those to a file that is no longer there are closed."""
        with self._lock:
            alike = [one for one in self._idle if one[0] == key]
            gone = [one for one in self._idle if one[0][:2] == key[:2] and one[0] != key]
            self._idle = [one for one in self._idle if one not in gone and one not in alike[-1:]]
        for _, connection in gone:
            connection.close()
        return alike[-1][1] if alike else None

    def give(self, key: Key, connection: sqlite3.Connection) -> None:
        """Keep it, as nobody left it: outside a transaction."""
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
            with self._lock:
                if len(self._idle) < MOST_IDLE:
                    self._idle.append((key, connection))
                    return
        connection.close()

    def close(self) -> None:
        """Close those of this process; what was forked along is the parent's."""
        with self._lock:
            idle, self._idle = self._idle, []
        for key, connection in idle:
            if key[0] == os.getpid():
                connection.close()


pool: Final = Pool()
atexit.register(pool.close)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own but for where a connection comes from and goes to."""

    _key: Key | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """An idle connection, or a new one."""
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        connection = pool.take(_key_of(conn_params["database"]))
        if connection is None:
            connection = super().get_new_connection(conn_params)
        self._key = _key_of(conn_params["database"])
        return connection

    def _close(self) -> None:
        if self.connection is None or self._key is None or self.errors_occurred:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
        else:
            pool.give(self._key, self.connection)


def empty_log(connection: BaseDatabaseWrapper) -> None:
    """Write SQLite's log into its file and cut it to nothing: it still had what was deleted.

    Where somebody reads for longer than ``timeout``, and inside a transaction, that is left to
    SQLite, which writes over it in time. Postgres's log is its operator's.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _key_of(name: str) -> Key:
    try:
        stat = os.stat(name)
    except OSError:  # it is made by the first who opens it
        return os.getpid(), str(name), 0, 0
    return os.getpid(), str(name), stat.st_dev, stat.st_ino
