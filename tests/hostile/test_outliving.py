"""Nothing of a run is left when it ended: no task, no backend, no lock; the next one is clean.

Each attack shows that it was under way, and is looked for once its run has ended.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import tempfile
import time
from pathlib import Path

import asyncpg
import pytest

from sandbox.client import SandboxClient
from sandbox.host.supervisor import Supervisor
from sandbox.protocol import Output, RunRequest
from tests.hostile.clusters import own_cluster
from tests.running import Ran, new_id, run

WALL_SECONDS = 0.6
# The promise is 0.1 s more than the limit; the rest is for a machine busy with other tests.
SLACK_US = 1_000_000
_marks = itertools.count(time.time_ns() % 100_000)

# ``mark()`` names the calling thread for the whole host to see.
MARK = (
    "import ctypes, os, signal, threading, time, asyncio, atexit\n"
    "def mark(): ctypes.CDLL(None).prctl(15, {mark!r}.encode(), 0, 0, 0)\n"
    "def spin():\n"
    "    mark()\n"
    "    while True: pass\n"
    "mark()\n"
)
OUTLIVING = {
    "endless loop": "spin()",
    "every signal ignored": (
        "for number in range(1, 65):\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "spin()"
    ),
    "every signal blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nspin()",
    "stopping itself": "os.kill(os.getpid(), signal.SIGSTOP)\nspin()",
    "threads that do not end": "for _ in range(8): threading.Thread(target=spin).start()",
    "threads that start threads": (
        "def again():\n    mark()\n    time.sleep(0.01)\n"
        "    threading.Thread(target=again).start()\nagain()"
    ),
    "an endless atexit function": "atexit.register(spin)",
    "an endless finalizer": "class A:\n    def __del__(self): spin()\na = A()\ndel a",
    "a task that is never cancelled": (
        "async def stay():\n"
        "    while True:\n"
        "        try: await asyncio.sleep(1000)\n"
        "        except asyncio.CancelledError: pass\n"
        "asyncio.run(stay())"
    ),
    "a sleep in C": "ctypes.CDLL(None).sleep(1000)",
    "an exception that goes on": ("while True:\n    try: spin()\n    except BaseException: pass"),
}


def tasks_named(mark: str) -> list[str]:
    """The tasks of this host that carry the mark."""
    found = []
    for comm in Path("/proc").glob("[0-9]*/task/*/comm"):
        try:
            if comm.read_text(errors="replace").strip() == mark:
                found.append(str(comm))
        except OSError:  # it ended meanwhile
            continue
    return found


async def follow(client: SandboxClient, code: str, mark: str, **fields: object) -> tuple[Ran, int]:
    """The run to its end, and how many marked tasks it had while it ran."""
    request = RunRequest(run_id=new_id("run"), code=code, **fields)  # type: ignore[arg-type]
    events = []
    seen = 0
    async for batch in client.stream(request):
        events += batch
        if any(isinstance(event, Output) for event in batch):
            seen = max(seen, len(await asyncio.to_thread(tasks_named, mark)))
    return Ran(events), seen


@pytest.mark.parametrize("attack", OUTLIVING.values(), ids=OUTLIVING)
async def test_it_ends_at_the_deadline_and_the_next_run_is_clean(
    sandbox_client: SandboxClient, attack: str
) -> None:
    session, mark = new_id("session"), f"out{next(_marks)}"
    code = MARK.format(mark=mark) + "print('began')\n" + attack
    ran, seen = await follow(sandbox_client, code, mark, session=session, wall_seconds=WALL_SECONDS)
    assert seen
    assert (ran.stdout, ran.finished.outcome) == ("began\n", "timed_out")
    assert 0 <= ran.finished.wall_us - WALL_SECONDS * 1_000_000 < SLACK_US
    assert tasks_named(mark) == []
    after = await run(sandbox_client, "print('clean')", session=session)
    assert (after.stdout, after.finished.outcome) == ("clean\n", "completed")


@pytest.mark.parametrize(
    ("attack", "outcome"),
    [
        ("os.fork() or os.setsid() or os.fork() or spin()", "raised"),
        ("for _ in range(8): threading.Thread(target=spin, daemon=True).start()", "completed"),
        ("threading.Thread(target=spin).start()\ntime.sleep(0.1)\nos._exit(3)", "raised"),
        ("threading.Thread(target=spin).start()\ntime.sleep(0.1)\nctypes.string_at(0)", "raised"),
    ],
    ids=["double fork", "daemon threads", "thread at os._exit", "thread at a crash"],
)
async def test_a_run_that_ends_by_itself_leaves_nothing(
    sandbox_client: SandboxClient, attack: str, outcome: str
) -> None:
    mark = f"out{next(_marks)}"
    code = MARK.format(mark=mark) + f"print('began')\n{attack}"
    ran, _ = await follow(sandbox_client, code, mark)
    assert (ran.stdout, ran.finished.outcome) == ("began\n", outcome)
    assert tasks_named(mark) == []


HELD = {
    "a query": "await c.execute('SELECT pg_sleep(1000)')",
    "a loop that looks for nobody": (
        "await c.execute('SET client_connection_check_interval = 0; SET statement_timeout = 0')\n"
        "await c.execute('DO $$ BEGIN LOOP END LOOP; END $$')"
    ),
    "a loop that catches its end": (
        "await c.execute('SET client_connection_check_interval = 0; SET statement_timeout = 0')\n"
        "await c.execute('DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1000); "
        "EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$')"
    ),
    "open transactions": (
        "await c.execute(\"BEGIN; INSERT INTO pet VALUES ('Tom'); LOCK TABLE pet\")\nspin()"
    ),
    "locks of the session": "await c.execute('SELECT pg_advisory_lock(7)')\nspin()",
    "temporary tables": "await c.execute('CREATE TEMP TABLE t AS SELECT 1 AS a')\nspin()",
    "listening": "await c.execute('LISTEN channel')\nspin()",
    "many connections": (
        "held = [await asyncpg.connect(DSN) for _ in range(10)]\n"
        "await asyncio.gather(*[c.execute('SELECT pg_sleep(1000)') for c in held])"
    ),
    "a query in a thread": (
        "import psycopg\n"
        "threading.Thread(target=lambda: psycopg.connect(DSN).execute('SELECT pg_sleep(1000)'))"
        ".start()\nspin()"
    ),
}
LEFT = (
    "import asyncpg\nc = await asyncpg.connect(DSN)\n"
    'print(await c.fetchval("SELECT count(*) FROM pg_stat_activity WHERE usename = current_user "\n'
    "    'AND pid <> pg_backend_pid()'))\n"
    'print(await c.fetchval("SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM "\n'
    "    'pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()'))\n"
    "print(await c.fetchval('SELECT pg_try_advisory_lock(7)'),\n"
    "    await c.fetchval(\"SELECT count(*) FROM pg_class WHERE relpersistence = 't'\"),\n"
    "    await c.fetchval('SELECT count(*) FROM pg_listening_channels()'),\n"
    "    await c.fetchval('SELECT count(*) FROM pg_prepared_xacts'),\n"
    "    await c.fetchval('SELECT count(*) FROM pet'))\n"
)


@pytest.mark.parametrize("attack", HELD.values(), ids=HELD)
async def test_the_database_holds_nothing_of_a_run_that_was_killed(
    sandbox_client: SandboxClient, attack: str
) -> None:
    session = new_id("session")
    database = {"database": "postgres", "seed": "CREATE TABLE pet (name text)"}
    code = MARK.format(mark="held") + "import asyncpg\nc = await asyncpg.connect(DSN)\n"
    code += "print(await c.fetchval('SELECT 1'))\n" + attack
    ran = await run(sandbox_client, code, session=session, wall_seconds=1.0, **database)
    assert (ran.stdout, ran.finished.outcome) == ("1\n", "timed_out")
    assert ran.finished.wall_us - 1_000_000 < SLACK_US
    after = await run(sandbox_client, LEFT, session=session, **database)
    assert after.stdout.splitlines() == ["0", "0", "True 0 0 0 0"], after.stderr
    assert after.started.scratch == "kept"


async def test_without_the_supervisor_a_busy_backend_outlives_its_client() -> None:
    """The control: nothing but the supervisor ends it."""
    async with own_cluster() as cluster:
        admin, client = await cluster.connect(), await cluster.connect()
        await client.execute("SET client_connection_check_interval = 0; SET statement_timeout = 0")
        busy = asyncio.create_task(client.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
        await asyncio.sleep(0.2)
        client.terminate()
        await asyncio.wait([busy])
        assert isinstance(busy.exception(), asyncpg.InterfaceError | asyncpg.PostgresError)
        await asyncio.sleep(0.8)
        left = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO%'"
        assert await admin.fetchval(left) == 1
        await admin.close()


async def test_a_transaction_cannot_be_prepared_to_stay(sandbox_client: SandboxClient) -> None:
    code = (
        "import asyncpg\nc = await asyncpg.connect(DSN)\n"
        "await c.execute('BEGIN; CREATE TABLE t (a int)')\nprint('began')\n"
        "await c.execute(\"PREPARE TRANSACTION 'stay'\")\n"
    )
    ran = await run(sandbox_client, code, database="postgres")
    assert ran.stdout == "began\n"
    assert ran.finished.error is not None
    assert "prepared transactions are disabled" in ran.finished.error.message


async def run_until(supervisor: Supervisor, code: str, began: asyncio.Event) -> Ran:
    request = RunRequest(run_id=new_id("run"), code=code, database="postgres")
    events = []
    async for batch in supervisor.run(request):
        events += batch
        if any(isinstance(event, Output) for event in batch):
            began.set()
    return Ran(events)


async def test_a_supervisor_that_stops_takes_back_what_its_runs_were_lent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Stopped at once, with runs under way: they are cleaned up before Postgres goes."""
    caplog.set_level(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="stop-", dir="/tmp") as directory:
        supervisor = Supervisor(Path(directory))
        await supervisor.start()
        code = "import asyncpg\nc = await asyncpg.connect(DSN)\nprint('began')\nwhile True: pass"
        begun = [asyncio.Event() for _ in range(2)]
        runs = [asyncio.create_task(run_until(supervisor, code, event)) for event in begun]
        await asyncio.gather(*[event.wait() for event in begun])
        await supervisor.stop()
        ended = [ran.finished.outcome for ran in await asyncio.gather(*runs)]
    assert ended == ["cancelled", "cancelled"]
    assert caplog.messages == []
