"""Lends each run its learner session's files and scratch database, and takes them back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

from sandbox.host.postgres import ClusterFailed, ScratchPostgres
from sandbox.host.postgres.growth import Growth
from sandbox.host.postgres.slots import Slot
from sandbox.host.sessions import SessionFiles, Sessions
from sandbox.host.wall import Walls
from sandbox.host.witness.server import ServerWitness
from sandbox.host.zygote import Zygote
from sandbox.protocol import Database, Limits, RunRequest

_log = logging.getLogger(__name__)

SQLITE_FILE = "playground.db"


class Lent(NamedTuple):
    """What one run was lent: its environment, its directory and the seed it must apply."""

    environment: dict[str, str]
    directory: str
    seed: str
    is_fresh: bool
    scratch: Literal["none", "fresh", "kept"]
    slot: Slot | None = None


class Lender:
    """Scratch databases of one worker host: SQLite in the wall, Postgres beside it."""

    databases: list[Database] = ["none", "sqlite", "postgres"]

    def __init__(self, walls: Walls) -> None:
        self._walls = walls
        self._postgres = ScratchPostgres(
            walls.postgres_directory, walls.secret_directory, walls.server_uid
        )
        self._sessions: Sessions | None = None

    def follow(self, zygote: Zygote) -> None:
        """Use this zygote from now on; files in an earlier one are lost."""
        self._sessions = Sessions(zygote, self._walls.laptop_sessions(zygote.level))
        self._is_full = zygote.level == "full"
        self._host = "/pg" if self._is_full else str(self._walls.postgres_directory)

    async def warm(self) -> None:
        """Start Postgres ahead of need; the first run that wants it hears of a failure."""
        try:
            await self._postgres.start()
        except ClusterFailed:
            _log.exception("the scratch Postgres does not start")

    def witness_of(self, lent: Lent) -> ServerWitness | None:
        """Who follows the run at its database server, if it has one."""
        return self._postgres.witness if lent.slot is not None else None

    async def bound_growth(self, lent: Lent, most_bytes: int) -> Growth | None:
        """Who measures the run's database, if it has one that is bounded beside its place."""
        slot = lent.slot
        if slot is None or not most_bytes:
            return None
        growth = Growth(lambda: self._postgres.grown_bytes(slot), most_bytes)
        await growth.begin()
        return growth

    async def postgres_answers(self) -> bool:
        """Whether the scratch Postgres is there."""
        return await self._postgres.answers()

    async def end_connections(self, lent: Lent) -> None:
        """End what the run has open at its database server, if it has one."""
        if lent.slot is not None:
            await self._postgres.end_connections(lent.slot)

    async def drop(self, session: str) -> None:
        """Drop everything of a learner session."""
        if self._sessions is not None:
            self._sessions.drop(session)
        await self._postgres.drop(session)

    async def expire(self, idle_seconds: float) -> None:
        """Drop what nobody used for so long."""
        if self._sessions is not None:
            self._sessions.expire(idle_seconds)
        await self._postgres.expire(idle_seconds)

    def count(self) -> dict[str, int]:
        """How much is lent, as the supervisor's status names it."""
        lent, ready = self._postgres.count()
        sessions = len(self._sessions) if self._sessions is not None else 0
        return {"sessions": sessions, "slots_lent": lent, "slots_ready": ready}

    async def stop(self) -> None:
        """End Postgres; the files end with the wall."""
        await self._postgres.stop()

    @asynccontextmanager
    async def lend(self, request: RunRequest, limits: Limits) -> AsyncIterator[Lent]:
        """Lend for one run; at its end the run's database connections are ended."""
        session = request.session or f"run-{request.run_id}"
        files = await self._get_files(request, session, limits)
        try:
            if request.database == "postgres":
                async with self._lend_postgres(request, session, files.directory) as lent:
                    yield lent
            else:
                fresh = request.database == "sqlite" and (
                    files.is_fresh_for(request.seed) or request.fresh
                )
                yield self._lend_files(request, files.directory, fresh)
        finally:
            if not request.session:
                await self.drop(session)

    async def _get_files(self, request: RunRequest, session: str, limits: Limits) -> SessionFiles:
        assert self._sessions is not None
        is_alone = request.workers == 1 and not request.reads
        if self._is_full and not request.session and is_alone:
            return SessionFiles("")  # the child makes its own and they end with it
        return await self._sessions.get(session, limits.disk_bytes)

    def _lend_files(self, request: RunRequest, directory: str, fresh: bool) -> Lent:
        environment = dict(_ENVIRONMENT)
        if request.database == "none":
            return Lent(environment, directory, "", False, "none")
        path = f"{self._walls.scratch_path(directory)}/{SQLITE_FILE}"
        environment["DATABASE_URL"] = f"sqlite+aiosqlite:///{path}"
        environment["DSN"] = path
        return Lent(environment, directory, request.seed, fresh, "fresh" if fresh else "kept")

    @asynccontextmanager
    async def _lend_postgres(
        self, request: RunRequest, session: str, directory: str
    ) -> AsyncIterator[Lent]:
        slot = await self._postgres.lend(session, request.seed, fresh=request.fresh)
        try:
            environment = {**_ENVIRONMENT, **slot.urls(request.driver or "asyncpg", self._host)}
            scratch: Literal["fresh", "kept"] = "fresh" if slot.is_new else "kept"
            yield Lent(environment, directory, "", False, scratch, slot)
        finally:
            await self._postgres.end_run(slot)


_ENVIRONMENT = {
    "HOME": "/scratch",
    "LANG": "C.UTF-8",
    "PATH": "/nowhere",
    "TMPDIR": "/tmp",  # noqa: S108 - the child's own tmpfs
    "TZ": "UTC",
}
