"""A Redis Stream per run: each batch has its number, so none is doubled and none is lost."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from redis.exceptions import ResponseError

from playground.runs.placing import is_beating
from playground.runs.redis_clients import OUT_OF_REACH, get_redis
from playground.runs.streams import Events, StreamsLost, WorkerLost
from sandbox.protocol import Batch, Finished

LOST_AFTER_SECONDS: Final = 1.5  # without a heartbeat of the worker
TAKEN_SECONDS: Final = 10.0  # from the request to the first word of a worker that lives
OUTAGE_SECONDS: Final = 30.0
KEEP_SECONDS: Final = 120
MOST_ENTRIES: Final = 5000

# A batch is not added to a stream whose beginning was lost: then all of it is written again.
_ADD: Final = """
if ARGV[1] ~= '1' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local said = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], ARGV[1] .. '-0', 'batch', ARGV[2])
if said['err'] and not string.find(said['err'], 'equal or smaller') then return said end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""

_decoder = msgspec.msgpack.Decoder(Batch)


class _Published:
    """What the worker has of a run that goes on: enough to write the stream anew."""

    def __init__(self) -> None:
        self.batches: list[bytes] = []
        self.lock = asyncio.Lock()


class RedisStreams:
    """For workers elsewhere. Both ends outlive a Redis that is gone and comes back empty."""

    def __init__(self) -> None:
        self._published: dict[str, _Published] = {}

    async def open(self, run_id: str) -> None:
        """A stream begins with its first entry."""

    async def follow(self, run_id: str, worker: str) -> AsyncIterator[Events]:
        """All batches, until ``Finished``; read on from the last one after an outage."""
        last, watch = b"0", _Watch(worker)
        while True:
            try:
                entries = await _read(run_id, last)
                if not entries:
                    await watch.look()
            except OUT_OF_REACH:
                await watch.wait_out()
                continue
            for entry, fields in entries:
                last = entry
                watch.hear()
                events = _decoder.decode(fields[b"batch"]).events
                if events:
                    yield events
                    if isinstance(events[-1], Finished):
                        return

    async def take(self, run_id: str) -> None:
        """An empty batch."""
        await self.publish(run_id, [])

    async def publish(self, run_id: str, events: Events) -> None:
        """Add a batch, however often it takes. Raises what Redis says after ``OUTAGE_SECONDS``."""
        published = self._published.setdefault(run_id, _Published())
        async with published.lock:
            published.batches.append(msgspec.msgpack.encode(Batch(events)))
            try:
                await self._insist(run_id, published.batches)
            finally:
                if events and isinstance(events[-1], Finished):
                    del self._published[run_id]

    async def _insist(self, run_id: str, batches: list[bytes]) -> None:
        deadline = time.monotonic() + OUTAGE_SECONDS
        while True:
            try:
                await _write(f"run:{run_id}", batches)
            except OUT_OF_REACH:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def request_stop(self, run_id: str) -> None:
        """Leave the request where the worker waits for it."""
        key = f"stop:{run_id}"
        async with get_redis().pipeline() as pipeline:
            pipeline.rpush(key, b"stop")
            pipeline.expire(key, KEEP_SECONDS)
            pipeline.set(f"stopped:{run_id}", b"", ex=KEEP_SECONDS)
            await pipeline.execute()

    async def wait_for_stop(self, run_id: str) -> None:
        """Return when somebody asks for a stop."""
        while True:
            with contextlib.suppress(*OUT_OF_REACH):
                # One wait holds no connection for longer than Redis may be gone unseen.
                answer: Any = get_redis(timeout=None).blpop([f"stop:{run_id}"], timeout=1)
                if await answer:
                    return
            await asyncio.sleep(0.05)

    async def was_stopped(self, run_id: str) -> bool:
        """Whether somebody did."""
        with contextlib.suppress(*OUT_OF_REACH):
            return bool(await get_redis().exists(f"stopped:{run_id}"))
        return False


class _Watch:
    """How long a follower has heard nothing of its worker; an outage does not count."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._beat = b""
        self._is_taken = False
        self._asked_at = self._heard_at = time.monotonic()
        self._outage_since = 0.0

    def hear(self) -> None:
        """An entry came."""
        self._is_taken = True
        self._heard_at = time.monotonic()

    async def look(self) -> None:
        """Whether the worker's heart still beats. Raises WorkerLost."""
        beat = await is_beating(self._worker)
        now = time.monotonic()
        if self._outage_since:
            # It has as long again to come back, and the run to be written anew.
            self._outage_since = 0.0
            self._asked_at = self._heard_at = now + LOST_AFTER_SECONDS
        if beat and beat != self._beat:
            self._beat, self._heard_at = beat, max(now, self._heard_at)
        is_late = not self._is_taken and now - self._asked_at > TAKEN_SECONDS
        if is_late or now - self._heard_at > LOST_AFTER_SECONDS:
            raise WorkerLost

    async def wait_out(self) -> None:
        """Redis is out of reach. Raises StreamsLost when it has been for too long."""
        now = time.monotonic()
        self._outage_since = self._outage_since or now
        if now - self._outage_since > OUTAGE_SECONDS:
            raise StreamsLost
        await asyncio.sleep(0.2)


async def _read(run_id: str, last: bytes) -> list[tuple[bytes, dict[bytes, bytes]]]:
    answer: Any = await get_redis().xread({f"run:{run_id}": last}, block=200)
    if not answer:
        return []
    streams = answer.items() if isinstance(answer, dict) else answer
    [(_, entries)] = streams
    # Depending on the protocol each stream's entries lie in a list of their own.
    return list(entries[0] if entries and isinstance(entries[0], list) else entries)


async def _write(key: str, batches: list[bytes]) -> None:
    """The last batch; all of them where the stream is gone."""
    client = get_redis()
    number = len(batches)
    is_added: Any = client.eval(_ADD, 1, key, number, batches[-1], MOST_ENTRIES, KEEP_SECONDS)
    if await is_added:
        return
    async with client.pipeline() as pipeline:
        for each, batch in enumerate(batches, start=1):
            pipeline.xadd(key, {"batch": batch}, id=f"{each}-0")
        pipeline.expire(key, KEEP_SECONDS)
        with contextlib.suppress(ResponseError):  # written already, and only the answer was lost
            await pipeline.execute()
