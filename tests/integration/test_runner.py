"""What the site relies on: outcomes, output, files and queueing through the real supervisor."""

from __future__ import annotations

import asyncio
import os

import pytest

from sandbox.client import SandboxClient, SandboxUnavailable
from sandbox.protocol import MAX_CODE_BYTES, Output, RunRequest, Started
from tests.running import Ran, new_id, run

pytestmark = pytest.mark.integration


async def test_output_and_outcome(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "import sys\nprint('out')\nprint('err', file=sys.stderr)\n")
    assert (ran.stdout, ran.stderr) == ("out\n", "err\n")
    assert (ran.finished.outcome, ran.finished.fault) == ("completed", "nobody")


async def test_what_was_printed_before_an_error_comes_with_the_cells_own_line(
    sandbox_client: SandboxClient,
) -> None:
    ran = await run(sandbox_client, "print('before')\n\ndef f():\n    return 1 / 0\n\nf()\n")
    assert ran.stdout == "before\n"
    assert 'File "<cell>", line 4, in f' in ran.stderr
    assert "sandbox/inside" not in ran.stderr
    assert ran.finished.outcome == "raised"
    assert ran.finished.error is not None
    assert (ran.finished.error.type, ran.finished.error.line) == ("ZeroDivisionError", 4)


async def test_a_library_error_folds_the_librarys_own_frames(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        "import asyncio\nfrom sqlalchemy import text\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "async def main():\n"
        "    async with create_async_engine(DATABASE_URL).connect() as connection:\n"
        "        await connection.execute(text('SELECT missing FROM sqlite_master'))\n"
        "asyncio.run(main())\n"
    )
    ran = await run(sandbox_client, code, database="sqlite")
    assert "no such column: missing" in ran.stderr
    assert "line 6, in main" in ran.stderr
    assert len(ran.stderr.splitlines()) < 40
    assert ran.finished.error is not None
    assert ran.finished.error.line == 6


async def test_a_syntax_error_names_its_line(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "x = 1\ny = = 2\n")
    assert ran.finished.outcome == "raised"
    assert ran.finished.error is not None
    assert (ran.finished.error.type, ran.finished.error.line) == ("SyntaxError", 2)
    assert "line 2" in ran.stderr


async def test_rows_become_a_table(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "[{'id': 1, 'name': 'Ada'}, {'id': 2, 'name': None}]")
    assert ran.value.columns == ["id", "name"]
    assert ran.value.rows == [["1", "Ada"], ["2", None]]


async def test_top_level_await_and_the_last_value(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "import asyncio\nawait asyncio.sleep(0, 'slept')\n")
    assert ran.value.text == "'slept'"


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        ("while True: pass", "timed_out", "time"),
        (
            "print('x' * 100, flush=True)\n" * 4 + "while True: print('y' * 1000)",
            "output_limit",
            "KiB",
        ),
        ("held = []\nwhile True: held.append(bytearray(10_000_000))", "out_of_memory", "MiB"),
        (
            "import threading, time\n"
            "while True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
            "process_limit",
            "threads",
        ),
        ("open('big', 'wb').write(bytes(40_000_000))", "disk_limit", "disk"),
        ("import ctypes\nctypes.string_at(0)", "raised", "SIGSEGV"),
    ],
    ids=["time", "output", "memory", "threads", "disk", "crash"],
)
async def test_a_limit_is_named_and_the_next_run_is_clean(
    sandbox_client: SandboxClient, code: str, outcome: str, words: str
) -> None:
    session = new_id("session")
    seconds = 2.0 if outcome == "timed_out" else 8.0
    ran = await run(sandbox_client, code, wall_seconds=seconds, session=session)
    assert ran.finished.outcome == outcome
    assert words in ran.finished.message
    assert ran.finished.fault in ("your code", "your limit")
    after = await run(sandbox_client, "print('clean')", session=session)
    assert after.stdout == "clean\n"


async def test_output_before_a_limit_is_kept(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "print('so far', end='')\nwhile True: pass", wall_seconds=0.5)
    assert ran.stdout == "so far"
    assert 500_000 <= ran.finished.wall_us < 1_500_000


async def test_a_million_lines_stop_at_the_output_limit(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "for number in range(1_000_000): print(number)")
    assert ran.finished.outcome == "output_limit"
    assert ran.stdout.startswith("0\n1\n2\n")
    assert len(ran.stdout) <= 256 * 1024


async def test_binary_output_arrives_as_text(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "import os\nos.write(1, b'a\\xff\\x00b\\n')")
    assert ran.stdout == "a\ufffd\x00b\n"
    assert ran.finished.outcome == "completed"


