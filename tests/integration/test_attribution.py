"""Twenty tasks at once, eight statements each, on every path: whose statement was it?

Each statement's text says which task really sent it and from which line.
"""

from __future__ import annotations

import re

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Database
from tests.running import run

TASKS, STATEMENTS = 20, 8

SQLALCHEMY = """\
import asyncio, sys
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine, async_sessionmaker

async def send(session, task):
    await session.execute(text(f"SELECT 'task {task} line {sys._getframe().f_lineno}'"))

async def work(sessions, task):
    async with sessions() as session:
        await session.execute(text(f"SELECT 'task {task} line {sys._getframe().f_lineno}'"))
        await session.scalar(text(f"SELECT 'task {task} line {sys._getframe().f_lineno}'"))
        for _ in range(2):
            await session.execute(text(f"SELECT 'task {task} line {sys._getframe().f_lineno}'"))
            await asyncio.sleep(0.001)
        await send(session, task)
        await session.commit()
        await session.execute(text(f"SELECT 'task {task} line {sys._getframe().f_lineno}'"))
    async with sessions() as session:
        (await session.scalars(text(f"SELECT 'task {task} line {sys._getframe().f_lineno}'"))).all()
        await send(session, task)

async def main():
    engine = create_async_engine(DATABASE_URL, pool_size=5, max_overflow=0)
    sessions = async_sessionmaker(engine)
    await asyncio.gather(*[
        asyncio.create_task(work(sessions, task), name=f"task {task}") for task in range(20)
    ])
    await engine.dispose()

asyncio.run(main())
"""

RAW = """\
import asyncio, sys, {driver}

async def send(connection, task):
    await {send}(f"SELECT 'task {{task}} line {{sys._getframe().f_lineno}}'")

async def work(limit, task):
    async with limit:
        connection = await {connect}
        try:
            await connection.execute(f"SELECT 'task {{task}} line {{sys._getframe().f_lineno}}'")
            await {send}(f"SELECT 'task {{task}} line {{sys._getframe().f_lineno}}'")
            for _ in range(2):
                await {send}(f"SELECT 'task {{task}} line {{sys._getframe().f_lineno}}'")
                await asyncio.sleep(0.001)
            await send(connection, task)
            await asyncio.sleep(0)
            await {send}(f"SELECT 'task {{task}} line {{sys._getframe().f_lineno}}'")
            await send(connection, task)
            await connection.execute(f"SELECT 'task {{task}} line {{sys._getframe().f_lineno}}'")
        finally:
            await connection.close()

async def main():
    limit = asyncio.Semaphore(5)
    await asyncio.gather(*[
        asyncio.create_task(work(limit, task), name=f"task {{task}}") for task in range(20)
    ])

asyncio.run(main())
"""

PATHS: dict[str, tuple[str, Database, str]] = {
    "SQLAlchemy, asyncpg": (SQLALCHEMY, "postgres", "asyncpg"),
    "SQLAlchemy, psycopg": (SQLALCHEMY, "postgres", "psycopg"),
    "SQLAlchemy, aiosqlite": (SQLALCHEMY, "sqlite", "aiosqlite"),
    "asyncpg": (
        RAW.format(driver="asyncpg", connect="asyncpg.connect(DSN)", send="connection.fetch"),
        "postgres",
        "asyncpg",
    ),
    "psycopg": (
        RAW.format(
            driver="psycopg",
            connect="psycopg.AsyncConnection.connect(DSN)",
            send="connection.cursor().execute",
        ),
        "postgres",
        "psycopg",
    ),
    "aiosqlite": (
        RAW.format(
            driver="aiosqlite",
            connect="aiosqlite.connect(DSN)",
            send="connection.execute_fetchall",
        ),
        "sqlite",
        "aiosqlite",
    ),
}


@pytest.mark.parametrize(("code", "database", "driver"), PATHS.values(), ids=PATHS)
async def test_the_task_and_the_line_of_each_statement(
    sandbox_client: SandboxClient, code: str, database: Database, driver: str
) -> None:
    ran = await run(sandbox_client, code, database=database, driver=driver)
    assert ran.finished.outcome == "completed", ran.stderr
    names = {lane["lane"]: lane.get("name") for lane in ran.telemetry("lane") if "name" in lane}
    told = [
        (f"task {truth[1]}", int(truth[2]), names.get(each["lane"]), each["line"])
        for each in ran.telemetry("sql")
        if (truth := re.fullmatch(r"SELECT 'task (\d+) line (\d+)'", str(each["statement"])))
    ]
    assert len(told) == TASKS * STATEMENTS
    assert [each for each in told if each[:2] != each[2:]] == []
    mine = [each for each in ran.telemetry("sql") if "'task " in str(each["statement"])]
    assert {each["driver"] for each in mine} == {driver}
    assert len({each["fingerprint"] for each in mine}) == 1
    assert ran.finished.summary.most_repeated == TASKS * STATEMENTS
    connections = {each["connection"] for each in mine}
    assert len(connections) == (5 if "sqlalchemy" in code else TASKS)
    assert ran.finished.summary.connections_left_out == 0
    assert ran.finished.summary.transactions_left_open == 0
