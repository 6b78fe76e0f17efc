"""Several workers in one run: own loop and lanes each, and one deadline, one budget, one end."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

import pytest

from sandbox.client import SandboxClient, SandboxUnavailable
from sandbox.protocol import (
    MAX_TELEMETRY_EVENTS,
    MAX_WORKERS,
    PROFILES,
    Output,
    RunRequest,
    Telemetry,
    Value,
    to_json,
)
from tests.running import Ran, new_id, run

pytestmark = pytest.mark.integration

WORKERS = range(1, MAX_WORKERS + 1)


def output_of(ran: Ran) -> dict[int, str]:
    """What each worker printed."""
    texts: dict[int, str] = defaultdict(str)
    for event in ran.events:
        if isinstance(event, Output):
            texts[event.worker] += event.text
    return dict(texts)


def telemetry_of(ran: Ran, kind: str) -> list[Telemetry]:
    return [event for event in ran.events if isinstance(event, Telemetry) and event.kind == kind]


async def test_each_worker_knows_its_number_and_its_words_are_told_apart(
    sandbox_client: SandboxClient,
) -> None:
    code = "import os\nprint('I am', WORKER, os.environ['WORKER'])\nWORKER * 10"
    ran = await run(sandbox_client, code, workers=4)
    assert output_of(ran) == {number: f"I am {number} {number}\n" for number in WORKERS}
    values = {event.worker: event.text for event in ran.events if isinstance(event, Value)}
    assert values == {number: str(10 * number) for number in WORKERS}
    assert (ran.finished.outcome, ran.finished.worker) == ("completed", 0)


async def test_a_run_of_one_has_no_worker(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "print('WORKER' in dir(__builtins__))")
    assert output_of(ran) == {0: "False\n"}
    lines = [json.loads(to_json(event)) for event in ran.events]
    assert not any("worker" in line for line in lines)


async def test_lines_of_workers_are_not_entangled(sandbox_client: SandboxClient) -> None:
    code = "import time\nfor _ in range(40):\n    print('a' * 9, 'b' * 9)\n    time.sleep(0.001)"
    ran = await run(sandbox_client, code, workers=4)
    pieces = [event.text for event in ran.events if isinstance(event, Output)]
    lines = "".join(pieces).splitlines()
    entangled = [line for line in lines if line != "aaaaaaaaa bbbbbbbbb"]
    # A line may still be cut where a batch ends, every 16 ms.
    assert len(entangled) <= 4, entangled
    assert output_of(ran) == dict.fromkeys(WORKERS, "aaaaaaaaa bbbbbbbbb\n" * 40)


BLOCKING = """
import asyncio, time

async def work():
    for _ in range(2):
        time.sleep(0.03)
        await asyncio.sleep(0)

async def main():
    await asyncio.gather(*[asyncio.create_task(work()) for _ in range(WORKER)])

