"""Beside two hostile runs at once, a learner's own runs stay correct and are not starved."""

from __future__ import annotations

import asyncio
import itertools

from sandbox.client import SandboxClient
from tests.hostile.bombs import DISK, MEMORY, NUMBERS
from tests.running import new_id, run

LEARNER_RUNS = 6
# Alone it takes a fraction of a second; this is only far below what starving would look like.
LEARNER_SECONDS = 15

LEARNER = """
import asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    engine = create_async_engine(DATABASE_URL)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS visits (number integer)"))
        await connection.execute(text("INSERT INTO visits VALUES (1)"))
        count = (await connection.execute(text("SELECT count(*) FROM visits"))).scalar()
    await engine.dispose()
    print("visit", count)

asyncio.run(main())
"""
SPIN = "while True: pass"
FLOOD = "while True: print('x' * 1000)"
HOSTILE = [
    SPIN,
    FLOOD,
    MEMORY["a heap"].code,
    MEMORY["many small objects"].code,
    DISK["files"].code,
    NUMBERS["threads"].code,
    "import os\nos.kill(0, 9)\nos.kill(-1, 9)\nwhile True:\n    try: os.fork()\n"
    "    except OSError: pass",
]


async def attack_without_end(client: SandboxClient, offset: int) -> None:
    for number in itertools.count(offset):
        await run(client, HOSTILE[number % len(HOSTILE)], wall_seconds=2)


async def test_two_hostile_runs_do_not_harm_a_learner(sandbox_client: SandboxClient) -> None:
    session = new_id("learner")
    hostile = [asyncio.create_task(attack_without_end(sandbox_client, offset)) for offset in (0, 3)]
    try:
        for visit in range(1, LEARNER_RUNS + 1):
            ran = await run(sandbox_client, LEARNER, session=session, database="sqlite")
            assert (ran.stdout, ran.finished.outcome) == (f"visit {visit}\n", "completed")
            assert ran.finished.wall_us < LEARNER_SECONDS * 1_000_000
            await asyncio.sleep(0.3)  # so that each meets other attacks
    finally:
        for task in hostile:
            task.cancel()
        await asyncio.gather(*hostile, return_exceptions=True)
