"""A worker among others: it says that it lives, and leaves without a run being lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from typing import Any, Final

from channels.worker import Worker
from django.conf import settings

from playground.runs import placing
from playground.runs.exposure import LevelBelowFull
from playground.runs.placing import BEAT_SECONDS, Announcement, channel_of, name_worker
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.reporting import report
from playground.runs.supervision import get_supervision, stop_supervision
from playground.runs.worker import SandboxConsumer

LAST_REQUESTS_SECONDS: Final = 1.0  # for what was sent before everybody heard of our leaving
DRAIN_SECONDS: Final = 120.0

_log = logging.getLogger(__name__)


class FleetWorker(Worker):
    """Listens on a channel of its own; does not begin where the jail is too weak.

    At SIGTERM it takes no new runs, ends those that it has, and leaves; at a second one it leaves
    at once.
    """

    def __init__(self, application: Any, channels: list[str], channel_layer: Any) -> None:
        """``channels``: the command line's, whose only word says that cells are to be run."""
        self._name = name_worker()
        super().__init__(application, [channel_of(self._name)], channel_layer)
        self._leaving = asyncio.Event()

    async def handle(self) -> None:
        """Work until told to leave. Raises LevelBelowFull."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._leave)
        try:
            supervision = get_supervision()
            await supervision.require_level()
            with contextlib.suppress(Exception):  # a run that comes hears what is wrong
                await supervision.client()
            await self._work()
        except LevelBelowFull:
            await stop_supervision()
            raise
        finally:
            loop.remove_signal_handler(signal.SIGTERM)
        await stop_supervision()

    def _leave(self) -> None:
        if self._leaving.is_set():
            os._exit(1)  # whatever holds us up, somebody insists
        self._leaving.set()

    async def _work(self) -> None:
        announcing = asyncio.create_task(self._announce())
        reporting = asyncio.create_task(report("worker"))
        listening = asyncio.create_task(super().handle())
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait([listening, leaving], return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
            _log.info("leaving: %d runs go on", SandboxConsumer.count())
            await asyncio.sleep(LAST_REQUESTS_SECONDS)
        finally:
            listening.cancel()
            await asyncio.wait([listening])
        await SandboxConsumer.finish(DRAIN_SECONDS)
        announcing.cancel()
        reporting.cancel()
        with contextlib.suppress(*OUT_OF_REACH):
            await placing.withdraw(self._name)
        _log.info("left; %d runs were cut short", SandboxConsumer.count())

    async def _announce(self) -> None:
        places = settings.WORKER_RUNS or max(4, 2 * (os.cpu_count() or 1))
        beat = 0
        while True:
            beat += 1
            if beat == 2:
                _log.info("worker %s takes runs", self._name)
            load = SandboxConsumer.count() / places
            said = Announcement(self._name, beat, load, is_draining=self._leaving.is_set())
            with contextlib.suppress(*OUT_OF_REACH):
                await placing.announce(said)
            await asyncio.sleep(BEAT_SECONDS)
