"""Blocks on the right line, with the right call, as long as they really were."""

from __future__ import annotations

from typing import Any

import pytest

from tests.recording import Event, fields_of, record


def longest_block(events: list[Event]) -> dict[str, Any]:
    return max(fields_of(events, "block"), key=lambda block: block["duration_us"])


CASES = {
    "sleep": ("time.sleep(0.03)", "time.sleep"),
    "sorted": ("sorted(numbers)", "sorted"),
    "generator sum": ("sum(n * n for n in range(400_000))", ""),
    "in": ("-1 in large", ""),
    "big integer": ("7 ** 150_000", ""),
    "json": ("json.loads(document)", "json.loads"),
    "hash": ("hashlib.pbkdf2_hmac('sha256', b'x', b'y', 60_000)", "_hashlib.pbkdf2_hmac"),
    "regex": ("re.match(r'(a+)+$', 'a' * 20 + 'b')", "re.match"),
    "sqlite3": ("connection.execute(SLOW)", "sqlite3.Connection.execute"),
}


@pytest.mark.parametrize(("statement", "call"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("depth", [0, 2])
async def test_the_line_and_the_call(statement: str, call: str, depth: int) -> None:
    lines = [
        "import asyncio, hashlib, json, random, re, sqlite3, time",
        "numbers = [random.random() for _ in range(100_000)]",
        "large = list(range(600_000))",
        "document = json.dumps(numbers)",
        "SLOW = '''WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000)",
        "SELECT count(*) FROM c'''",
        "connection = sqlite3.connect(':memory:')",
        "def helper0():",
        f"    result = {statement}",
        "    return 1",
        "def helper1():",
        "    return helper0()",
        "async def main():",
        "    x = 1 + 1",
        f"    {f'helper{depth - 1}()' if depth else f'result = {statement}'}",
        "    await asyncio.sleep(0)",
        "asyncio.run(main())",
    ]
    block = longest_block(await record("\n".join(lines)))
    assert block["line"] == (9 if depth else 15)
    assert block["call"] == call
    if call:
        assert statement.startswith(block["source"][:10])


async def test_the_length_and_the_columns() -> None:
    code = "import time, asyncio\nasync def main():\n    time.sleep(0.2)\nasyncio.run(main())\n"
    events = await record(code)
    block = longest_block(events)
    assert (block["line"], block["call"]) == (3, "time.sleep")
    assert (block["column"], block["end_column"]) == (5, 20)
    assert block["duration_us"] == pytest.approx(200_000, abs=20_000)
    assert block["cpu_us"] < 50_000
    summary = events[-1]
    assert summary[0] == "summary"
    assert summary[2]["longest_block_us"] == block["duration_us"]


async def test_a_loop_in_python_is_blamed_on_its_body() -> None:
    code = (
        "import asyncio\nasync def main():\n    total = 0\n"
        "    for number in range(400_000):\n        total += number * number\n"
        "    return total\nasyncio.run(main())\n"
    )
    assert longest_block(await record(code))["line"] in (4, 5)


async def test_the_time_after_an_await_belongs_to_the_awaiting_line() -> None:
    code = (
        "import asyncio, sqlalchemy.dialects.sqlite.aiosqlite\n"
        "from sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        "async def main():\n"
        "    async with create_async_engine('sqlite+aiosqlite://').connect() as connection:\n"
        "        q = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 400000)'\n"
        "        rows = await connection.execute(text(q + ' SELECT x FROM c'))\n"
        "        found = rows.all()\n"
        "asyncio.run(main())\n"
    )
    events = await record(code)
    assert longest_block(events)["line"] in (7, 8)
    statements = fields_of(events, "sql")
    assert [(s["line"], s["driver"]) for s in statements] == [(7, "aiosqlite")]


async def test_each_driver_tells_a_statement_once() -> None:
    code = (
        "import asyncio, sqlite3, aiosqlite\n"
        "async def main():\n"
        "    async with aiosqlite.connect(':memory:') as connection:\n"
        "        await connection.execute('SELECT 1')\n"
        "    plain = sqlite3.connect(':memory:')\n"
        "    plain.execute('SELECT 2')\n"
        "    cursor = plain.cursor()\n"
        "    cursor.execute('SELECT 3')\n"
        "    print(plain.execute('PRAGMA foreign_keys').fetchone())\n"
        "asyncio.run(main())\n"
    )
    statements = fields_of(await record(code), "sql")
    told = [(s["statement"], s["line"], s["driver"]) for s in statements]
    assert told == [
        ("SELECT 1", 4, "aiosqlite"),
        ("SELECT 2", 6, "sqlite3"),
        ("SELECT 3", 8, "sqlite3"),
        ("PRAGMA foreign_keys", 9, "sqlite3"),
    ]


async def test_what_is_left_open_is_counted() -> None:
    code = (
        "import asyncio\nfrom sqlalchemy import text\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "async def main():\n"
        "    engine = create_async_engine('sqlite+aiosqlite:///file:x?mode=memory&uri=true')\n"
        "    global held\n    held = await engine.connect()\n"
        "    await held.execute(text('SELECT 1'))\n"
        "    await held.begin_nested() if False else None\n"
        "asyncio.run(main())\nheld.sync_connection.connection.dbapi_connection._connection.stop()\n"
    )
    summary = (await record(code))[-1][2]
    assert (summary["connections_left_out"], summary["transactions_left_open"]) == (1, 1)


async def test_an_exception_in_a_step_is_still_asyncios_own_business() -> None:
    code = (
        "import asyncio\nseen = []\n"
        "async def main():\n"
        "    loop = asyncio.get_running_loop()\n"
        "    loop.set_exception_handler(lambda loop, context: seen.append(context['exception']))\n"
        "    loop.call_soon(lambda: 1 / 0)\n"
        "    await asyncio.sleep(0.01)\n"
        "asyncio.run(main(), debug=True)\n"
        "assert isinstance(seen[0], ZeroDivisionError)\n"
    )
    assert (await record(code))[-1][0] == "summary"