asyncio.run(main())
"""


async def test_each_worker_has_its_own_loop_and_lanes(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, BLOCKING, workers=4)
    lanes = Counter((event.worker, event.fields["lane"]) for event in telemetry_of(ran, "lane"))
    # Beside the main task's lane, worker n has n of work(); each begins once and ends once.
    expected = {(worker, lane) for worker in WORKERS for lane in range(1, worker + 2)}
    assert set(lanes) == expected
    assert set(lanes.values()) == {2}


async def test_blocks_of_all_workers_add_up(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, BLOCKING, workers=4)
    blocks = [event for event in telemetry_of(ran, "block") if event.fields["call"] == "time.sleep"]
    assert Counter(event.worker for event in blocks) == {n: 2 * n for n in WORKERS}
    spent = sum(int(event.fields["duration_us"] or 0) for event in telemetry_of(ran, "block"))
    summary = ran.finished.summary
    assert spent >= 20 * 30_000
    assert abs(summary.blocked_us - spent) <= len(blocks) + 100  # rounding, each
    assert 30_000 <= summary.longest_block_us < summary.blocked_us


async def test_all_share_one_deadline(sandbox_client: SandboxClient) -> None:
    code = "print('begun')\nif WORKER > 2:\n    while True: pass"
    ran = await run(sandbox_client, code, workers=4, wall_seconds=2.0)
    finished = ran.finished
    assert (finished.outcome, finished.worker) == ("timed_out", 3)
    assert "2 s" in finished.message
    assert output_of(ran) == dict.fromkeys(WORKERS, "begun\n")
    assert 2_000_000 <= finished.wall_us < 4_500_000


async def test_one_that_ends_early_does_not_end_the_others(sandbox_client: SandboxClient) -> None:
    code = "import time\nif WORKER != 1: time.sleep(0.3)\nprint('done')"
    ran = await run(sandbox_client, code, workers=3)
    assert output_of(ran) == {1: "done\n", 2: "done\n", 3: "done\n"}
    assert ran.finished.outcome == "completed"


async def test_one_cancel_stops_them_all(sandbox_client: SandboxClient) -> None:
    request = RunRequest(run_id=new_id(), code="print('going')\nwhile True: pass", workers=4)
    events = []
    async for batch in sandbox_client.stream(request):
        events += batch
        if len(output_of(Ran(events))) == MAX_WORKERS:
            await sandbox_client.cancel(request.run_id)
    ran = Ran(events)
    assert output_of(ran) == dict.fromkeys(WORKERS, "going\n")
    assert (ran.finished.outcome, ran.finished.worker) == ("cancelled", 0)
    assert (await run(sandbox_client, "print('next')")).stdout == "next\n"


@pytest.mark.parametrize(
    ("crash", "outcome", "words"),
    [
        ("import ctypes; ctypes.string_at(0)", "raised", "SIGSEGV"),
        ("1 / 0", "raised", "ZeroDivisionError on line 2"),
        ("held = bytearray(400_000_000)", "out_of_memory", "MiB"),
    ],
)
async def test_a_crash_of_one_is_told_with_its_number(
    sandbox_client: SandboxClient, crash: str, outcome: str, words: str
) -> None:
    code = f"import time\nif WORKER == 2: {crash}\ntime.sleep(0.2)\nprint('whole')"
    ran = await run(sandbox_client, code, workers=3)
    finished = ran.finished
    assert (finished.outcome, finished.worker) == (outcome, 2)
    assert finished.message.startswith("Worker 2 of 3: ")
    assert words in finished.message
    assert {n for n, text in output_of(ran).items() if text == "whole\n"} == {1, 3}


async def test_output_is_one_budget(sandbox_client: SandboxClient) -> None:
    limit = PROFILES["default"].output_bytes
    each = limit // 3
    code = f"for _ in range({each // 100}): print('x' * 99)"
    alone = await run(sandbox_client, code)
    together = await run(sandbox_client, code, workers=4)
    assert alone.finished.outcome == "completed"
    assert together.finished.outcome == "output_limit"
    assert sum(map(len, output_of(together).values())) <= limit


async def test_telemetry_is_one_budget_and_nobodys_at_anothers_expense(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        "import asyncio, sqlite3\n"
        "async def main():\n"
        "    connection = sqlite3.connect(':memory:')\n"
        "    for _ in range(4000): connection.execute('SELECT 1')\n"
        "asyncio.run(main())"
    )
    ran = await run(sandbox_client, code, workers=4)
    told = Counter(event.worker for event in ran.events if isinstance(event, Telemetry))
    assert sum(told.values()) <= MAX_TELEMETRY_EVENTS
    assert min(told[worker] for worker in WORKERS) >= MAX_TELEMETRY_EVENTS // 4 - 200
    assert ran.finished.summary.statements == 4 * 4000


SEED = "CREATE TABLE pet (name TEXT);\nINSERT INTO pet VALUES ('Rex');\n"
SQLITE = """
import sqlite3
connection = sqlite3.connect(DSN, timeout=5)
print(connection.execute("SELECT count(*) FROM pet WHERE name = 'Rex'").fetchone())
with connection:
    connection.execute("INSERT INTO pet VALUES (?)", (str(WORKER),))
"""
POSTGRES = """
import asyncpg
connection = await asyncpg.connect(DSN)
print(await connection.fetchval("SELECT count(*) FROM pet WHERE name = 'Rex'"))
await connection.execute("INSERT INTO pet VALUES ($1)", str(WORKER))
await connection.close()
"""
NAMES = {
    "sqlite": "import sqlite3\nrows = sqlite3.connect(DSN).execute('SELECT name FROM pet')\n"
    "print(sorted(name for name, in rows))",
    "postgres": "import asyncpg\nconnection = await asyncpg.connect(DSN)\n"
    "rows = await connection.fetch('SELECT name FROM pet')\n"
    "print(sorted(row['name'] for row in rows))",
}


@pytest.mark.parametrize(
    ("database", "code", "one"), [("sqlite", SQLITE, "(1,)\n"), ("postgres", POSTGRES, "1\n")]
)
async def test_the_database_is_seeded_once_for_all(
    sandbox_client: SandboxClient, database: str, code: str, one: str
) -> None:
    session = new_id("session")

    async def do(code: str, **fields: object) -> Ran:
        ran = await run(
            sandbox_client, code, session=session, database=database, seed=SEED, **fields
        )
        assert ran.finished.outcome == "completed", ran.stderr
        return ran

    for is_fresh in (False, True):
        ran = await do(code, workers=4, fresh=is_fresh)
        assert ran.started.scratch == "fresh"
        assert output_of(ran) == dict.fromkeys(WORKERS, one)
    kept = await do(NAMES[database])
    assert (kept.started.scratch, kept.stdout) == ("kept", "['1', '2', '3', '4', 'Rex']\n")


async def test_files_are_shared_and_tmp_is_not(sandbox_client: SandboxClient) -> None:
    code = (
        "import os, time\nopen(f'seen{WORKER}', 'w').close()\n"
        "open('/tmp/own', 'x').close()\n"
        "while len([name for name in os.listdir('.') if name.startswith('seen')]) < 3:\n"
        "    time.sleep(0.01)\n"
        "print(os.listdir(os.environ['TMPDIR']))"
    )
    ran = await run(sandbox_client, code, workers=3)
    assert output_of(ran) == dict.fromkeys((1, 2, 3), "['own']\n")


@pytest.mark.parametrize("workers", [-1, 0, MAX_WORKERS + 1])
async def test_any_other_number_is_refused(sandbox_client: SandboxClient, workers: int) -> None:
    with pytest.raises(SandboxUnavailable, match="1 to 4 workers"):
        await run(sandbox_client, "print(1)", workers=workers)
