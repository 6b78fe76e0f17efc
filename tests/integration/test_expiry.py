"""What a learner left behind goes after a while, and with the supervisor."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.host.supervisor import Supervisor
from sandbox.protocol import Database, RunRequest
from tests.running import Ran, new_id

ROOT = Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36
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


@pytest.mark.parametrize("delay_seconds", [0, 0.06, 0.2, 0.5])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_a_supervisor_that_dies_young_takes_all_with_it(
    orphans_come_to_us: None, number: signal.Signals, delay_seconds: float
) -> None:
    before = set(list_children())
    with tempfile.TemporaryDirectory(prefix="young-") as folder:
        command = [sys.executable, "-m", "sandbox", "serve", "--socket", f"{folder}/socket"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        supervisor = subprocess.Popen(command, cwd=ROOT, **pipes)  # type: ignore[call-overload]
        with supervisor:
            assert supervisor.stdout.readline()  # ready; its Postgres is only starting
            time.sleep(delay_seconds)
            supervisor.send_signal(number)
            supervisor.wait(20)
    deadline = time.monotonic() + 5
    while left := [pid for pid in list_children() if pid not in before and is_in_use(pid)]:
        assert time.monotonic() < deadline, [command_of(pid) for pid in left]
        time.sleep(0.02)


@pytest.fixture
def orphans_come_to_us() -> Iterator[None]:
    """Children of a dead process become ours, where they can be counted."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def is_in_use(pid: str) -> bool:
    """Whether the child runs, or is a wall with something in it; one that ended is laid to rest.

    Killed within its first milliseconds, bubblewrap can leave an empty half of itself behind.
    """
    if os.waitpid(int(pid), os.WNOHANG)[0] != 0:
        return False
    return bool(list_children(pid)) or not command_of(pid).partition(" ")[0].endswith("bwrap")


def command_of(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")[:200]


async def count(supervisor: Supervisor, database: Database) -> str:
    """Add a note; whether the database was kept, and how many notes it holds."""
    code = NOTE[database]
    request = RunRequest(run_id=new_id(), code=code, session="learner", database=database)
    ran = Ran([event async for batch in supervisor.run(request) for event in batch])
    return f"{ran.started.scratch} {ran.stdout.strip()}"


def list_children(pid: str = str(os.getpid())) -> list[str]:
    """The ids of the processes that one waits for, this one unless told."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
