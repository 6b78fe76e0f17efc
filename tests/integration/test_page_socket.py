"""A page's socket, over real processes: the embedded site, and web and worker with Redis."""

from __future__ import annotations

import asyncio
import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from playground.accounts.consumers import NO_SESSION
from sandbox.protocol import MAX_CODE_BYTES
from tests.serving import Page, Shown, open_page, runserver, visit

ROWS = "import sqlite3\n[{'name': 'Ada', 'age': 36}, {'name': '<b>', 'age': None}]"
COUNT_PG = """
import asyncio, asyncpg
async def main():
    connection = await asyncpg.connect(DSN)
    await connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
    await connection.execute("INSERT INTO note VALUES ($1)", {note!r})
    print([row["text"] for row in await connection.fetch("SELECT text FROM note ORDER BY 1")])
asyncio.run(main())
"""
COUNT_SQLITE = """
import sqlite3
with sqlite3.connect(DSN) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
    connection.execute("INSERT INTO note VALUES (?)", [{note!r}])
    print([row[0] for row in connection.execute("SELECT text FROM note ORDER BY 1")])
"""


async def test_a_run_shows_output_value_statements_and_blocks(address: str) -> None:
    code = (
        "import asyncio, time, sys, aiosqlite\n"
        "async def main():\n"
        "    async with aiosqlite.connect(DSN) as connection:\n"
        "        time.sleep(0.05)\n"
        "        print('<b>out</b>')\n"
        "        print('err', file=sys.stderr)\n"
        "        return list(await connection.execute_fetchall('SELECT 1, NULL'))\n"
        "asyncio.run(main())\n"
    )
    async with open_page(address) as page:
        shown = await page.run(code)
    assert (shown.outcome, shown.stdout, shown.stderr) == ("completed", "<b>out</b>\n", "err\n")
    assert "<b>out" not in shown.raw
    assert shown.cells == ["1", '<span class="null">NULL</span>']
    blocks = [event for event in shown.events if event["kind"] == "block"]
    block = max(blocks, key=itemgetter("duration_us"))
    assert (block["line"], block["call"]) == (4, "time.sleep")
    assert "SELECT 1, NULL" in [e["statement"] for e in shown.events if e["kind"] == "sql"]
    assert "time.sleep on line 4 held the event loop for " in shown.raw


async def test_the_second_witness_speaks_and_contradicts_a_lie(address: str) -> None:
    """A cell that stops the probe: its picture is empty, the page says what was seen."""
    honest = (
        "import asyncio, time\n"
        "async def main():\n"
        "    await asyncio.sleep(0.02)\n"
        "    time.sleep(0.4)\n"
        "    await asyncio.sleep(0.02)\n"
        "asyncio.run(main())\n"
    )
    lying = f"import sandbox.inside.telemetry.hooks as hooks\nhooks.stop()\n{honest}"
    async with open_page(address) as page:
        first = await page.run(honest)
        second = await page.run(lying)
    for shown in (first, second):
        assert shown.outcome == "completed"
        assert "Seen from outside: the loop did not answer for up to " in shown.raw
        late = [e for e in shown.events if e["type"] == "witness" and e["kind"] == "lag"]
        assert max(each["duration_us"] for each in late) > 300_000
    assert "disagreement" not in first.raw
    assert "no wait longer than 0 ms, but from outside the loop did not answer for" in second.raw
    assert "Trust what was seen from outside." in second.raw


async def test_stop_ends_an_endless_loop_and_the_next_run_is_clean(address: str) -> None:
    async with open_page(address) as page:
        await page.send(action="run", code="print('going')\nwhile True: pass", driver="aiosqlite")
        await page.see(lambda shown: "going" in shown.stdout)
        await page.send(action="stop")
        stopped = await page.see(lambda shown: bool(shown.outcome))
        again = await page.run("print('again')")
    assert stopped.outcome == "cancelled"
    assert (again.outcome, again.stdout) == ("completed", "again\n")


@pytest.mark.parametrize(
    ("driver", "code"), [("aiosqlite", COUNT_SQLITE), ("asyncpg", COUNT_PG)], ids=["sqlite", "pg"]
)
async def test_rows_are_kept_for_their_learner_and_nobody_else(
    address: str, driver: str, code: str
) -> None:
    async with open_page(address) as mine, open_page(address) as theirs:
        first, other = await asyncio.gather(
            mine.run(code.format(note="a mine"), driver),
            theirs.run(code.format(note="b theirs"), driver),
        )
        second = await mine.run(code.format(note="c mine"), driver)
        await mine.send(action="reset")
        await mine.see(lambda shown: "Reset" in "".join(shown.statuses))
        fresh = await mine.run(code.format(note="d mine"), driver)
    assert (first.stdout, other.stdout) == ("['a mine']\n", "['b theirs']\n")
    assert second.stdout == "['a mine', 'c mine']\n"
    assert fresh.stdout == "['d mine']\n"


async def test_two_pages_of_one_learner_share_the_database(embedded_site: str) -> None:
    cookie = await asyncio.to_thread(visit, embedded_site)
    async with open_page(embedded_site, cookie) as one, open_page(embedded_site, cookie) as two:
        await one.run(COUNT_SQLITE.format(note="one"))
        shown = await two.run(COUNT_SQLITE.format(note="two"))
    assert shown.stdout == "['one', 'two']\n"


