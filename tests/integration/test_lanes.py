"""Lanes of threads, requests, and coroutines that nobody awaited."""

from __future__ import annotations

import pytest

from sandbox.client import SandboxClient
from tests.recording import fields_of, record
from tests.running import run

THREADS = """\
import asyncio, threading, time
from concurrent.futures import ThreadPoolExecutor
import anyio.to_thread, aiosqlite
async def main():
    await asyncio.to_thread(time.sleep, 0.03)
    await anyio.to_thread.run_sync(time.sleep, 0.03)
    connection = await aiosqlite.connect(":memory:")
    await connection.create_function("slow", 1, time.sleep)
    await connection.execute("SELECT slow(0.03)")
    await connection.close()
    own = threading.Thread(target=time.sleep, args=(0.03,), name="own")
    own.start()
    await asyncio.sleep(0.05)
    with ThreadPoolExecutor(1, "mine") as pool:
        await asyncio.wrap_future(pool.submit(time.sleep, 0.03))
asyncio.run(main())
"""


async def test_what_each_thread_did_and_who_asked() -> None:
    events = await record(THREADS)
    lanes = {each["lane"]: each for each in fields_of(events, "lane") if "state" not in each}
    threads = {number: each for number, each in lanes.items() if each["of"] == "thread"}
    main = next(number for number, each in lanes.items() if each["coroutine"] == "main")
    worked = {
        (threads[each["lane"]]["name"], each["line"])
        for each in fields_of(events, "run")
        if each["lane"] in threads and each["busy_us"] >= 29_000
    }
    assert worked == {
        ("asyncio_0", 5),
        ("AnyIO worker thread", 6),
        ("aiosqlite connection", 9),
        ("own", 12),
        ("mine_0", 15),
    }
    assert len(threads) == 5
    by_name = {each["name"]: each for each in threads.values()}
    assert by_name["own"]["line"] == 12
    assert by_name["own"]["parent"] == main
    ends = [each["lane"] for each in fields_of(events, "lane") if each.get("state") == "done"]
    assert set(threads) <= set(ends)


async def test_a_statement_in_a_thread_is_on_the_lane_of_the_thread() -> None:
    code = (
        "import asyncio, sqlite3\n"
        "def ask():\n"
        "    sqlite3.connect(':memory:').execute('SELECT 1')\n"
        "asyncio.run(asyncio.to_thread(ask))\n"
    )
    events = await record(code)
    [thread] = [e for e in fields_of(events, "lane") if e.get("of") == "thread"]
    statements = [e for e in fields_of(events, "sql") if e["statement"] == "SELECT 1"]
    assert [(e["lane"], e["line"]) for e in statements] == [(thread["lane"], 3)]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("async def save(): ...\nasync def main():\n    save()\n", [3]),
        ("async def save(): ...\nasync def main():\n    kept = save()\n    print(1)\n", [3]),
        ("async def save(): ...\nasync def main():\n    await save()\n    save()\n", [4]),
        ("async def save(): ...\nasync def main():\n    await save()\n", []),
    ],
    ids=["dropped", "kept", "once awaited", "awaited"],
)
async def test_where_nobody_awaited(code: str, lines: list[int]) -> None:
    events = await record(code + "import asyncio\nasyncio.run(main())\n")
    told = [e for e in fields_of(events, "lane") if e.get("state") == "never_awaited"]
    assert [(e["coroutine"], e["line"]) for e in told] == [("save", line) for line in lines]


async def test_pythons_own_warning_is_as_before(sandbox_client: SandboxClient) -> None:
    code = "import asyncio\nasync def main():\n    asyncio.sleep(0)\nasyncio.run(main())\n"
    ran = await run(sandbox_client, code)
    assert "<cell>:3: RuntimeWarning: coroutine 'sleep' was never awaited" in ran.stderr
    assert ran.finished.summary.never_awaited == 1


SERVED = """\
import asyncio, httpx
from fastapi import FastAPI
app = FastAPI()
@app.get("/quick/{number}")
async def quick(number: int):
    return number
@app.get("/never")
async def never():
    await asyncio.sleep(60)
async def main():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        await asyncio.gather(*[client.get(f"/quick/{number}") for number in range(5)])
        hanging = asyncio.create_task(client.get("/never"))
        await asyncio.sleep(0.02)
asyncio.run(main())
"""


async def test_requests_answered_and_not(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, SERVED)
    told = ran.telemetry("req")
    quick = [each for each in told if each["path"].startswith("/quick/")]
    assert sorted(each["path"] for each in quick) == [f"/quick/{number}" for number in range(5)]
    assert {(each["status"], each["line"]) for each in quick} == {(200, 13)}
    [hanging] = [each for each in told if each["path"] == "/never"]
    assert (hanging["status"], hanging["line"]) == (None, 14)
    assert ran.finished.summary.requests == 5
    assert ran.finished.summary.longest_serving_us > 0


async def test_lag_is_told_by_its_percentiles(sandbox_client: SandboxClient) -> None:
    code = (
        "import asyncio, time\n"
        "async def main():\n"
        "    await asyncio.sleep(0.1)\n"
        "    time.sleep(0.3)\n"
        "asyncio.run(main())\n"
    )
    summary = (await run(sandbox_client, code)).finished.summary
    assert 300_000 <= summary.longest_lag_us < 600_000
    # The loop was away for three quarters of the time: half of all news waits 100 ms or more.
    assert summary.lag_p50_us == pytest.approx(100_000, abs=40_000)
    assert summary.lag_p50_us < summary.lag_p99_us < summary.longest_lag_us
