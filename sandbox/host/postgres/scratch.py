"""Lends scratch databases: ready slots, one per learner session, kept until reset or expiry."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
import time
from pathlib import Path
from typing import Final

import asyncpg

from sandbox.host.postgres.cluster import Cluster, ClusterFailed

READY_SLOTS: Final = 2
MOST_SLOTS: Final = 150
CONNECTION_LIMIT: Final = 20
TEMPLATE: Final = "scratch_template"

_log = logging.getLogger(__name__)

# What a learner's role starts every run with; it may change the first two for itself.
_ROLE_SETTINGS: Final = (
    "SET statement_timeout = '30s'",
    "SET client_connection_check_interval = '500ms'",
    "SET temp_file_limit = '32MB'",
)


class NoSlotFree(Exception):
    """Every scratch database is in use by a run."""


class Slot:
    """A role and the database of the same opaque name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.password = ""
        self.seed_digest: str | None = None
        self.used_at = time.monotonic()
        self.in_use = False
        self.is_new = True

    def urls(self, driver: str, host: str = "/pg") -> dict[str, str]:
        """``DATABASE_URL`` for SQLAlchemy with that driver, and ``DSN`` for a bare one."""
        place = f"{self.name}:{self.password}@/{self.name}?host={host}"
        return {"DATABASE_URL": f"postgresql+{driver}://{place}", "DSN": f"postgresql://{place}"}


