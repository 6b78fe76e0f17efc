"""What watching a program costs it: its time against the same program unobserved."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import msgspec

from playground.benchmarks.figures import Baseline, Figure, spread
from playground.benchmarks.running import run
from playground.benchmarks.servers import supervisor
from sandbox.client import SandboxClient
from sandbox.protocol import Database

ROUNDS: Final = 31
DEBUG_EVERY: Final = 6  # it takes ten times as long
_UNOBSERVED: Final = "unobserved"


class Case(NamedTuple):
    """A program whose coroutine ``work`` is timed."""

    name: str
    code: str
    database: Database = "none"


CASES: Final = (
    Case(
        "100,000 sleep(0)",
        "async def work():\n    for _ in range(100_000):\n        await asyncio.sleep(0)\n",
    ),
    Case(
        "gather of 10,000 tasks",
        "async def task(number):\n"
        "    await asyncio.sleep(0)\n"
        "    return number\n"
        "async def work():\n"
        "    await asyncio.gather(*[task(number) for number in range(10_000)])\n",
    ),
    Case(
        "1,000 FastAPI requests",
        "import fastapi, httpx\n"
        "app = fastapi.FastAPI()\n"
        "@app.get('/users/{number}')\n"
        "async def user(number: int):\n"
        "    return {'number': number}\n"
        "transport = httpx.ASGITransport(app=app)\n"
        "async def work():\n"
        "    async with httpx.AsyncClient(transport=transport, base_url='http://app') as client:\n"
        "        for number in range(1000):\n"
        "            await client.get(f'/users/{number}')\n",
    ),
    Case(
        "2,000 asyncpg queries",
        "import asyncpg\n"
        "async def work():\n"
        "    connection = await asyncpg.connect(DSN)\n"
        "    for number in range(2000):\n"
        "        await connection.fetchval('SELECT $1::int', number)\n"
        "    await connection.close()\n",
        "postgres",
    ),
    Case(
        "loop of 1,000,000",
        "async def work():\n"
        "    total = 0\n"
        "    for number in range(1_000_000):\n"
        "        total += number\n"
        "    return total\n",
    ),
)
_TIMED: Final = """\
import asyncio, time
{code}
async def timed():
    began = time.perf_counter_ns()
    await work()
    print((time.perf_counter_ns() - began) / 1e6)
asyncio.run(timed(), debug={debug})
"""


async def measure() -> AsyncIterator[Figure]:
    """The figures, one by one. Observed and unobserved runs take turns in pairs, now one first and
    now the other, and the ratio is the pairs' median: a shared machine is fast and slow in turn.
    """
    async with supervisor() as observed, supervisor("--unobserved") as unobserved:
        for case in CASES:
            pairs: list[tuple[float, float]] = []
            debugged: list[float] = []
            for number in range(ROUNDS):
                if number % 2:
                    ours, plain = await _time(observed, case), await _time(unobserved, case)
                else:
                    plain, ours = await _time(unobserved, case), await _time(observed, case)
                pairs.append((ours, plain))
                if number % DEBUG_EVERY == 0:
                    debugged.append(await _time(unobserved, case, debug=True))
            baseline = Baseline(_UNOBSERVED, statistics.median(plain for _, plain in pairs))
            ratio = statistics.median(ours / plain for ours, plain in pairs)
            told = spread(f"probe-overhead {case.name}", [ours for ours, _ in pairs], baseline)
            yield msgspec.structs.replace(told, ratio=round(ratio, 2))
            yield spread(f"debug-mode {case.name}", debugged, baseline)


async def _time(client: SandboxClient, case: Case, *, debug: bool = False) -> float:
    """Milliseconds, as the program itself measured them."""
    code = _TIMED.format(code=case.code, debug=debug)
    ran = await run(client, code, database=case.database, driver="", profile="heavy")
    return float(ran.stdout)
