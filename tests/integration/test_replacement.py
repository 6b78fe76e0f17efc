"""What dies under a run is replaced, and whoever was running is told whose fault it was."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.host.supervisor import Supervisor
from sandbox.protocol import RunRequest
from tests.hostile.soak import find_zygote, list_descendants, parent
from tests.running import Ran, new_id

SLEEP = "import time\nprint('begun')\ntime.sleep(20)"
QUERY = (
    "import asyncpg\nconnection = await asyncpg.connect(DSN)\n"
    "print('begun')\nawait connection.fetchval('SELECT pg_sleep(20)')"
)
ANSWER = "import asyncpg\nprint(await (await asyncpg.connect(DSN)).fetchval('SELECT 42'))"


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    """A supervisor of the test's own, in its own process."""
    with tempfile.TemporaryDirectory(prefix="sandbox-", dir="/tmp") as directory:
        supervisor = Supervisor(Path(directory))
        await supervisor.start("full")
        try:
            yield supervisor
        finally:
            await supervisor.stop()


def find_postgres(wall: int) -> int:
    """The postmaster: the only server process whose parent is none."""
    servers = {pid for pid in list_descendants(wall) if command(pid).endswith("bin/postgres")}
    (postmaster,) = [pid for pid in servers if parent(pid) not in servers]
    return postmaster


def command(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def find(supervisor: Supervisor, name: str) -> int:
    """The pid of this supervisor's own: other tests' supervisors are our children as well."""
    if name == "zygote":
        return find_zygote(supervisor._zygote._process.pid)
    server = supervisor._lender._postgres._cluster._process
    assert server is not None
    return find_postgres(server.pid)


async def run(supervisor: Supervisor, code: str, kill: str = "", **fields: object) -> Ran:
    """A run; once it has printed, what ``kill`` names is killed."""
    request = RunRequest(run_id=new_id("run"), code=code, **fields)  # type: ignore[arg-type]
    events = []
    async for batch in supervisor.run(request):
        events += batch
        if kill and "begun" in Ran(events).stdout:
            os.kill(find(supervisor, kill), signal.SIGKILL)
            kill = ""
    return Ran(events)


async def test_a_killed_zygote_is_replaced_and_its_run_is_our_fault(
    supervisor: Supervisor,
) -> None:
    ran = await run(supervisor, SLEEP, kill="zygote")
    assert (ran.stdout, ran.finished.outcome, ran.finished.fault) == (
        "begun\n",
        "sandbox_failed",
        "us",
    )
    assert "run it again" in ran.finished.message
    assert (await run(supervisor, "print('next')")).stdout == "next\n"


async def test_a_killed_postgres_is_replaced_and_its_run_is_our_fault(
    supervisor: Supervisor,
) -> None:
    session = new_id("session")
    ran = await run(supervisor, QUERY, kill="postgres", database="postgres", session=session)
    assert (ran.stdout, ran.finished.outcome, ran.finished.fault) == (
        "begun\n",
        "sandbox_failed",
        "us",
    )
    assert "what was in your database is lost" in ran.finished.message
    after = await run(supervisor, ANSWER, database="postgres", session=session)
    assert (after.stdout, after.started.scratch) == ("42\n", "fresh")


async def test_runs_that_wait_when_the_zygote_dies_still_run(supervisor: Supervisor) -> None:
    first = asyncio.create_task(run(supervisor, SLEEP, kill="zygote"))
    others = [run(supervisor, "print('mine')") for _ in range(8)]
    ended = await asyncio.gather(*others, first)
    assert {ran.finished.outcome for ran in ended[:-1]} <= {"completed", "sandbox_failed"}
    assert (await run(supervisor, "print('next')")).stdout == "next\n"


async def test_killed_parked_children_are_replaced(supervisor: Supervisor) -> None:
    await run(supervisor, "print('once')")
    parked = list(supervisor._parked._ready)
    assert parked
    for child in parked:
        child.kill()
    await asyncio.gather(*[child.exited for child in parked])
    ended = await asyncio.gather(*[run(supervisor, "print('next')") for _ in range(6)])
    assert {(ran.stdout, ran.finished.outcome) for ran in ended} == {("next\n", "completed")}
