"""Which worker a run goes to: the one that has its learner's scratch databases, or the idlest.

Workers say every ``BEAT_SECONDS`` that they live and how much they have to do.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import socket
import time
from collections import Counter
from functools import cache
from typing import Any, Final, Protocol

import msgspec
from django.conf import settings

from playground.runs.redis_clients import OUT_OF_REACH, get_redis

CHANNEL: Final = "sandbox"
BEAT_SECONDS: Final = 0.3
IDLE_SECONDS: Final = 30 * 60  # as long as a worker keeps what nobody uses
_ABSENT_MILLISECONDS: Final = 2000
_MOST_REMEMBERED: Final = 10_000
_WORKERS: Final = "workers"


class NoWorker(Exception):
    """There is none that takes runs."""


class Announcement(msgspec.Struct, frozen=True):
    """What a worker says of itself. ``load`` is its runs over its places."""

    worker: str
    beat: int = 0
    load: float = 0.0
    is_draining: bool = False


class Placing(Protocol):
    """Where runs go, and what their learners have there."""

    async def place(self, session: str, besides: str = "") -> str:
        """The worker for the next run of a learner session. Raises NoWorker."""

    async def find(self, session: str) -> str:
        """The worker that has something of the session; empty where none has."""

    async def note_scratch(self, session: str, kind: str, *, is_fresh: bool) -> bool:
        """A run has a scratch database of this kind (engine and seed). Whether one was lost.

        It was where the session had that very kind before, did not drop it, and began anew.
        """

    async def forget(self, session: str) -> None:
        """The session's scratch databases are dropped."""


@cache
def name_worker() -> str:
    """This process as a worker: its host, for whoever reads a log, and what nobody else has."""
    host = "".join(letter for letter in socket.gethostname()[:30] if letter.isalnum())
    return f"{host}-{secrets.token_hex(6)}"


def channel_of(worker: str) -> str:
    """Where a worker listens. No two share a channel: Channels would deliver a message twice."""
    return f"{CHANNEL}.{worker}" if settings.REDIS_URL else CHANNEL


class LocalPlacing:
    """One worker, in this process."""

    def __init__(self) -> None:
        self._kinds: dict[str, set[str]] = {}

    async def place(self, session: str, besides: str = "") -> str:
        """Ourselves."""
        return CHANNEL

    async def find(self, session: str) -> str:
        """Ourselves."""
        return CHANNEL

    async def note_scratch(self, session: str, kind: str, *, is_fresh: bool) -> bool:
        """As the protocol says."""
        if session not in self._kinds and len(self._kinds) >= _MOST_REMEMBERED:
            self._kinds.pop(next(iter(self._kinds)))
        kinds = self._kinds.setdefault(session, set())
        was_lost = is_fresh and kind in kinds
        _keep_latest(kinds, kind)
        return was_lost

    async def forget(self, session: str) -> None:
        """As the protocol says."""
        self._kinds.pop(session, None)


class RedisPlacing:
    """Workers elsewhere. What is known of a session goes with its scratch databases."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()  # since the workers last said how busy they are
        self._counted_at = 0.0
        self._remembered: dict[str, str] = {}  # outlives a Redis that comes back empty
        self._missed: dict[str, float] = {}  # when a worker was first looked for there in vain

    async def place(self, session: str, besides: str = "") -> str:
        """As the protocol says; ``besides`` was lost and is left out."""
        others = {one.worker: one for one in await list_workers() if one.worker != besides}
        kept = await self.find(session) if session else ""
        if kept in others:
            chosen = kept
            self._missed.pop(kept, None)
        elif others and (kept in ("", besides) or not await self._may_return(session, kept)):
            chosen = min(others.values(), key=self._busyness).worker
        else:
            raise NoWorker
        self._sent[chosen] += 1
        if session:
            await self._remember(session, chosen)
        return chosen

    async def _may_return(self, session: str, worker: str) -> bool:
        """Whether Redis came back empty just now, so that not all workers have said they live."""
        if await self._find_known(session):
            return False
        now = time.monotonic()
        return now - self._missed.setdefault(worker, now) < _ABSENT_MILLISECONDS / 1000

    def _busyness(self, one: Announcement) -> float:
        now = time.monotonic()
        if now - self._counted_at > BEAT_SECONDS:
            self._sent.clear()
            self._counted_at = now
        chance = random.random() / 100  # noqa: S311 - of workers alike none is always the first
        return one.load + self._sent[one.worker] / 4 + chance

    async def _remember(self, session: str, worker: str) -> None:
        if session not in self._remembered and len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[session] = worker
        async with get_redis().pipeline() as pipeline:
            pipeline.hset(_key(session), "worker", worker)
            pipeline.expire(_key(session), IDLE_SECONDS)
            await pipeline.execute()

    async def find(self, session: str) -> str:
        """As the protocol says."""
        return await self._find_known(session) or self._remembered.get(session, "")

    async def _find_known(self, session: str) -> str:
        found: Any = get_redis().hget(_key(session), "worker")
        return (await found or b"").decode()

    async def note_scratch(self, session: str, kind: str, *, is_fresh: bool) -> bool:
        """As the protocol says."""
        engine = kind.partition(":")[0]
        with contextlib.suppress(*OUT_OF_REACH):
            async with get_redis().pipeline() as pipeline:
                pipeline.hget(_key(session), engine)
                pipeline.hset(_key(session), engine, kind)
                pipeline.expire(_key(session), IDLE_SECONDS)
                former, *_ = await pipeline.execute()
            return is_fresh and (former or b"").decode() == kind
        return False

    async def forget(self, session: str) -> None:
        """As the protocol says."""
        self._remembered.pop(session, None)
        await get_redis().delete(_key(session))


async def announce(announcement: Announcement) -> None:
    """For a worker: say that it lives."""
    async with get_redis().pipeline() as pipeline:
        pipeline.sadd(_WORKERS, announcement.worker)
        body = msgspec.msgpack.encode(announcement)
        pipeline.set(f"worker:{announcement.worker}", body, px=_ABSENT_MILLISECONDS)
        await pipeline.execute()


async def withdraw(worker: str) -> None:
    """For a worker: say that it is gone."""
    async with get_redis().pipeline() as pipeline:
        pipeline.srem(_WORKERS, worker)
        pipeline.delete(f"worker:{worker}")
        await pipeline.execute()


async def list_workers() -> list[Announcement]:
    """Those that live and take runs."""
    client = get_redis()
    members: Any = client.smembers(_WORKERS)
    names = sorted(name.decode() for name in await members)
    if not names:
        return []
    bodies = await client.mget([f"worker:{name}" for name in names])
    if gone := [name for name, body in zip(names, bodies, strict=True) if body is None]:
        removed: Any = client.srem(_WORKERS, *gone)
        await removed
    said = [msgspec.msgpack.decode(body, type=Announcement) for body in bodies if body]
    return [one for one in said if not one.is_draining]


async def is_beating(worker: str) -> bytes:
    """What the worker said last; empty when it has been silent for long."""
    body: bytes | None = await get_redis().get(f"worker:{worker}")
    return body or b""


@cache
def get_placing() -> Placing:
    """The placing of this process."""
    return RedisPlacing() if settings.REDIS_URL else LocalPlacing()


def _key(session: str) -> str:
    return f"scratch:{session}"


def _keep_latest(kinds: set[str], kind: str) -> None:
    """One database per engine: another seed takes the place of the former."""
    engine = kind.partition(":")[0]
    kinds -= {each for each in kinds if each.partition(":")[0] == engine}
    kinds.add(kind)
