"""Runs that were asked for and are not kept yet: enough of each for any web process to go on.

Whoever follows a run holds it; a run that nobody holds is another web process's to take over.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from typing import Any, Final, Protocol

import msgspec
from django.conf import settings

from playground.runs.messages import CheckAnswer, RunCell
from playground.runs.redis_clients import OUT_OF_REACH, get_redis
from sandbox.protocol import RunRequest

HELD_MILLISECONDS: Final = 3000
HOLD_SECONDS: Final = 1.0
KEEP_SECONDS: Final = 120
_OPEN: Final = "runs:open"


class UnderWay(msgspec.Struct):
    """A run with all that its end needs. ``worker`` has it; ``tries`` is how often one was lost.

    ``counted_by`` are the keys of the quotas that it counts for until its end.
    """

    learner: str
    request: RunRequest
    message: RunCell | CheckAnswer
    day: date
    worker: str = ""
    tries: int = 0
    counted_by: list[str] = []

    @property
    def run_id(self) -> str:
        """As its page and its recording know it."""
        return self.request.run_id

    @property
    def place(self) -> str:
        """Where on the page it is shown."""
        return self.message.cell

    @property
    def stream_id(self) -> str:
        """As its worker and its stream know it: started again, it is another run there."""
        return f"{self.run_id}.{self.tries}"

    def request_of_worker(self) -> RunRequest:
        """What the worker is sent."""
        return msgspec.structs.replace(self.request, run_id=self.stream_id)


class RunsUnderWay(Protocol):
    """All of them, wherever they are kept."""

    async def save(self, run: UnderWay) -> None:
        """Keep it, or what has changed of it."""

    async def find(self, run_id: str) -> UnderWay | None:
        """One that goes on, or ended not long ago."""

    def hold(self, run: UnderWay) -> Any:
        """While this is open, nobody else takes the run over."""

    async def may_start_again(self, run: UnderWay) -> bool:
        """Whether it is for the caller to start it once more: true for one of all that ask."""

    async def close(self, run: UnderWay) -> None:
        """Its end is kept."""

    async def mark_resumed(self, run_id: str) -> None:
        """A page is back to see it."""

    async def was_resumed(self, run_id: str) -> bool:
        """Whether one came back."""

    async def take_over(self) -> list[UnderWay]:
        """Those that nobody holds any more; they are the caller's."""


class LocalRuns:
    """In one process: they end with it."""

    def __init__(self) -> None:
        self._runs: dict[str, UnderWay] = {}
        self._resumed: dict[str, float] = {}

    async def save(self, run: UnderWay) -> None:
        """As the protocol says."""
        self._runs[run.run_id] = run

    async def find(self, run_id: str) -> UnderWay | None:
        """As the protocol says."""
        return self._runs.get(run_id)

    @asynccontextmanager
    async def hold(self, run: UnderWay) -> AsyncIterator[None]:
        """Nobody else is there."""
        yield

    async def may_start_again(self, run: UnderWay) -> bool:
        """There is no other worker."""
        return False

    async def close(self, run: UnderWay) -> None:
        """As the protocol says."""
        forget = asyncio.get_running_loop().call_later
        forget(KEEP_SECONDS / 4, self._runs.pop, run.run_id, None)

    async def mark_resumed(self, run_id: str) -> None:
        """As the protocol says."""
        now = time.monotonic()
        recent = {each: at for each, at in self._resumed.items() if now - at < KEEP_SECONDS}
        self._resumed = {**recent, run_id: now}

    async def was_resumed(self, run_id: str) -> bool:
        """As the protocol says."""
        return self._resumed.pop(run_id, None) is not None

    async def take_over(self) -> list[UnderWay]:
        """Nobody's."""
        return []


class RedisRuns:
    """In Redis; whoever holds a run writes it again and again, so that it outlives Redis."""

    async def save(self, run: UnderWay) -> None:
        """As the protocol says."""
        async with get_redis().pipeline() as pipeline:
            pipeline.set(_key(run.run_id), msgspec.msgpack.encode(run), ex=KEEP_SECONDS)
            pipeline.sadd(_OPEN, run.run_id)
            pipeline.set(f"held:{run.run_id}", b"", px=HELD_MILLISECONDS)
            await pipeline.execute()

    async def find(self, run_id: str) -> UnderWay | None:
        """As the protocol says."""
        body = await get_redis().get(_key(run_id))
        return msgspec.msgpack.decode(body, type=UnderWay) if body else None

    @asynccontextmanager
    async def hold(self, run: UnderWay) -> AsyncIterator[None]:
        """As the protocol says."""
        holding = asyncio.create_task(self._hold(run))
        try:
            yield
        finally:
            holding.cancel()

    async def _hold(self, run: UnderWay) -> None:
        while True:
            with contextlib.suppress(*OUT_OF_REACH):
                await self.save(run)
            await asyncio.sleep(HOLD_SECONDS)

    async def may_start_again(self, run: UnderWay) -> bool:
        """As the protocol says."""
        return bool(await get_redis().set(f"again:{run.run_id}", b"", nx=True, ex=KEEP_SECONDS))

    async def close(self, run: UnderWay) -> None:
        """As the protocol says."""
        removed: Any = get_redis().srem(_OPEN, run.run_id)
        await removed

    async def mark_resumed(self, run_id: str) -> None:
        """As the protocol says."""
        await get_redis().set(f"resumed:{run_id}", b"", ex=KEEP_SECONDS)

    async def was_resumed(self, run_id: str) -> bool:
        """As the protocol says."""
        return bool(await get_redis().delete(f"resumed:{run_id}"))

    async def take_over(self) -> list[UnderWay]:
        """As the protocol says."""
        client = get_redis()
        taken: list[UnderWay] = []
        members: Any = client.smembers(_OPEN)
        for name in await members:
            run_id = name.decode()
            if await client.set(f"held:{run_id}", b"", px=HELD_MILLISECONDS, nx=True):
                run = await self.find(run_id)
                if run is None:
                    removed: Any = client.srem(_OPEN, run_id)
                    await removed
                else:
                    taken.append(run)
        return taken


@cache
def get_runs() -> RunsUnderWay:
    """Those of this site."""
    return RedisRuns() if settings.REDIS_URL else LocalRuns()


def _key(run_id: str) -> str:
    return f"under-way:{run_id}"
