"""What each task did and waited for, and who waited because of a block."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from sandbox.inside.telemetry.lanes import MAX_ALIVE
from tests.conftest import serving
from tests.recording import fields_of, record
from tests.running import run

BLOCKED = """\
import asyncio, time
async def quick(number):
    await asyncio.sleep(0.02)
async def main():
    tasks = [asyncio.create_task(quick(n), name=f"quick {n}") for n in range(3)]
    await asyncio.sleep(0)
    time.sleep(0.2)
    await asyncio.gather(*tasks)
asyncio.run(main())
"""


async def test_who_waited_because_of_a_block() -> None:
    events = await record(BLOCKED)
    [block] = [each for each in fields_of(events, "block") if each["call"] == "time.sleep"]
    lanes = {each["lane"]: each for each in fields_of(events, "lane") if "state" not in each}
    waiting = [r for r in fields_of(events, "ready") if r["blocked_by"] == block["block"]]
    assert {lanes[each["lane"]]["name"] for each in waiting} == {"quick 0", "quick 1", "quick 2"}
    # Their sleeps of 20 ms were over long before the block of 200 ms.
    assert all(each["duration_us"] > 100_000 for each in waiting)
    assert block["waiting"] == 3
    assert {lanes[each["lane"]]["line"] for each in waiting} == {5}
    assert {lanes[each["lane"]]["parent"] for each in waiting} == {block["lane"]}
    line, _, spent = block["parts"].split()[0].partition(":")
    assert line == "7"
    assert int(spent) == pytest.approx(block["duration_us"], abs=20_000)


async def test_what_was_held_up_before_does_not_count_as_held_up_again() -> None:
    code = (
        "import asyncio, time\n"
        "async def main():\n"
        "    await asyncio.sleep(0.01)\n"
        "    time.sleep(0.02)\n"
        "    await asyncio.sleep(0)\n"  # goes on at once
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
    )
    events = await record(code)
    slept = [each for each in fields_of(events, "await") if each["line"] == 6]
    assert [each["on"] for each in slept] == ["sleep"]
    assert slept[0]["duration_us"] >= 45_000


WAITS = {
    "sleep": "await asyncio.sleep(0.01)",
    "task": "await asyncio.create_task(later())",
    "lock": "await lock.acquire()",
    "queue": "await queue.get()",
    "thread": "await asyncio.to_thread(time.sleep, 0.01)",
    "other": "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.01)",
    "database": "await connection.execute(SLOW)",
    "pool": "await engine.connect()",
}


@pytest.mark.parametrize(("on", "statement"), WAITS.items(), ids=WAITS)
async def test_what_a_task_waits_for(on: str, statement: str, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, time, aiosqlite\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "SLOW = '''WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000)\n"
        "SELECT count(*) FROM c'''\n"
        "async def later():\n"
        "    await asyncio.sleep(0.01)\n"
        "async def release():\n"
        "    await asyncio.sleep(0.02)\n"
        "    lock.release()\n"
        "    queue.put_nowait(1)\n"
        "    await held.close()\n"
        "async def main():\n"
        "    global lock, queue, held\n"
        "    lock, queue = asyncio.Lock(), asyncio.Queue()\n"
        "    await lock.acquire()\n"
        "    engine = create_async_engine(f'sqlite+aiosqlite:///{sys.argv[4]}',\n"
        "        pool_size=1, max_overflow=0)\n"
        "    held = await engine.connect()\n"
        "    connection = await aiosqlite.connect(':memory:')\n"
        "    releasing = asyncio.create_task(release())\n"
        f"    got = {statement}\n"
        "    await releasing\n"
        "    await connection.close()\n"
        f"    {'await got.close()' if on == 'pool' else 'pass'}\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
    )
    events = await record(code, str(tmp_path / "file.db"))
    waits = [each for each in fields_of(events, "await") if each["line"] == 21]
    longest = max(waits, key=lambda each: each["duration_us"])
    assert longest["on"] == on
    assert longest["duration_us"] > 4_000
    assert (longest["target"] is not None) == (on == "task")


async def test_very_many_tasks_are_counted_not_drawn() -> None:
    code = (
        "import asyncio\n"
        "async def small():\n    await asyncio.sleep(0)\n"
        "async def main():\n    await asyncio.gather(*[small() for _ in range(5000)])\n"
        "asyncio.run(main())\n"
    )
    events = await record(code)
    lanes = fields_of(events, "lane")
    drawn = [each for each in lanes if each.get("coroutine") == "small" and "state" not in each]
    [folded] = [each for each in lanes if each.get("state") == "folded"]
    assert len(drawn) == MAX_ALIVE - 1
    assert (folded["coroutine"], folded["count"]) == ("small", 5000 - len(drawn))
    assert sum(each["steps"] for each in fields_of(events, "tick")) > 10_000


async def test_without_the_probe_a_run_tells_nothing_and_is_a_run(
    sandbox_client: SandboxClient, pytestconfig: pytest.Config
) -> None:
    code = "import asyncio, time\nasync def main():\n    time.sleep(0.01)\nasyncio.run(main())\n42"
    observed = await run(sandbox_client, code)
    assert observed.telemetry("block")
    with serving(pytestconfig, "sandbox", "serve", "--unobserved") as socket_path:
        unobserved = await run(SandboxClient(socket_path), code)
    assert unobserved.finished.outcome == "completed"
    assert unobserved.value.text == "42"
    kinds = {type(event).__name__ for event in unobserved.events}
    assert kinds == {"Started", "Value", "Finished"}


async def test_a_cell_may_profile_itself(sandbox_client: SandboxClient) -> None:
    code = (
        "import asyncio, cProfile, time\n"
        "async def main():\n"
        "    with cProfile.Profile() as profile:\n"
        "        time.sleep(0.05)\n"
        "    profile.print_stats()\n"
        "asyncio.run(main())\n"
    )
    ran = await run(sandbox_client, code)
    assert "{built-in method time.sleep}" in ran.stdout
    assert [(each["line"], each["call"]) for each in ran.telemetry("block")][:1] == [
        (4, "time.sleep")
    ]
