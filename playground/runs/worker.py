"""The Channels worker: takes control messages and hands runs to the sandbox.

It touches no model and holds no credentials of the site's database.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, ClassVar

import msgspec
from channels.consumer import AsyncConsumer
from channels.worker import Worker

from playground.runs.streams import HEARTBEAT_SECONDS, RunStreams, get_streams
from playground.runs.supervision import get_supervision, stop_supervision
from sandbox.client import SandboxBusy, SandboxClient, SandboxUnavailable
from sandbox.protocol import Finished, RunRequest

CHANNEL = "sandbox"

_log = logging.getLogger(__name__)


class SandboxWorker(Worker):
    """A Channels worker with a sandbox, which is warm before the first run asks for it."""

    async def handle(self) -> None:
        """Work until cancelled."""
        get_supervision()
        try:
            await super().handle()
        finally:
            await stop_supervision()


class SandboxConsumer(AsyncConsumer):
    """Handlers start a task and return at once: a worker takes one message at a time."""

    _tasks: ClassVar[set[asyncio.Task[None]]] = set()
    _run_ids: ClassVar[set[str]] = set()

    async def run_start(self, message: dict[str, Any]) -> None:
        """Run a cell; the same message twice starts one run."""
        request = msgspec.msgpack.decode(message["request"], type=RunRequest)
        if request.run_id not in self._run_ids:
            self._run_ids.add(request.run_id)
            self._begin(run(request, get_streams()), request.run_id)

    async def session_reset(self, message: dict[str, Any]) -> None:
        """Drop a learner session's scratch databases and files."""
        self._begin(reset(message["session"]), "")

    def _begin(self, work: Any, run_id: str) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._run_ids.discard(run_id))


async def run(request: RunRequest, streams: RunStreams) -> None:
    """Run a cell to its end, its events published as they come."""
    beating = asyncio.create_task(_beat(request.run_id, streams))
    try:
        await _publish_run(request, streams, await get_supervision().client())
    except SandboxBusy as busy:
        sentence = f"We are busy: {busy}. Your code was not run; try again in a few seconds."
        await streams.publish(request.run_id, [_ours(sentence)])
    except SandboxUnavailable as error:
        _log.error("run %s: %s", request.run_id, error)
        sentence = f"Our sandbox is not available ({error}). It is not your code's fault."
        await streams.publish(request.run_id, [_ours(sentence)])
    finally:
        beating.cancel()


async def _publish_run(request: RunRequest, streams: RunStreams, client: SandboxClient) -> None:
    stopping: asyncio.Task[None] | None = None
    try:
        async for events in client.stream(request):
            # Not before the first events: the supervisor must know the run it is to cancel.
            if stopping is None:
                stopping = asyncio.create_task(_stop_when_asked(request.run_id, streams, client))
            await streams.publish(request.run_id, events)
    finally:
        if stopping is not None:
            stopping.cancel()


async def reset(session: str) -> None:
    """Drop a learner session's scratch databases and files."""
    try:
        await (await get_supervision().client()).reset(session)
    except SandboxUnavailable as error:
        _log.error("reset: %s", error)


async def _beat(run_id: str, streams: RunStreams) -> None:
    while True:
        await streams.beat(run_id)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _stop_when_asked(run_id: str, streams: RunStreams, client: SandboxClient) -> None:
    await streams.wait_for_stop(run_id)
    with contextlib.suppress(SandboxUnavailable):
        await client.cancel(run_id)


def _ours(sentence: str) -> Finished:
    return Finished(at_us=0, outcome="sandbox_failed", fault="us", message=sentence)
