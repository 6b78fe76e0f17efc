"""The way of a run's events from the worker to the page: in this process, or through Redis."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Final, Protocol

import msgspec
import redis.asyncio as redis
from django.conf import settings

from sandbox.protocol import Batch, Finished, RunEvent

Events = list[RunEvent]

HEARTBEAT_SECONDS: Final = 0.5
LOST_AFTER_SECONDS: Final = 2.5 * HEARTBEAT_SECONDS
START_SECONDS: Final = 10.0
KEEP_SECONDS: Final = 120
MOST_ENTRIES: Final = 4000
MOST_WAITING_BATCHES: Final = 2000

_decoder = msgspec.msgpack.Decoder(Batch)


class WorkerLost(Exception):
    """Nobody takes the run, or whoever took it fell silent."""


class RunStreams(Protocol):
    """One stream per run. The page opens and follows it, the worker publishes to it."""

    async def open(self, run_id: str) -> None:
        """Before the run is asked for."""

    def follow(self, run_id: str) -> AsyncIterator[Events]:
        """Batches in order, until ``Finished``. Raises WorkerLost."""

    async def publish(self, run_id: str, events: Events) -> None:
        """Add a batch."""

    async def beat(self, run_id: str) -> None:
        """Say that the worker lives."""

    async def request_stop(self, run_id: str) -> None:
        """Ask the worker that has the run to stop it."""

    async def wait_for_stop(self, run_id: str) -> None:
        """Return when somebody asks for a stop."""


class LocalStreams:
    """For a worker in the page's own process."""

    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Queue[Events]] = {}
        self._stops: dict[str, asyncio.Event] = {}

    async def open(self, run_id: str) -> None:
        """Make the queue; it goes when nobody follows any more."""
        self._queues[run_id] = asyncio.Queue(MOST_WAITING_BATCHES)
        self._stops[run_id] = asyncio.Event()

    async def follow(self, run_id: str) -> AsyncIterator[Events]:
        """Batches in order, until ``Finished``."""
        queue = self._queues[run_id]
        try:
            while True:
                events = await queue.get()
                yield events
                if isinstance(events[-1], Finished):
                    return
        finally:
            del self._queues[run_id]
            del self._stops[run_id]

    async def publish(self, run_id: str, events: Events) -> None:
        """Add a batch; when the page does not keep up, this waits."""
        if queue := self._queues.get(run_id):
            await queue.put(events)

    async def beat(self, run_id: str) -> None:
        """In one process nobody is lost alone."""

    async def request_stop(self, run_id: str) -> None:
        """Ask for a stop."""
        if stop := self._stops.get(run_id):
            stop.set()

    async def wait_for_stop(self, run_id: str) -> None:
        """Return when somebody asks for a stop."""
        if stop := self._stops.get(run_id):
            await stop.wait()


class RedisStreams:
    """For workers elsewhere: a Redis Stream per run, with the worker's heartbeat in it."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=5)
        # Waiting for the next entry has no end of its own.
        self._waiting = redis.Redis.from_url(url, socket_timeout=None)

    async def open(self, run_id: str) -> None:
        """A stream begins with its first entry."""

    async def follow(self, run_id: str) -> AsyncIterator[Events]:
        """Batches in order, until ``Finished``; read again from the last one after a failure."""
        last, heard_at, patience = b"0", time.monotonic(), START_SECONDS
        while True:
            entries = await self._read(run_id, last)
            for entry, fields in entries:
                last = entry
                heard_at, patience = time.monotonic(), LOST_AFTER_SECONDS
                if body := fields.get(b"batch"):
                    events = _decoder.decode(body).events
                    yield events
                    if isinstance(events[-1], Finished):
                        return
            if time.monotonic() - heard_at > patience:
                raise WorkerLost

    async def publish(self, run_id: str, events: Events) -> None:
        """Add a batch."""
        await self._add(run_id, {"batch": msgspec.msgpack.encode(Batch(events))})

    async def beat(self, run_id: str) -> None:
        """Add a heartbeat."""
        await self._add(run_id, {"beat": b""})

    async def request_stop(self, run_id: str) -> None:
        """Leave the request where the worker waits for it."""
        key = f"stop:{run_id}"
        await self._redis.rpush(key, b"stop")  # type: ignore[misc]
        await self._redis.expire(key, KEEP_SECONDS)

    async def wait_for_stop(self, run_id: str) -> None:
        """Return when somebody asks for a stop."""
        while True:
            with contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
                if await self._waiting.blpop([f"stop:{run_id}"], timeout=1):  # type: ignore[misc]
                    return
            await asyncio.sleep(0)

    async def _read(self, run_id: str, last: bytes) -> list[tuple[bytes, dict[bytes, bytes]]]:
        key = f"run:{run_id}"
        try:
            answer: Any = await self._waiting.xread({key: last}, block=200)
        except (redis.ConnectionError, redis.TimeoutError):
            await asyncio.sleep(0.1)
            return []
        if not answer:
            return []
        streams = answer.items() if isinstance(answer, dict) else answer
        return list(next(iter(streams))[1])

    async def _add(self, run_id: str, fields: dict[str, bytes]) -> None:
        key = f"run:{run_id}"
        for attempt in range(6):
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    pipeline.xadd(key, fields, maxlen=MOST_ENTRIES)  # type: ignore[arg-type]
                    pipeline.expire(key, KEEP_SECONDS)
                    await pipeline.execute()
            except (redis.ConnectionError, redis.TimeoutError):
                if attempt == 5:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)
            else:
                return


@cache
def get_streams() -> RunStreams:
    """The streams of this process: through Redis when there is one."""
    return RedisStreams(settings.REDIS_URL) if settings.REDIS_URL else LocalStreams()
