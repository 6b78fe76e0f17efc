"""What goes on beside the pages: the embedded default's worker, or care for runs left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from playground.runs.exposure import LevelBelowFull
from playground.runs.orphans import look_after_orphans
from playground.runs.reporting import report
from playground.runs.supervision import get_supervision
from playground.runs.worker import CHANNEL, SandboxWorker

Application = Callable[[Any, Any, Any], Awaitable[None]]

_log = logging.getLogger(__name__)


def with_embedded_worker(application: Application) -> Application:
    """Start it with the server, or at the first request where it has no lifespan."""
    tasks: list[asyncio.Task[None]] = []

    def start() -> None:
        if not tasks:
            work = look_after_orphans() if settings.REDIS_URL else _work(application)
            tasks.append(asyncio.create_task(work))
            if settings.REDIS_URL:
                tasks.append(asyncio.create_task(report("web")))

    async def entry(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            start()
            await _live(receive, send, tasks)
        else:
            if scope["type"] != "channel":
                start()
            await application(scope, receive, send)

    return entry


async def _work(application: Application) -> None:
    layer = get_channel_layer()
    assert layer is not None
    try:
        await SandboxWorker(application, [CHANNEL], layer).handle()
    except asyncio.CancelledError:
        raise
    except Exception:
        _log.exception("the embedded worker ended")


async def _live(receive: Any, send: Any, tasks: list[asyncio.Task[None]]) -> None:
    await receive()
    try:
        if not settings.REDIS_URL:
            await get_supervision().require_level()
    except LevelBelowFull as error:
        await _end(tasks)
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _end(tasks)
    await send({"type": "lifespan.shutdown.complete"})


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