class ScratchPostgres:
    """All scratch databases of one worker host. Nothing is started before ``start`` or ``lend``."""

    def __init__(self, socket_directory: Path, secret_directory: Path, uid: int | None) -> None:
        self._cluster = Cluster(socket_directory, secret_directory, uid)
        self._lock = asyncio.Lock()
        self._admin: asyncpg.Connection | None = None
        self._ready: list[Slot] = []
        self._lent: dict[str, Slot] = {}
        self._refill: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the cluster and make the first slots. Raises ClusterFailed."""
        async with self._lock:
            await self._ensure_cluster()
        self._refill_soon()

    async def stop(self) -> None:
        """End the cluster and all databases with it."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
        if self._refill is not None:
            self._refill.cancel()
            await asyncio.wait([self._refill])
        if self._admin is not None:
            self._admin.terminate()
        await self._cluster.stop()

    async def lend(self, session: str, seed: str, *, fresh: bool) -> Slot:
        """The session's database; a new one when it has none, or another seed, or on demand.

        Raises ClusterFailed and NoSlotFree.
        """
        digest = hashlib.sha256(seed.encode()).hexdigest()
        async with self._lock:
            await self._ensure_cluster()
            slot = self._lent.get(session)
            if slot is not None and (fresh or slot.seed_digest != digest):
                del self._lent[session]
                await self._destroy(slot)
                slot = None
            is_new = slot is None
            if slot is None:
                slot = self._lent[session] = await self._take_ready()
            slot.in_use, slot.is_new, slot.used_at = True, is_new, time.monotonic()
            await self._arm(slot)
        self._refill_soon()
        if is_new:
            await self._seed(slot, seed)
            slot.seed_digest = digest
        return slot

    async def answers(self) -> bool:
        """Whether the server answers now."""
        async with self._lock:
            try:
                return self._admin is not None and await self._admin.fetchval("SELECT true")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                return False

    async def end_run(self, slot: Slot) -> None:
        """End every connection of the run; what it left open is rolled back."""
        slot.in_use = False
        async with self._lock:
            if self._admin is not None and self._cluster.is_alive:
                with contextlib.suppress(asyncpg.PostgresError, OSError):
                    await self._end_backends(slot)

    async def drop(self, session: str) -> None:
        """Drop the session's database, if it has one."""
        async with self._lock:
            slot = self._lent.pop(session, None)
            if slot is not None and self._admin is not None and self._cluster.is_alive:
                await self._destroy(slot)

    async def expire(self, idle_seconds: float) -> None:
        """Drop what nobody used for so long."""
        oldest = time.monotonic() - idle_seconds
        for session, slot in list(self._lent.items()):
            if not slot.in_use and slot.used_at < oldest:
                await self.drop(session)

    async def _ensure_cluster(self) -> None:
        if self._cluster.is_alive and self._admin is not None and not self._admin.is_closed():
            return
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start_cluster())
        # Whoever asked may be cancelled, but a server half started is not left behind.
        await asyncio.shield(self._starting)

    async def _start_cluster(self) -> None:
        if self._admin is not None:
            _log.error("the scratch Postgres died; starting another, its databases are lost")
            await self._cluster.stop()
        self._ready.clear()
        self._lent.clear()
        await self._cluster.start()
        self._admin = await self._cluster.connect()
        await self._make_template()

    async def _make_template(self) -> None:
        """A database without the rights that everyone has by default."""
        await self._do(f"CREATE DATABASE {TEMPLATE} IS_TEMPLATE true")
        connection = await self._cluster.connect(TEMPLATE)
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await connection.close()
        for database in ("postgres", "template1", TEMPLATE):
            await self._do(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")

    def _refill_soon(self) -> None:
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        with contextlib.suppress(asyncpg.PostgresError, OSError, ClusterFailed):
            while len(self._ready) < READY_SLOTS:
                async with self._lock:
                    self._ready.append(await self._make_slot())

    async def _take_ready(self) -> Slot:
        if len(self._lent) >= MOST_SLOTS:
            idle = [session for session, slot in self._lent.items() if not slot.in_use]
            if not idle:
                raise NoSlotFree("every scratch Postgres database is in use")
            oldest = min(idle, key=lambda session: self._lent[session].used_at)
            await self._destroy(self._lent.pop(oldest))
        return self._ready.pop(0) if self._ready else await self._make_slot()

    async def _make_slot(self) -> Slot:
        slot = Slot(f"s{secrets.token_hex(8)}")
        await self._do(
            f"CREATE ROLE {slot.name} LOGIN NOINHERIT CONNECTION LIMIT {CONNECTION_LIMIT}"
        )
        await self._do(f"CREATE DATABASE {slot.name} TEMPLATE {TEMPLATE} STRATEGY wal_log")
        await self._do(f"REVOKE ALL ON DATABASE {slot.name} FROM PUBLIC")
        await self._do(f"GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {slot.name} TO {slot.name}")
        connection = await self._cluster.connect(slot.name)
        await connection.execute(f"GRANT ALL ON SCHEMA public TO {slot.name}")
        await connection.close()
        return slot

    async def _arm(self, slot: Slot) -> None:
        """A new password and the settings a learner may have changed, in one round trip."""
        slot.password = secrets.token_hex(16)
        settings = "".join(f"ALTER ROLE {slot.name} {setting};" for setting in _ROLE_SETTINGS)
        await self._do(
            f"ALTER ROLE {slot.name} RESET ALL;{settings}"
            f"ALTER ROLE {slot.name} PASSWORD '{slot.password}'"
        )

    async def _seed(self, slot: Slot, seed: str) -> None:
        """Run the card's SQL as the role itself: no RESET ROLE leads anywhere from there."""
        if seed.strip():
            connection = await self._cluster.connect_as(slot.name, slot.password)
            try:
                # asyncpg fails on a text that ends without a statement, such as a comment alone.
                await connection.execute(f"{seed}\n;SELECT 1")
            finally:
                await connection.close()

    async def _end_backends(self, slot: Slot) -> None:
        assert self._admin is not None
        await self._admin.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = $1",
            slot.name,
        )

    async def _destroy(self, slot: Slot) -> None:
        await self._do(f"DROP DATABASE IF EXISTS {slot.name} WITH (FORCE)")
        await self._do(f"DROP ROLE IF EXISTS {slot.name}")

    async def _do(self, sql: str) -> None:
        assert self._admin is not None
        await self._admin.execute(sql)
