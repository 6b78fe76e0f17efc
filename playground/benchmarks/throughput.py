"""Runs per second through ``sandbox.client``, against a cold jailed interpreter; memory."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator

from playground.benchmarks import cells
from playground.benchmarks.cold import run_cold
from playground.benchmarks.figures import Baseline, Figure, rate, size
from playground.benchmarks.servers import supervisor
from sandbox.client import SandboxClient
from sandbox.protocol import Database, Finished, RunRequest

LANES = 4
COLD_RUNS = 6
COLD_LANES = 2

_numbers = itertools.count(1)


async def measure() -> AsyncIterator[Figure]:
    """The figures, one by one."""
    cold = Baseline("cold jailed interpreter", await _cold_rate())
    async with supervisor() as client:
        await _burst(client, 20, cells.PRINT, "none")
        prints = await _burst(client, 400, cells.PRINT, "none")
        yield rate("throughput print", prints, 400, cold)
        orm = await _burst(client, 120, cells.ORM_AND_FASTAPI, "sqlite")
        yield rate("throughput orm-and-fastapi", orm, 120, cold)
        status = await client.status()
        yield size("memory zygote", status.zygote_pss_bytes / 1e6, 1)
        yield size("memory running child", await _running_child(client), 1)


async def _cold_rate() -> float:
    async def lane(count: int) -> None:
        for _ in range(count):
            await asyncio.to_thread(run_cold, cells.ORM_AND_FASTAPI)

    await lane(1)
    began = time.perf_counter()
    await asyncio.gather(*[lane(COLD_RUNS // COLD_LANES) for _ in range(COLD_LANES)])
    return COLD_RUNS / (time.perf_counter() - began)


async def _burst(client: SandboxClient, count: int, code: str, database: Database) -> float:
    remaining = iter(range(count))

    async def lane() -> None:
        for _ in remaining:
            await _complete(client, code, database)

    began = time.perf_counter()
    await asyncio.gather(*[lane() for _ in range(LANES)])
    return count / (time.perf_counter() - began)


async def _complete(client: SandboxClient, code: str, database: Database) -> None:
    request = RunRequest(run_id=f"bench-{next(_numbers)}", code=code, database=database)
    async for batch in client.stream(request):
        last = batch[-1]
        if isinstance(last, Finished) and last.outcome != "completed":
            raise RuntimeError(last.message)


async def _running_child(client: SandboxClient) -> float:
    """The share of memory, in MB, of a child that used the ORM and now waits."""
    running = asyncio.create_task(_complete(client, cells.HOLD, "sqlite"))
    await asyncio.sleep(0.6)
    status = await client.status()
    await running
    return max(status.running_pss_bytes) / 1e6
