"""What a learner left behind goes after a while, and with the supervisor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.host.supervisor import Supervisor
from sandbox.protocol import Database, RunRequest
from tests.running import Ran, new_id

NOTE = {
    "sqlite": "import sqlite3\n"
    "with sqlite3.connect(DSN) as connection:\n"
    "    connection.execute('CREATE TABLE IF NOT EXISTS note (text)')\n"
    "    connection.execute('INSERT INTO note VALUES (1)')\n"
    "    print(connection.execute('SELECT count(*) FROM note').fetchone()[0])\n",
    "postgres": "import asyncpg\n"
    "connection = await asyncpg.connect(DSN)\n"
    "await connection.execute('CREATE TABLE IF NOT EXISTS note (text int)')\n"
    "await connection.execute('INSERT INTO note VALUES (1)')\n"
    "print(await connection.fetchval('SELECT count(*) FROM note'))\n"
    "await connection.close()\n",
}


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    with tempfile.TemporaryDirectory(prefix="expiry-", dir="/tmp") as directory:
        supervisor = Supervisor(Path(directory))
        await supervisor.start()
        yield supervisor
        await supervisor.stop()


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_idle_databases_are_dropped_and_used_ones_kept(
    supervisor: Supervisor, database: Database
) -> None:
    assert [await count(supervisor, database) for _ in range(2)] == ["fresh 1", "kept 2"]
    await supervisor.expire(idle_seconds=60)
    assert await count(supervisor, database) == "kept 3"
    await supervisor.expire(idle_seconds=0)
    assert await count(supervisor, database) == "fresh 1"


async def test_nothing_is_left_when_the_supervisor_stops() -> None:
    with tempfile.TemporaryDirectory(prefix="expiry-", dir="/tmp") as directory:
        before = set(list_children())
        supervisor = Supervisor(Path(directory))
        await supervisor.start()
        await count(supervisor, "postgres")
        assert set(list_children()) - before
        await supervisor.stop()
        assert set(list_children()) <= before


async def count(supervisor: Supervisor, database: Database) -> str:
    """Add a note; whether the database was kept, and how many notes it holds."""
    code = NOTE[database]
    request = RunRequest(run_id=new_id(), code=code, session="learner", database=database)
    ran = Ran([event async for batch in supervisor.run(request) for event in batch])
    return f"{ran.started.scratch} {ran.stdout.strip()}"


def list_children() -> list[str]:
    """The process ids this process waits for."""
    pid = os.getpid()
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
