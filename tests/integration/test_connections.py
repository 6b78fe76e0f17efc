"""Who held which connection of which pool, and what was left out or open at the end."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import SandboxClient
from tests.running import Ran, run

ASYNCPG = """\
import asyncio, asyncpg
async def use(pool):
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_sleep(0.05)")
async def main():
    pool = await asyncpg.create_pool(DSN, min_size=2, max_size=2)
    await asyncio.gather(*[use(pool) for _ in range(3)])
    held = [await pool.acquire() for _ in range(2)]
    try:
        await pool.acquire(timeout=0.05)
    except TimeoutError:
        print("waited in vain")
    await pool.release(held.pop())
    return pool, held
kept = asyncio.run(main())
"""

PSYCOPG = """\
import asyncio
from psycopg_pool import AsyncConnectionPool, PoolTimeout
async def use(pool):
    async with pool.connection() as connection:
        await connection.execute("SELECT pg_sleep(0.05)")
async def main():
    pool = AsyncConnectionPool(DSN, min_size=2, max_size=2, open=False)
    await pool.open(wait=True)
    await asyncio.gather(*[use(pool) for _ in range(3)])
    held = [await pool.getconn() for _ in range(2)]
    try:
        await pool.getconn(timeout=0.05)
    except PoolTimeout:
        print("waited in vain")
    await pool.putconn(held.pop())
    await pool.close()
    return pool, held
kept = asyncio.run(main())
"""

SQLALCHEMY = """\
import asyncio
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
async def use(engine):
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_sleep(0.05)"))
async def main():
    engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=1, pool_timeout=1.0)
    await asyncio.gather(*[use(engine) for _ in range(3)])
    held = [await engine.connect() for _ in range(2)]
    try:
        await engine.connect()
    except TimeoutError:
        print("waited in vain")
    await held.pop().close()
    return engine, held
kept = asyncio.run(main())
"""

# For each: the lines of its checkouts, of waiting in vain and of giving back the last.
POOLS = {
    "asyncpg": (ASYNCPG, 3, 8, 10, 13),
    "psycopg": (PSYCOPG, 4, 10, 12, 15),
    "SQLAlchemy": (SQLALCHEMY, 6, 11, 13, 16),
}


@pytest.mark.parametrize(("code", "using", "holding", "in_vain", "back"), POOLS.values(), ids=POOLS)
async def test_a_pool(
    sandbox_client: SandboxClient, code: str, using: int, holding: int, in_vain: int, back: int
) -> None:
    ran = await run(sandbox_client, code, database="postgres", driver="asyncpg")
    assert ran.stdout == "waited in vain\n", ran.stderr
    events = ran.telemetry("pool")
    [first, second, third, *held] = [each for each in events if each["action"] == "checkout"]
    assert [each["line"] for each in (first, second, third)] == [using] * 3
    assert [each["line"] for each in held] == [holding] * 2
    assert [each["wait_us"] for each in (first, second, *held)] == [0] * 4
    assert third["wait_us"] > 20_000
    assert third["connection"] in (first["connection"], second["connection"])
    assert (first["in_use"], second["in_use"]) == (1, 2)
    [timeout] = [each for each in events if each["action"] == "wait_timeout"]
    assert timeout["line"] == in_vain
    assert timeout["wait_us"] > 40_000
    checkins = [each for each in events if each["action"] == "checkin"]
    assert [each["line"] for each in checkins] == [using] * 3 + [back]
    used = {each["lane"] for each in (first, second, third)}
    assert {each["lane"] for each in checkins[:3]} == used
    assert len(used) == 3
    [left_out] = [each for each in events if each["action"] == "left_out"]
    assert (left_out["line"], left_out["connection"]) == (holding, held[0]["connection"])
    assert {each["pool"] for each in events} == {1}
    check_summary(ran, third["wait_us"] + timeout["wait_us"])


def check_summary(ran: Ran, waited_us: int) -> None:
    summary = ran.finished.summary
    assert (summary.pool_high_water, summary.connections_left_out) == (2, 1)
    assert summary.pool_wait_us == pytest.approx(waited_us, abs=5)


async def test_each_pool_has_a_number_and_a_connection_keeps_its_own(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        "import asyncio, asyncpg\n"
        "async def main():\n"
        "    for size in (1, 2):\n"
        "        async with asyncpg.create_pool(DSN, min_size=1, max_size=size) as pool:\n"
        "            for _ in range(2):\n"
        "                async with pool.acquire() as connection:\n"
        "                    await connection.execute('SELECT 1')\n"
        "asyncio.run(main())\n"
    )
    ran = await run(sandbox_client, code, database="postgres")
    taken = [each for each in ran.telemetry("pool") if each["action"] == "checkout"]
    assert [(each["pool"], each["size"], each["connection"]) for each in taken] == [
        (1, 1, 1),
        (1, 1, 1),
        (2, 2, 2),
        (2, 2, 2),
    ]
    assert [each["connection"] for each in ran.telemetry("sql")] == [1, 1, 2, 2]
    assert ran.finished.summary.connections_left_out == 0


# Not aiosqlite's: its thread keeps the whole program from ending.
LEFT_OPEN = {
    "asyncpg": ("postgres", "await asyncpg.connect(DSN)", "await held.execute('BEGIN')"),
    "psycopg": (
        "postgres",
        "await psycopg.AsyncConnection.connect(DSN)",
        "await held.execute('SELECT 1')",
    ),
    "psycopg, synchronous": (
        "postgres",
        "psycopg.connect(DSN)",
        "held.execute('SELECT 1')",
    ),
    "sqlite3": (
        "sqlite",
        "sqlite3.connect(DSN)",
        "held.execute('CREATE TABLE t (a)'); held.execute('INSERT INTO t VALUES (1)')",
    ),
}


@pytest.mark.parametrize(("database", "connect", "begin"), LEFT_OPEN.values(), ids=LEFT_OPEN)
async def test_a_connection_of_a_driver_left_open(
    sandbox_client: SandboxClient, database: Any, connect: str, begin: str
) -> None:
    code = (
        "import asyncio, asyncpg, psycopg, sqlite3\n"
        "async def connect():\n"
        f"    return {connect}\n"
        "async def main():\n"
        "    global held\n"
        "    closed = await connect()\n"
        "    if result := closed.close():\n"
        "        await result\n"
        "    held = await connect()\n"
        f"    {begin}\n"
        "asyncio.run(main())\n"
    )
    ran = await run(sandbox_client, code, database=database)
    assert ran.finished.outcome == "completed", ran.stderr
    [left_out] = [each for each in ran.telemetry("pool") if each["action"] == "left_out"]
    assert (left_out["line"], left_out["pool"]) == (3, None)
    [left_open] = [each for each in ran.telemetry("tx") if each["action"] == "left_open"]
    assert (left_open["line"], left_open["connection"]) == (10, left_out["connection"])
    summary = ran.finished.summary
    assert (summary.connections_left_out, summary.transactions_left_open) == (1, 1)