async def test_closing_the_page_stops_its_run(address: str) -> None:
    cookie = await asyncio.to_thread(visit, address)
    async with open_page(address, cookie) as page:
        await page.send(action="run", code="while True: print('x')", driver="aiosqlite")
        await page.see(lambda shown: bool(shown.stdout))
    async with open_page(address, cookie) as page, asyncio.timeout(4):
        # One run at a time and learner: this one would wait for the endless loop's limit.
        shown = await page.run("print('next')")
    assert shown.stdout == "next\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("not json", "something we do not know"),
        ("[" * 100_000, "something we do not know"),
        ("{}", "something we do not know"),
        ('{"action": "dance", "pack": "", "card": "", "cell": ""}', "something we do not know"),
        ('{"action": "run", "pack": 1, "card": [], "cell": {}}', "something we do not know"),
        (b"\x00\xff", "bytes"),
    ],
    ids=["no json", "deep", "empty", "unknown action", "wrong types", "bytes"],
)
async def test_a_message_that_is_not_ours_is_answered(
    embedded_site: str, text: Any, sentence: str
) -> None:
    async with open_page(embedded_site) as page:
        await page.connection.send(text)
        shown = await page.see(lambda shown: bool(shown.notices))
        assert sentence in shown.notices[0]
        await is_usable(page)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"cell": "nowhere"}, "not here any more"),
        ({"card": "nowhere"}, "not here any more"),
        ({"pack": "../../etc"}, "not here any more"),
        ({"driver": ""}, "does not run on no database"),
        ({"driver": "oracle"}, "something we do not know"),
        ({"code": "#" * (MAX_CODE_BYTES + 1)}, "longer than 64 KiB"),
        ({"code": "é" * (MAX_CODE_BYTES // 2 + 1)}, "longer than 64 KiB"),
    ],
    ids=["cell", "card", "pack", "driver missing", "driver unknown", "too long", "too many bytes"],
)
async def test_a_run_that_cannot_be_is_answered(
    embedded_site: str, message: dict[str, Any], sentence: str
) -> None:
    async with open_page(embedded_site) as page:
        await page.send(**{"action": "run", "code": "1", "driver": "aiosqlite", **message})
        shown = await page.see(lambda shown: bool(shown.notices))
        assert sentence in shown.notices[0]
        await is_usable(page)


@pytest.mark.parametrize(
    ("code", "outcome", "sentence"),
    [
        ("x = (\n", "raised", "line 1"),
        ("import os\nprint('kept', flush=True)\nos._exit(0)", "completed", "os._exit"),
        ("print('kept')\nwhile True: print('y' * 100)", "output_limit", "KiB"),
        ("print('kept')\nprint('line\\n' * 1_000_000)", "output_limit", "KiB"),
        ("print('kept')\nmissing", "raised", "NameError"),
    ],
    ids=["syntax", "os._exit", "flood", "million lines", "name"],
)
async def test_an_end_says_what_happened_and_keeps_the_output(
    embedded_site: str, code: str, outcome: str, sentence: str
) -> None:
    async with open_page(embedded_site) as page:
        shown = await page.run(code)
        assert shown.outcome == outcome, shown.status
        assert sentence in shown.status
        assert shown.stdout.startswith("kept") or "kept" not in code
        await is_usable(page)


async def test_bytes_on_stdout_are_shown_as_far_as_they_are_text(embedded_site: str) -> None:
    code = "import sys\nsys.stdout.buffer.write(b'a\\x00\\xff\\x1b[31mb\\n')\nsys.stdout.flush()"
    async with open_page(embedded_site) as page:
        shown = await page.run(code)
    assert shown.outcome == "completed"
    assert shown.stdout.replace("\ufffd", "") == "ab\n"
    assert "\ufffd" in shown.stdout


async def test_a_deleted_database_file_is_the_learners_to_delete(embedded_site: str) -> None:
    async with open_page(embedded_site) as page:
        await page.run(COUNT_SQLITE.format(note="old"))
        deleted = await page.run("import os\nos.unlink(DSN)\nprint('gone')")
        again = await page.run(COUNT_SQLITE.format(note="new"))
    assert (deleted.outcome, deleted.stdout) == ("completed", "gone\n")
    assert (again.outcome, again.stdout) == ("completed", "['new']\n")


async def test_one_run_for_each_cell_at_a_time(embedded_site: str) -> None:
    async with open_page(embedded_site) as page:
        for _ in range(2):
            await page.send(action="run", code="while True: pass", driver="aiosqlite")
        busy = await page.see(lambda shown: "Still running" in "".join(shown.statuses))
        assert not busy.outcome
        await page.send(action="stop")
        ended = await page.see(lambda shown: bool(shown.outcome))
    assert ended.outcome == "cancelled"


async def test_another_origin_is_refused(embedded_site: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with open_page(embedded_site, origin="http://evil.example"):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("cookie", ["", "playground=forged"])
async def test_without_a_session_the_socket_closes(embedded_site: str, cookie: str) -> None:
    async with open_page(embedded_site, cookie) as page:
        with pytest.raises(ConnectionClosed) as closed:
            await page.connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == NO_SESSION


async def is_usable(page: Page) -> None:
    """A plain run works on this very page."""
    shown: Shown = await page.run("print('usable')")
    assert (shown.outcome, shown.stdout) == ("completed", "usable\n"), json.dumps(shown.statuses)


async def test_runserver_serves_the_socket_too(tmp_path: Path) -> None:
    with runserver(tmp_path) as address:
        async with open_page(address) as page:
            await is_usable(page)