async def test_leaving_by_os_exit_is_told(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "print('here')\nimport os\nos._exit(0)\nprint('never')")
    assert ran.stdout == "here\n"
    assert ran.finished.outcome == "completed"
    assert "os._exit" in ran.finished.message


async def test_stopping_keeps_output(sandbox_client: SandboxClient) -> None:
    request = RunRequest(run_id=new_id(), code="print('going')\nwhile True: pass")
    events = []
    async for batch in sandbox_client.stream(request):
        events += batch
        if any(isinstance(event, Output) and "\n" in event.text for event in batch):
            await sandbox_client.cancel(request.run_id)
    ran = Ran(events)
    assert (ran.stdout, ran.finished.outcome) == ("going\n", "cancelled")


async def test_hanging_up_ends_the_run(sandbox_client: SandboxClient) -> None:
    request = RunRequest(run_id=new_id(), code="while True: pass", wall_seconds=8)
    stream = sandbox_client.stream(request)
    async for batch in stream:
        if any(isinstance(event, Started) for event in batch):
            break
    await stream.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(3):
        while (await sandbox_client.status()).running:
            await asyncio.sleep(0.02)


async def test_files_are_kept_for_the_session_and_nobody_else(
    sandbox_client: SandboxClient,
) -> None:
    mine, theirs = new_id("session"), new_id("session")
    await run(sandbox_client, "open('note', 'w').write('mine')", session=mine)
    again = await run(sandbox_client, "print(open('note').read())", session=mine)
    other = await run(sandbox_client, "import os\nprint(os.listdir('.'))", session=theirs)
    assert again.stdout == "mine\n"
    assert other.stdout == "[]\n"


SEED = "CREATE TABLE pet (name TEXT);\nINSERT INTO pet VALUES ('Rex');\n"
READ_PETS = (
    "import sqlite3\nconnection = sqlite3.connect(DSN)\n"
    "print(connection.execute('SELECT name FROM pet ORDER BY name').fetchall())\n"
)
ADD_PET = (
    "import sqlite3\nconnection = sqlite3.connect(DSN)\n"
    "connection.execute(\"INSERT INTO pet VALUES ('Tom')\")\nconnection.commit()\n"
)


async def test_sqlite_is_seeded_kept_and_reset(sandbox_client: SandboxClient) -> None:
    session = new_id("session")

    async def do(code: str, **fields: object) -> Ran:
        return await run(
            sandbox_client, code, session=session, database="sqlite", seed=SEED, **fields
        )

    first = await do(ADD_PET)
    kept = await do(READ_PETS)
    fresh = await do(READ_PETS, fresh=True)
    await do(ADD_PET)
    await sandbox_client.reset(session)
    reset = await do(READ_PETS)
    assert (first.started.scratch, kept.started.scratch) == ("fresh", "kept")
    assert kept.stdout == "[('Rex',), ('Tom',)]\n"
    assert fresh.stdout == "[('Rex',)]\n"
    assert reset.stdout == "[('Rex',)]\n"


async def test_a_deleted_database_file_is_made_again(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    await run(
        sandbox_client, "import os\nos.unlink(DSN)", session=session, database="sqlite", seed=SEED
    )
    ran = await run(sandbox_client, READ_PETS, session=session, database="sqlite", seed=SEED)
    assert ran.stdout == "[('Rex',)]\n"


async def test_runs_of_one_session_wait_for_each_other(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    code = "import os, time\nassert not os.path.exists('busy')\nopen('busy', 'w').close()\n"
    code += "time.sleep(0.2)\nos.unlink('busy')"
    both = await asyncio.gather(*[run(sandbox_client, code, session=session) for _ in range(2)])
    assert [ran.finished.outcome for ran in both] == ["completed", "completed"]
    assert sorted(ran.queue_positions() for ran in both) == [[], [1]]


async def test_many_at_once_all_complete(sandbox_client: SandboxClient) -> None:
    runs = await asyncio.gather(*[run(sandbox_client, f"print({n})") for n in range(20)])
    assert [ran.stdout for ran in runs] == [f"{n}\n" for n in range(20)]


async def test_code_over_the_limit_is_refused(sandbox_client: SandboxClient) -> None:
    with pytest.raises(SandboxUnavailable, match="64 KiB"):
        await run(sandbox_client, "#" * (MAX_CODE_BYTES + 1))


async def test_the_environment_holds_nothing_of_ours(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "import os\nprint(sorted(os.environ))")
    assert ran.stdout == "['HOME', 'LANG', 'PATH', 'TMPDIR', 'TZ']\n"
    assert "PATH" in os.environ


async def test_the_status_names_level_and_versions(sandbox_client: SandboxClient) -> None:
    status = await sandbox_client.status()
    assert status.level in ("full", "laptop")
    assert {"python", "sqlalchemy", "asyncpg"} <= set(status.versions)
