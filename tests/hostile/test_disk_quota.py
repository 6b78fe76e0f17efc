"""A disk smaller than usual, as a team gives its members: filled by whatever means there are."""

from __future__ import annotations

import pytest

from sandbox.client import SandboxClient
from tests.running import Ran, new_id, run

MIB = 1024 * 1024
SMALL = 4 * MIB
SEED = "CREATE TABLE pet (name text);\nINSERT INTO pet VALUES ('Rex');\n"
CONNECT = "import asyncpg, time\nc = await asyncpg.connect(DSN)\n"
ROWS = "SELECT g, repeat('x', 1000) FROM generate_series(1, {}) g"
ESCAPED = "print('ESCAPED')\n"
# Each takes some 12 MiB, more than is allowed here and less than the place holds.
FILLINGS = {
    "in one statement": f'await c.execute("CREATE TABLE big AS {ROWS.format(11_000)}")\n',
    "in a transaction that never ends": (
        f'await c.execute("BEGIN; CREATE TABLE big AS {ROWS.format(11_000)}")\ntime.sleep(1)\n'
    ),
    "in temporary tables": (
        f'await c.execute("CREATE TEMP TABLE big AS {ROWS.format(11_000)}")\ntime.sleep(1)\n'
    ),
    "in many tables": (
        "for n in range(24):\n"
        f'    await c.execute(f"CREATE UNLOGGED TABLE t{{n}} AS {ROWS.format(450)}")\n'
    ),
    "in a statement that outlives its run": (
        "import asyncio\n"
        f'task = asyncio.create_task(c.execute("CREATE TABLE big AS {ROWS.format(11_000)}"))\n'
        "await asyncio.sleep(0.6)\n"
    ),
}
fillings = pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)


async def ask(client: SandboxClient, code: str, session: str = "", disk_bytes: int = 0) -> Ran:
    return await run(
        client,
        code,
        database="postgres",
        driver="asyncpg",
        session=session,
        seed=SEED,
        disk_bytes=disk_bytes,
    )


@fillings
async def test_a_database_that_outgrows_it_ends_its_run(
    sandbox_client: SandboxClient, filling: str
) -> None:
    ran = await ask(sandbox_client, CONNECT + filling, disk_bytes=SMALL)
    assert (ran.finished.outcome, ran.finished.fault) == ("disk_limit", "your limit"), ran.stderr
    assert "filled its Postgres database (4 MiB beside an empty one)" in ran.finished.message
    assert "Reset gives an empty one" in ran.finished.message


@fillings
async def test_control_on_the_whole_place_it_is_no_limit(
    sandbox_client: SandboxClient, filling: str
) -> None:
    ran = await ask(sandbox_client, CONNECT + filling + ESCAPED)
    assert (ran.finished.outcome, ran.stdout) == ("completed", "ESCAPED\n"), ran.stderr


async def test_what_is_less_runs_as_ever(sandbox_client: SandboxClient) -> None:
    code = f'{CONNECT}await c.execute("CREATE TABLE t AS {ROWS.format(1500)}")\n{ESCAPED}'
    ran = await ask(sandbox_client, code, disk_bytes=SMALL)
    assert (ran.finished.outcome, ran.stdout) == ("completed", "ESCAPED\n"), ran.stderr


async def test_a_full_database_is_read_and_emptied(
    sandbox_client: SandboxClient,
) -> None:
    session = new_id("session")
    grow = FILLINGS["in one statement"]
    for number in range(2):
        code = CONNECT + grow.replace("big", f"big{number}")
        full = await ask(sandbox_client, code, session, SMALL)
        assert full.finished.outcome == "disk_limit", full.stderr
    looked = await ask(
        sandbox_client,
        f"{CONNECT}print(await c.fetchval('SELECT name FROM pet'))\n"
        "for table in await c.fetch(\"SELECT relname FROM pg_class WHERE relname ~ '^big'\"):\n"
        "    await c.execute(f'DROP TABLE {table[0]}')\n",
        session,
        SMALL,
    )
    assert (looked.finished.outcome, looked.stdout) == ("completed", "Rex\n"), looked.stderr
    small = f'{CONNECT}await c.execute("CREATE TABLE t AS {ROWS.format(1500)}")\n{ESCAPED}'
    again = await ask(sandbox_client, small, session, SMALL)
    assert (again.finished.outcome, again.stdout) == ("completed", "ESCAPED\n"), again.stderr


def write(name: str, mebibytes: int) -> str:
    """A cell that keeps a file in pieces of a size that no limit of one file minds."""
    return (
        f"for n in range({mebibytes}):\n"
        f"    with open(f'{name}-{{n}}', 'wb') as file: file.write(bytes(1 << 20))\n{ESCAPED}"
    )


SQLITE = (
    "import sqlite3\nconnection = sqlite3.connect(DSN)\n"
    "connection.execute('CREATE TABLE t (b)')\n"
    "for _ in range(6):\n"
    "    connection.execute('INSERT INTO t VALUES (zeroblob(1 << 20))')\n"
    "    connection.commit()\n" + ESCAPED
)


@pytest.mark.parametrize("code", [write("file", 6), SQLITE], ids=["files", "SQLite"])
async def test_files_and_sqlite_are_on_a_disk_of_that_size(
    sandbox_client: SandboxClient, code: str
) -> None:
    for disk_bytes, outcome in ((SMALL, "disk_limit"), (0, "completed")):
        ran = await run(
            sandbox_client,
            code,
            database="sqlite",
            driver="aiosqlite",
            session=new_id("session"),
            disk_bytes=disk_bytes,
        )
        said = "" if disk_bytes else "ESCAPED\n"
        assert (ran.finished.outcome, ran.stdout) == (outcome, said), ran.stderr


async def test_a_disk_gets_another_size_and_keeps_what_is_in_it(
    sandbox_client: SandboxClient,
) -> None:
    session = new_id("session")

    async def ran(code: str, disk_bytes: int) -> Ran:
        return await run(sandbox_client, code, session=session, disk_bytes=disk_bytes)

    assert (await ran(write("a", 8), 0)).finished.outcome == "completed"
    full = await ran(write("b", 1), SMALL)  # smaller than what is in it
    assert full.finished.outcome == "disk_limit"
    assert "filled its disk (4 MiB)" in full.finished.message
    delete = "import os\nprint(len(os.listdir('.')))\nfor name in os.listdir('.'): os.remove(name)"
    assert (await ran(delete, SMALL)).stdout == "9\n"
    assert (await ran(write("c", 6), SMALL)).finished.outcome == "disk_limit"
    assert (await ran(f"{delete}\n{write('d', 12)}", 0)).finished.outcome == "completed"
