"""The way of a run's events from the worker to the page: in this process, or through Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from typing import Final, Protocol

from django.conf import settings

from sandbox.protocol import Finished, RunEvent

Events = list[RunEvent]

KEEP_SECONDS: Final = 30.0  # what ended, for a page that comes back; Redis keeps it longer


class WorkerLost(Exception):
    """Nobody takes the run, or whoever took it fell silent."""


class StreamsLost(Exception):
    """What lies between us and the worker is out of reach, and stays so."""


class RunStreams(Protocol):
    """One stream per run. The page opens and follows it, the worker publishes to it."""

    async def open(self, run_id: str) -> None:
        """Before the run is asked for."""

    def follow(self, run_id: str, worker: str) -> AsyncIterator[Events]:
        """All batches from the first, in order, until ``Finished``; by as many as want to.

        Raises WorkerLost and StreamsLost.
        """

    async def take(self, run_id: str) -> None:
        """Say that the worker has the run."""

    async def publish(self, run_id: str, events: Events) -> None:
        """Add a batch, once."""

    async def request_stop(self, run_id: str) -> None:
        """Ask the worker that has the run to stop it."""

    async def wait_for_stop(self, run_id: str) -> None:
        """Return when somebody asks for a stop."""

    async def was_stopped(self, run_id: str) -> bool:
        """Whether somebody asked for a stop."""


class _LocalStream:
    def __init__(self) -> None:
        self.batches: list[Events] = []
        self.has_more = asyncio.Event()
        self.stop = asyncio.Event()

    def add(self, events: Events) -> None:
        self.batches.append(events)
        self.has_more.set()
        self.has_more = asyncio.Event()


class LocalStreams:
    """For a worker in the page's own process."""

    def __init__(self) -> None:
        self._streams: dict[str, _LocalStream] = {}

    async def open(self, run_id: str) -> None:
        """Make the stream; it goes some time after the run's end."""
        self._streams[run_id] = _LocalStream()

    async def follow(self, run_id: str, worker: str) -> AsyncIterator[Events]:
        """All batches, until ``Finished``. Raises WorkerLost where there is none of that id."""
        stream = self._streams.get(run_id)
        if stream is None:
            raise WorkerLost
        seen = 0
        while True:
            has_more = stream.has_more
            for events in stream.batches[seen:]:
                seen += 1
                yield events
                if isinstance(events[-1], Finished):
                    return
            if seen == len(stream.batches):
                await has_more.wait()

    async def take(self, run_id: str) -> None:
        """In one process nobody is lost alone."""

    async def publish(self, run_id: str, events: Events) -> None:
        """Add a batch. What a run may send is bounded, and so is what is kept here."""
        if stream := self._streams.get(run_id):
            stream.add(events)
            if isinstance(events[-1], Finished):
                forget = asyncio.get_running_loop().call_later
                forget(KEEP_SECONDS, self._streams.pop, run_id, None)

    async def request_stop(self, run_id: str) -> None:
        """Ask for a stop."""
        if stream := self._streams.get(run_id):
            stream.stop.set()

    async def wait_for_stop(self, run_id: str) -> None:
        """Return when somebody asks for a stop."""
        if stream := self._streams.get(run_id):
            await stream.stop.wait()

    async def was_stopped(self, run_id: str) -> bool:
        """Whether somebody did."""
        stream = self._streams.get(run_id)
        return stream is not None and stream.stop.is_set()


@cache
def get_streams() -> RunStreams:
    """The streams of this process: through Redis when there is one."""
    if not settings.REDIS_URL:
        return LocalStreams()
    from playground.runs.redis_streams import RedisStreams

    return RedisStreams()
