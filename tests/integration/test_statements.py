"""Statements and transactions of every driver: parameters, rows, errors, savepoints."""

from __future__ import annotations

from typing import Any

from sandbox.client import SandboxClient
from tests.recording import fields_of, record
from tests.running import run


def told(statements: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["line"], each["parameters"], each["rows"]) for each in statements]


def steps(transactions: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["action"], each["line"]) for each in transactions]


ASYNCPG = """\
import asyncio, asyncpg, io
async def main():
    c = await asyncpg.connect(DSN)
    await c.execute("CREATE TABLE t (a int, b text)")
    await c.execute("INSERT INTO t VALUES ($1, $2), ($3, 'x')", 1, "x", 2)
    await c.executemany("INSERT INTO t VALUES ($1, $2)", [(3, "x"), (4, "y"), (5, "z")])
    await c.executemany("INSERT INTO t VALUES ($1, $2)", ((n, "x") for n in range(4)))
    await c.fetch("SELECT * FROM t")
    prepared = await c.prepare("SELECT * FROM t WHERE a < $1 LIMIT 2")
    await prepared.fetch(100)
    await c.copy_records_to_table("t", records=[(7, "x"), (8, "y")])
    await c.copy_from_query("SELECT 1", output=io.BytesIO())
    async with c.transaction(isolation="serializable"):
        async for row in c.cursor("SELECT * FROM t"):
            pass
        try:
            async with c.transaction():
                await c.fetchval("SELECT 1 / $1::int", 0)
        except asyncpg.PostgresError:
            pass
        async with c.transaction():
            await c.fetchval("SELECT 1")
    try:
        async with asyncio.timeout(0.05):
            await c.execute("SELECT pg_sleep(60)")
    except TimeoutError:
        pass
    await c.close()
asyncio.run(main())
"""


async def test_asyncpg(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, ASYNCPG, database="postgres")
    assert ran.finished.outcome == "completed", ran.stderr
    statements = ran.telemetry("sql")
    assert told(statements) == [
        (4, 0, None),
        (5, 3, 2),
        (6, 6, None),
        (7, 8, None),
        (8, 0, 9),
        (10, 1, 2),
        (11, 0, 2),
        (12, 0, 1),
        (14, 0, 11),
        (18, 1, None),
        (22, 0, 1),
        (25, 0, None),
    ]
    assert steps(ran.telemetry("tx")) == [
        ("begin", 13),
        ("savepoint", 17),
        ("rollback savepoint", 17),
        ("savepoint", 21),
        ("release savepoint", 21),
        ("commit", 13),
    ]
    errors = {each["line"]: each["error"] for each in statements if each["error"]}
    assert errors[18].startswith("DivisionByZeroError")
    assert errors[25].startswith("CancelledError")
    assert len(errors) == 2
    assert ran.finished.summary.statements == len(statements)


PSYCOPG = """\
import asyncio, psycopg
from psycopg import sql
async def main():
    c = await psycopg.AsyncConnection.connect(DSN)
    await c.execute("CREATE TABLE t (a int, b text)")
    async with c.cursor() as cursor:
        await cursor.execute("INSERT INTO t VALUES (%(a)s, %(b)s)", {"a": 1, "b": "x"})
        await cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(2, "x"), (3, "y")])
        await cursor.executemany("INSERT INTO t VALUES (%s, %s)", ((n, "x") for n in range(4)))
    await c.commit()
    async with c.cursor() as cursor:
        await cursor.execute(sql.SQL("SELECT {} FROM t").format(sql.Identifier("a")))
        async for row in cursor.stream("SELECT generate_series(1, %s)", (9,)):
            pass
        async with cursor.copy("COPY t TO STDOUT") as copy:
            async for row in copy:
                pass
    async with c.cursor(name="on_the_server") as cursor:
        await cursor.execute("SELECT * FROM t")
    async with c.transaction():
        await c.execute("SELECT 1")
    await c.rollback()
    await c.close()
    with psycopg.connect(DSN) as c:
        c.execute("SELECT %s::int", (1,))
        for row in c.cursor().stream("SELECT 2"):
            pass
asyncio.run(main())
"""


async def test_psycopg(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, PSYCOPG, database="postgres")
    assert ran.finished.outcome == "completed", ran.stderr
    statements = ran.telemetry("sql")
    assert told(statements) == [
        (5, 0, None),
        (7, 2, 1),
        (8, 4, 2),
        (9, 8, 4),
        (12, 0, 7),
        (13, 1, None),
        (15, 0, None),
        (19, 0, None),
        (21, 0, 1),
        (25, 1, 1),
        (26, 0, None),
    ]
    assert statements[4]["statement"] == 'SELECT "a" FROM t'
    assert steps(ran.telemetry("tx")) == [
        ("begin", 5),
        ("commit", 10),
        ("begin", 12),
        ("savepoint", 20),
        ("release savepoint", 20),
        ("rollback", 22),
        ("begin", 25),
        ("commit", 24),
    ]
    assert {each["connection"] for each in statements} == {1, 2}


