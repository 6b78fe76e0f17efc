"""The Channels worker: takes control messages and hands runs to the sandbox.

It touches no model and holds no credentials of the site's database.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec
from channels.consumer import AsyncConsumer
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from channels.worker import Worker

from playground.measures import WorkerClock
from playground.runs.placing import CHANNEL as CHANNEL
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.streams import RunStreams, get_streams
from playground.runs.supervision import get_supervision, stop_supervision
from sandbox.client import SandboxBusy, SandboxClient, SandboxUnavailable
from sandbox.logs import about_run
from sandbox.protocol import Finished, RunEvent, RunRequest

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
            with about_run(request.run_id):
                _log.debug("taken")
                self._begin(run(request, get_streams()), request.run_id)

    async def session_reset(self, message: dict[str, Any]) -> None:
        """Drop a learner session's scratch databases and files."""
        self._begin(reset(message["session"]), "")

    async def worker_ask(self, message: dict[str, Any]) -> None:
        """Say that we and our supervisor answer, and at which level of the jail."""
        self._begin(answer(message["reply"]), "")

    @classmethod
    def count(cls) -> int:
        """How many runs, and other works, go on."""
        return len(cls._tasks)

    @classmethod
    async def finish(cls, seconds: float) -> None:
        """Wait, at most so long, until all that was begun has ended."""
        if cls._tasks:
            await asyncio.wait(cls._tasks, timeout=seconds)

    def _begin(self, work: Any, run_id: str) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._run_ids.discard(run_id))


async def run(request: RunRequest, streams: RunStreams) -> None:
    """Run a cell to its end, its events published as they come."""
    clock = WorkerClock()

    async def tell(events: list[RunEvent]) -> None:
        clock.see(events)
        await streams.publish(request.run_id, events)

    try:
        await streams.take(request.run_id)
        client = await get_supervision().client()
        await _publish_run(request, streams, client, tell)
    except SandboxBusy as busy:
        sentence = (
            f"We are busy: {busy}. Your code was not run; "
            f"try again in {max(1, round(busy.retry_seconds))} s."
        )
        await tell([_ours(sentence)])
    except SandboxUnavailable as error:
        _log.error("run %s: %s", request.run_id, error)
        sentence = f"Our sandbox is not available ({error}). It is not your code's fault."
        await tell([_ours(sentence)])
    except OUT_OF_REACH as error:  # for so long that nobody follows any more
        _log.error("run %s: nobody could be told of it: %s", request.run_id, error)
    except Exception:
        _log.exception("run %s", request.run_id)
        sentence = "Our worker failed. It is not your code's fault: run it again."
        await tell([_ours(sentence)])


async def _publish_run(
    request: RunRequest,
    streams: RunStreams,
    client: SandboxClient,
    tell: Callable[[list[RunEvent]], Awaitable[None]],
) -> None:
    stopping: asyncio.Task[None] | None = None
    try:
        async for events in client.stream(request):
            # Not before the first events: the supervisor must know the run it is to cancel.
            if stopping is None:
                stopping = asyncio.create_task(_stop_when_asked(request.run_id, streams, client))
            await tell(events)
    finally:
        if stopping is not None:
            stopping.cancel()


async def answer(channel: str) -> None:
    """Tell the level there; a supervisor that does not answer is not spoken for."""
    layer = get_channel_layer()
    assert layer is not None
    with contextlib.suppress(SandboxUnavailable, ChannelFull):
        status = await (await get_supervision().client()).status()
        await layer.send(channel, {"type": "worker.answer", "level": status.level})


async def reset(session: str) -> None:
    """Drop a learner session's scratch databases and files."""
    try:
        await (await get_supervision().client()).reset(session)
    except SandboxUnavailable as error:
        _log.error("reset: %s", error)


async def _stop_when_asked(run_id: str, streams: RunStreams, client: SandboxClient) -> None:
    await streams.wait_for_stop(run_id)
    with contextlib.suppress(SandboxUnavailable):
        await client.cancel(run_id)


def _ours(sentence: str) -> Finished:
    return Finished(at_us=0, outcome="sandbox_failed", fault="us", message=sentence)
