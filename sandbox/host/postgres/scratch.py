"""Lends scratch databases: ready slots, one per learner session, kept until reset or expiry."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from pathlib import Path
from typing import Final

import asyncpg

from sandbox.host.postgres.cluster import Cluster, ClusterFailed
from sandbox.host.postgres.slots import DATABASE_ERRORS, Slot, Slots
from sandbox.host.witness.server import ServerWitness

READY_SLOTS: Final = 2
SPARE_SLOTS: Final = 2  # for those that cannot be dropped at once
BACKENDS_END_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class NoSlotFree(Exception):
    """Every scratch database is in use by a run."""


class ScratchPostgres:
    """All scratch databases of one worker host. Nothing is started before ``start`` or ``lend``."""

    def __init__(self, socket_directory: Path, secret_directory: Path, uid: int | None) -> None:
        self._cluster = Cluster(socket_directory, secret_directory, uid)
        self._most_lent = self._cluster.places - READY_SLOTS - SPARE_SLOTS
        self._lock = asyncio.Lock()
        self._slots: Slots | None = None
        self._ready: list[Slot] = []
        self._lent: dict[str, Slot] = {}
        self._refill: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self.witness: ServerWitness | None = None

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
        if self._slots is not None:
            self._slots.close()
        await self._close_witness()
        await self._cluster.stop()

    async def _close_witness(self) -> None:
        if self.witness is not None:
            await self.witness.close()
            self.witness = None

    def count(self) -> tuple[int, int]:
        """Slots that learner sessions have, and those that are ready for the next ones."""
        return len(self._lent), len(self._ready)

    async def lend(self, session: str, seed: str, *, fresh: bool) -> Slot:
        """The session's database; a new one when it has none, or another seed, or on demand.

        Raises ClusterFailed and NoSlotFree.
        """
        digest = hashlib.sha256(seed.encode()).hexdigest()
        async with self._lock:
            slots = await self._ensure_cluster()
            slot = self._lent.get(session)
            if slot is not None and (fresh or slot.seed_digest != digest):
                await self._give_up(session)
                slot = None
            is_new = slot is None
            if slot is None:
                slot = self._lent[session] = await self._take_ready(slots)
            slot.in_use, slot.is_new, slot.used_at = True, is_new, time.monotonic()
        try:
            await self._make_usable(slot, seed)
        except BaseException:
            slot.in_use = False
            await self._give_up_slot(slot)
            raise
        slot.seed_digest = digest
        self._refill_soon()
        return slot

    async def answers(self) -> bool:
        """Whether the server answers now."""
        async with self._lock:
            return self._slots is not None and await self._slots.answer()

    async def end_run(self, slot: Slot) -> None:
        """End every connection of the run; what it left open is rolled back."""
        slot.in_use = False
        try:
            if not await self.end_connections(slot):
                _log.error("backends of %s do not end; its database is given up", slot.name)
                await self._give_up_slot(slot)
            async with self._lock:
                if self._slots is not None and self._slots.is_usable:
                    await self._slots.tidy()
        except DATABASE_ERRORS as error:
            _log.error("ending the connections of a run: %r", error)

    async def drop(self, session: str) -> None:
        """Drop the session's database, if it has one."""
        async with self._lock:
            try:
                await self._give_up(session)
            except DATABASE_ERRORS as error:
                _log.error("dropping a scratch database: %r", error)

    async def expire(self, idle_seconds: float) -> None:
        """Drop what nobody used for so long."""
        oldest = time.monotonic() - idle_seconds
        for session, slot in list(self._lent.items()):
            if not slot.in_use and slot.used_at < oldest:
                await self.drop(session)

    async def end_connections(self, slot: Slot) -> bool:
        """Whether all ended in time; the lock is given up between two looks."""
        deadline = time.monotonic() + BACKENDS_END_SECONDS
        pause = 0.001
        while time.monotonic() < deadline:
            async with self._lock:
                if self._slots is None or not self._slots.is_usable:
                    return True
                if await self._slots.end_backends(slot):
                    return True
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.05)
        return False

    async def grown_bytes(self, slot: Slot) -> int:
        """What the database takes beside an empty one; 0 where the server does not say."""
        async with self._lock:
            with contextlib.suppress(*DATABASE_ERRORS):
                if self._slots is not None and self._slots.is_usable:
                    return await self._slots.grown_bytes(slot)
        return 0

    async def _give_up(self, session: str) -> None:
        slot = self._lent.pop(session, None)
        if slot is not None and self._slots is not None and self._slots.is_usable:
            await self._slots.destroy(slot)

    async def _give_up_slot(self, slot: Slot) -> None:
        async with self._lock:
            for session in [key for key, lent in self._lent.items() if lent is slot]:
                await self._give_up(session)

    async def _ensure_cluster(self) -> Slots:
        if self._slots is None or not self._slots.is_usable:
            if self._starting is None or self._starting.done():
                self._starting = asyncio.create_task(self._start_cluster())
            # Whoever asked may be cancelled, but a server half started is not left behind.
            await asyncio.shield(self._starting)
        assert self._slots is not None
        return self._slots

    async def _start_cluster(self) -> None:
        if self._slots is not None:
            _log.error("the scratch Postgres died; starting another, its databases are lost")
            self._slots = None
        await self._close_witness()
        await self._cluster.stop()
        self._ready.clear()
        self._lent.clear()
        await self._cluster.start()
        slots = Slots(self._cluster, await self._cluster.connect())
        await slots.prepare()
        self._slots = slots
        self.witness = ServerWitness(self._cluster.connect, self._cluster.log_path)

    def _refill_soon(self) -> None:
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        with contextlib.suppress(*DATABASE_ERRORS, ClusterFailed):
            while len(self._ready) < READY_SLOTS:
                async with self._lock:
                    slot = await self._slots.make() if self._slots is not None else None
                if slot is None:
                    return
                self._ready.append(slot)

    async def _take_ready(self, slots: Slots) -> Slot:
        if len(self._lent) >= self._most_lent:
            idle = [session for session, slot in self._lent.items() if not slot.in_use]
            if not idle:
                raise NoSlotFree("every scratch Postgres database is in use")
            await self._give_up(min(idle, key=lambda session: self._lent[session].used_at))
        slot = self._ready.pop(0) if self._ready else await slots.make()
        if slot is None:
            raise NoSlotFree("every scratch Postgres database waits to be dropped")
        return slot

    async def _make_usable(self, slot: Slot, seed: str) -> None:
        async with self._lock:
            assert self._slots is not None
            await self._slots.arm(slot)
        if slot.is_new:
            await self._seed(slot, seed)

    async def _seed(self, slot: Slot, seed: str) -> None:
        """Run the card's SQL as the role itself: no RESET ROLE leads anywhere from there."""
        if seed.strip():
            connection: asyncpg.Connection = await self._cluster.connect_as(
                slot.name, slot.password
            )
            slot.seeding_pid = connection.get_server_pid()
            try:
                # asyncpg fails on a text that ends without a statement, such as a comment alone.
                await connection.execute(f"{seed}\n;SELECT 1")
            finally:
                await connection.close()