async def test_sqlite3_and_the_transactions_it_begins_by_itself() -> None:
    code = (
        "import sqlite3\n"
        "c = sqlite3.connect(':memory:')\n"
        "c.execute('CREATE TABLE t (a, b)')\n"
        "c.executemany('INSERT INTO t VALUES (?, ?)', ((n, 'x') for n in range(5)))\n"
        "c.commit()\n"
        "rows = c.execute('SELECT * FROM t WHERE a < :a', {'a': 3}).fetchall()\n"
        "try:\n"
        "    with c:\n"
        "        c.execute('DELETE FROM t')\n"
        "        c.execute('DELETE FROM nothing')\n"
        "except sqlite3.Error: pass\n"
        "cursor = c.cursor()\n"
        "cursor.execute('SELECT * FROM t')\n"
        "assert len(cursor.fetchall()) == 5\n"
        "assert [row[0] for row in c.execute('SELECT a FROM t LIMIT 2')] == [0, 1]\n"
        "c.execute('UPDATE t SET a = 1')\n"
        "c.close()\n"
    )
    events = await record(code)
    assert told(fields_of(events, "sql")) == [
        (3, 0, None),
        (4, 10, 5),
        (6, 1, 3),
        (9, 0, 5),
        (10, 0, None),
        (13, 0, 5),
        (15, 0, None),
        (16, 0, 5),
    ]
    assert steps(fields_of(events, "tx")) == [
        ("begin", 4),
        ("commit", 5),
        ("begin", 9),
        ("rollback", 8),
        ("begin", 16),
        ("rollback", 17),
    ]
    summary = events[-1].fields
    assert (summary["connections_left_out"], summary["transactions_left_open"]) == (0, 0)


async def test_aiosqlite_and_the_transactions_it_begins_by_itself() -> None:
    code = (
        "import asyncio, aiosqlite\n"
        "async def main():\n"
        "    async with aiosqlite.connect(':memory:') as c:\n"
        "        await c.execute('CREATE TABLE t (a, b)')\n"
        "        await c.executemany('INSERT INTO t VALUES (?, ?)', [(1, 2), (3, 4)])\n"
        "        await c.execute('SAVEPOINT here')\n"
        "        await c.execute('ROLLBACK TO here')\n"
        "        await c.commit()\n"
        "        await c.execute_fetchall('SELECT * FROM t WHERE a > ?', (2,))\n"
        "        await c.execute_insert('INSERT INTO t VALUES (5, ?)', (6,))\n"
        "asyncio.run(main())\n"
    )
    events = await record(code)
    assert told(fields_of(events, "sql")) == [(4, 0, None), (5, 4, 2), (9, 1, 1), (10, 1, None)]
    assert steps(fields_of(events, "tx")) == [
        ("begin", 5),
        ("savepoint", 6),
        ("rollback savepoint", 7),
        ("commit", 8),
        ("begin", 10),
        ("rollback", 3),
    ]


async def test_sqlalchemy() -> None:
    code = (
        "import asyncio\n"
        "from sqlalchemy import text\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "async def main():\n"
        "    engine = create_async_engine('sqlite+aiosqlite://')\n"
        "    async with engine.begin() as c:\n"
        "        await c.execute(text('CREATE TABLE t (a, b)'))\n"
        "        rows = [{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]\n"
        "        await c.execute(text('INSERT INTO t VALUES (:a, :b)'), rows)\n"
        "        async with c.begin_nested():\n"
        "            await c.execute(text('SELECT * FROM t WHERE a > :a'), {'a': 2})\n"
        "        nested = await c.begin_nested()\n"
        "        try: await c.execute(text('SELECT absent'))\n"
        "        except Exception: await nested.rollback()\n"
        "        raw = await c.get_raw_connection()\n"
        "        await raw.driver_connection.execute('SELECT 1')\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
    )
    events = await record(code)
    statements = fields_of(events, "sql")
    assert told(statements) == [
        (7, 0, None),
        (9, 4, 2),
        (11, 1, 1),
        (13, 0, None),
        (16, 0, None),
    ]
    assert "no such column" in statements[3]["error"]
    assert {each["connection"] for each in statements} == {statements[0]["connection"]}
    assert steps(fields_of(events, "tx")) == [
        ("begin", 6),
        ("savepoint", 10),
        ("release savepoint", 10),
        ("savepoint", 12),
        ("rollback savepoint", 14),
        ("commit", 6),
    ]


async def test_how_much_of_a_statement_a_block_took() -> None:
    code = (
        "import asyncio, time, aiosqlite\n"
        "async def main():\n"
        "    async with aiosqlite.connect(':memory:') as c:\n"
        "        await c.execute('SELECT 1')\n"
        "        waiting = asyncio.create_task(c.execute_fetchall('SELECT 2'))\n"
        "        await asyncio.sleep(0)\n"
        "        time.sleep(0.1)\n"
        "        await waiting\n"
        "asyncio.run(main())\n"
    )
    events = await record(code)
    blocks = [each for each in fields_of(events, "block") if each["line"] == 7]
    [blocked] = [each for each in fields_of(events, "sql") if each["statement"] == "SELECT 2"]
    assert blocked["duration_us"] > 90_000
    assert 90_000 < blocked["overlap_us"] <= blocked["duration_us"]
    assert blocked["overlap_us"] >= blocks[0]["duration_us"] * 0.9
