"""What the scratch Postgres itself saw of a run: statements, waits for locks, idle transactions."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.client import SandboxClient
from tests.running import new_id, run

LOCKED = """\
import asyncio, asyncpg
async def main():
    one, other = await asyncpg.connect(DSN), await asyncpg.connect(DSN)
    await one.execute("CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, n int)")
    await one.execute("INSERT INTO t VALUES (1, 1) ON CONFLICT DO NOTHING")
    async with one.transaction():
        await one.execute("UPDATE t SET n = 1")
        waiting = asyncio.create_task(other.execute("UPDATE t SET n = 2"))
        await asyncio.sleep(0.4)
    await waiting
    await one.close()
    await other.close()
asyncio.run(main())
"""
COUNTED = """\
import asyncio, asyncpg
async def main():
    connection = await asyncpg.connect(DSN)
    for number in range(12):
        await connection.fetchval("SELECT $1::int + 1", number)
    await connection.execute("SELECT pg_sleep(0.05)")
    try:
        await connection.execute("SELECT 1 / 0")
    except asyncpg.DivisionByZeroError:
        pass
asyncio.run(main())
"""


async def postgres(client: SandboxClient, code: str, **fields: Any) -> Any:
    return await run(client, code, database="postgres", driver="asyncpg", **fields)


async def test_statements_with_their_durations_and_errors(sandbox_client: SandboxClient) -> None:
    seed = "CREATE TABLE seeded (id int); INSERT INTO seeded VALUES (1)"
    ran = await postgres(sandbox_client, COUNTED, seed=seed)
    statements = ran.witnessed("statement")
    assert ran.finished.witness.statements == len(statements) == 14
    [slept] = [each for each in statements if "pg_sleep" in each["statement"]]
    assert slept["duration_us"] >= 50_000
    [failed] = [each for each in statements if each["error"]]
    assert failed["error"] == "22012 division by zero"
    assert {each["connection"] for each in statements} == {1}
    assert all(0 <= each["at_us"] <= ran.finished.at_us + 50_000 for each in statements)


async def test_a_wait_for_a_lock_and_who_is_idle_in_a_transaction(
    sandbox_client: SandboxClient,
) -> None:
    ran = await postgres(sandbox_client, LOCKED)
    [lock] = ran.witnessed("lock")
    assert (lock["connection"], lock["blocked_by"]) == (2, 1)
    assert lock["statement"] == "UPDATE t SET n = 2"
    assert lock["duration_us"] > 200_000
    idle = max(ran.witnessed("idle"), key=lambda each: each["duration_us"])
    assert (idle["connection"], idle["statement"]) == (1, "UPDATE t SET n = 1")
    assert idle["duration_us"] > 200_000


async def test_two_sessions_at_once_see_their_own_statements_alone(
    sandbox_client: SandboxClient,
) -> None:
    code = COUNTED.replace("+ 1", "+ MARK")
    both = await asyncio.gather(
        *[
            postgres(sandbox_client, code.replace("MARK", mark), session=new_id("session"))
            for mark in ("111", "222")
        ]
    )
    for ran, own, other in zip(both, ("111", "222"), ("222", "111"), strict=True):
        assert ran.finished.witness.statements == 14
        assert f"+ {own}" in str(ran.witnessed("statement"))
        assert f"+ {other}" not in str(ran.witnessed("statement"))


async def test_the_log_cannot_be_switched_off_by_the_learner(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        "import asyncio, asyncpg\n"
        "async def main():\n"
        "    connection = await asyncpg.connect(DSN)\n"
        "    for name in ('log_min_duration_statement', 'log_min_messages',\n"
        "                 'log_min_error_statement', 'log_error_verbosity'):\n"
        "        for sql in (f'SET {name} TO DEFAULT', f'ALTER ROLE CURRENT_USER RESET {name}'):\n"
        "            try:\n"
        "                await connection.execute(sql)\n"
        "            except asyncpg.InsufficientPrivilegeError:\n"
        "                print('refused')\n"
        "    await connection.execute('SELECT 41 + 1')\n"
        "asyncio.run(main())\n"
    )
    ran = await postgres(sandbox_client, code)
    assert ran.stdout == "refused\n" * 8
    assert "SELECT 41 + 1" in [each["statement"] for each in ran.witnessed("statement")]


async def test_runs_without_a_server_have_no_count(sandbox_client: SandboxClient) -> None:
    assert (await run(sandbox_client, "1", database="sqlite")).finished.witness.statements is None
