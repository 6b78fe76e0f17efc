"""Follows the roles of runs at the scratch Postgres: its log and its catalogs, while a run goes on.

A server that dies is no concern of the witness: it then has nothing more to tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import asyncpg

from sandbox.host.witness.activity import QUERY, Activity, Sight
from sandbox.host.witness.record import Record
from sandbox.host.witness.server_log import Row, ServerLog
from sandbox.host.witness.statements import Connections, Statements

LOOK_SECONDS: Final = 0.025
MARK_SECONDS: Final = 0.25
_MARK_LOOK_SECONDS: Final = 0.002
_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_ADMIN: Final = "admin"
_COUNT_IDLE: Final = """
SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND state LIKE 'idle in transaction%'
"""

_log = logging.getLogger(__name__)


class Followed:
    """One run's role: what the server said of it and did with it."""

    def __init__(self, role: str, record: Record, began: float, seeding_pid: int) -> None:
        self.role = role
        # The run's clock and the server's: both are of this machine.
        self._began = time.time() - (time.perf_counter() - began)
        connections = Connections(seeding_pid)
        self.is_whole = True  # until rows are lost, his or another's
        self.statements = Statements(record, connections, self._at_us)
        self.activity = Activity(record, connections, self._at_us)

    def count(self) -> int | None:
        """How many statements; None where not all were seen."""
        return self.statements.count if self.is_whole else None

    def _at_us(self, seconds: float) -> int:
        return int((seconds - self._began) * 1_000_000)


class ServerWitness:
    """Of one cluster; ``connect`` makes a connection as its admin."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], log_path: Path
    ) -> None:
        self._connect = connect
        self._log = ServerLog(log_path)
        self._admin: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._followed: dict[str, Followed] = {}
        self._marks: set[str] = set()
        self._looking: asyncio.Task[None] | None = None

    def follow(self, role: str, record: Record, began: float, seeding_pid: int) -> Followed:
        """Tell ``record`` of this role from now on. ``began``: the run, by the performance counter.

        ``seeding_pid`` is the backend that prepared its database in the same role, or 0.
        """
        followed = self._followed[role] = Followed(role, record, began, seeding_pid)
        if self._looking is None or self._looking.done():  # it ends with an error of the server
            self._looking = asyncio.create_task(self._look())
        return followed

    async def finish(self, followed: Followed) -> None:
        """All that the server had to say is told; some milliseconds, as it logs in order."""
        try:
            await asyncio.wait_for(self._await_mark(), MARK_SECONDS)
        except _ERRORS as error:
            followed.is_whole = False
            _log.warning("the server's log does not keep up: %r", error)
        followed.activity.finish()
        self._forget(followed)

    async def count_idle(self, role: str) -> int | None:
        """How many backends of the role are idle in a transaction now; None when it cannot say."""
        try:
            async with self._lock:
                return int(await (await self._connection()).fetchval(_COUNT_IDLE, role))
        except _ERRORS as error:
            _log.warning("the scratch Postgres is not asked for idle transactions: %r", error)
            return None

    def _forget(self, followed: Followed) -> None:
        if self._followed.get(followed.role) is followed:
            del self._followed[followed.role]
        if not self._followed:
            self._log.empty()

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self._admin is not None:
            self._admin.terminate()
        self._log.close()

    async def _await_mark(self) -> None:
        """Write a row of our own behind all others, and read until it comes."""
        mark = secrets.token_hex(8)
        async with self._lock:
            await (await self._connection()).execute(f"DO $$BEGIN RAISE LOG '{mark}'; END$$")
        while mark not in self._marks:
            self._read_log()
            if mark not in self._marks:
                await asyncio.sleep(_MARK_LOOK_SECONDS)
        self._marks.discard(mark)

    async def _look(self) -> None:
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                if self._followed:
                    self._read_log()
                    await self._see()
        except _ERRORS as error:
            _log.warning("the scratch Postgres is not looked at until the next run: %r", error)

    def _read_log(self) -> None:
        lost = self._log.lost_rows
        for row in self._log.read():
            self._take(row)
        if self._log.lost_rows > lost:
            for followed in self._followed.values():
                followed.is_whole = False

    def _take(self, row: Row) -> None:
        """A row goes to the run whose role and database it is of, and to nobody else."""
        if row.user == _ADMIN and row.error_severity == "LOG" and len(self._marks) < 100:
            self._marks.add(row.message)
        followed = self._followed.get(row.user)
        if followed is not None and row.dbname == row.user:
            with contextlib.suppress(ValueError):
                followed.statements.take(row)

    async def _see(self) -> None:
        async with self._lock:
            connection = await self._connection()
            rows = await connection.fetch(QUERY, list(self._followed))
        sights = [Sight(*row) for row in rows]
        for role, followed in list(self._followed.items()):
            followed.activity.see([sight for sight in sights if sight.role == role])

    async def _connection(self) -> asyncpg.Connection:
        if self._admin is None or self._admin.is_closed():
            self._admin = await self._connect()
            await self._admin.execute("SET log_min_messages = log")
        return self._admin
