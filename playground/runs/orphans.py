"""In each web process of a fleet: looks after the runs of those that are gone."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from playground.runs import ending
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.under_way import UnderWay, get_runs
from sandbox.logs import about_run

LOOK_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


async def look_after_orphans() -> None:
    """Until cancelled."""
    adopted: set[asyncio.Task[None]] = set()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            orphans = await get_runs().take_over()
        except OUT_OF_REACH:
            continue
        for run in orphans:
            with about_run(run.run_id):
                task = asyncio.create_task(_adopt(run))
            adopted.add(task)
            task.add_done_callback(adopted.discard)


async def _adopt(run: UnderWay) -> None:
    try:
        await ending.adopt(run)
    except Exception:
        _log.exception("a run of a web process that is gone")
