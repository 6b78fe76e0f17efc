"""What held the loop as it is seen from outside, beside the picture from inside."""

from __future__ import annotations

from sandbox.client import SandboxClient
from tests.running import run

SLEEP = """\
import asyncio, time
async def main():
    time.sleep(0.3)
    await asyncio.sleep(0.5)
asyncio.run(main())
"""
HELD = """\
import asyncio, random
data = [random.random() for _ in range(600_000)]
async def main():
    sorted(data)
    await asyncio.sleep(0.05)
asyncio.run(main())
"""
IDLE = "import asyncio\nasyncio.run(asyncio.sleep(0.3))"


async def test_a_sleep_is_seen_with_its_length(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, SLEEP)
    longest = max(ran.witnessed("lag"), key=lambda lag: lag["duration_us"])
    # It began up to ``before_us`` before it was asked about.
    assert longest["duration_us"] + longest["before_us"] >= 290_000
    inside = max(block["duration_us"] for block in ran.telemetry("block"))
    assert inside / 2 < longest["duration_us"] < 2 * inside
    [where] = [each for each in ran.witnessed("stack") if each["duration_us"] > 200_000]
    assert (where["line"], where["function"]) == (3, "main")
    states = ran.witnessed("thread")
    assert states[0]["state"] in ("clock_nanosleep", "waiting")
    assert states[0]["duration_us"] > 200_000
    seen = ran.finished.witness
    assert (seen.heartbeat, seen.disagreement) == ("on", "")
    assert seen.pings > 1
    assert seen.longest_lag_us == longest["duration_us"]
    assert seen.blocked_us >= seen.longest_lag_us


async def test_a_call_that_holds_the_interpreter_is_seen(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, HELD)
    [block] = [each for each in ran.telemetry("block") if each["line"] == 4]
    seen = ran.finished.witness
    assert seen.longest_lag_us > block["duration_us"] / 2
    assert "running" in [each["state"] for each in ran.witnessed("thread")]
    assert ran.witnessed("stack")[0]["line"] == 4
    assert seen.disagreement == ""


async def test_two_blocks_with_one_turn_of_the_loop_between_are_two(
    sandbox_client: SandboxClient,
) -> None:
    """The next step is ready before the ping is noticed, and yet the ping is answered first."""
    code = SLEEP.replace("asyncio.sleep(0.5)", "asyncio.sleep(0)\n    time.sleep(0.3)")
    ran = await run(sandbox_client, code)
    late = [lag for lag in ran.witnessed("lag") if lag["duration_us"] > 150_000]
    assert len(late) == 2, late
    where = [each["line"] for each in ran.witnessed("stack") if each["duration_us"] > 150_000]
    assert where == [3, 5]


async def test_the_line_is_that_of_the_cell_below_a_library(sandbox_client: SandboxClient) -> None:
    """Deep in pure Python of the standard library, in a helper of the cell."""
    code = (
        "import asyncio, difflib\n"
        "def compare():\n"
        "    difflib.SequenceMatcher(None, 'ab' * 900, 'ba' * 900, autojunk=False).ratio()\n"
        "async def main():\n"
        "    compare()\n"
        "asyncio.run(main())\n"
    )
    ran = await run(sandbox_client, code)
    longest = max(ran.witnessed("stack"), key=lambda each: each["duration_us"])
    assert (longest["line"], longest["function"]) == (3, "compare")


async def test_a_loop_that_waits_answers(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, IDLE)
    seen = ran.finished.witness
    assert seen.heartbeat == "on"
    assert 2 < seen.pings < 30  # a loop that waits for news is let alone, mostly: else some sixty
    assert seen.disagreement == ""
    # Our own steps are not the cell's.
    assert sum(tick["steps"] for tick in ran.telemetry("tick")) < 15


async def test_code_without_a_loop_is_never_asked(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "import time\ntime.sleep(0.1)")
    assert (ran.finished.witness.heartbeat, ran.finished.witness.pings) == ("off", 0)


async def test_code_between_two_loops_is_no_late_answer(sandbox_client: SandboxClient) -> None:
    code = f"{IDLE}\nimport time\ntime.sleep(1)\n{IDLE}"
    seen = (await run(sandbox_client, code)).finished.witness
    assert seen.pings > 4
    assert seen.longest_lag_us < 900_000


async def test_each_worker_is_watched(sandbox_client: SandboxClient) -> None:
    code = SLEEP.replace("0.3", "0.3 * (WORKER - 1)")
    ran = await run(sandbox_client, code, workers=2)
    late = {lag["worker"] for lag in ran.witnessed("lag") if lag["duration_us"] > 200_000}
    assert 2 in late
    # A busy machine makes the loop's own beginning late as well, by less.
    stacks = [each for each in ran.witnessed("stack") if each["duration_us"] > 100_000]
    assert {each["line"] for each in stacks if each["worker"] == 2} <= {3, 4, None}
    assert ran.finished.witness.longest_lag_us > 200_000
    assert ran.finished.witness.disagreement == ""


async def test_a_fork_leaves_the_heartbeat_to_the_cell(sandbox_client: SandboxClient) -> None:
    code = (
        "import asyncio, os, time\n"
        "async def main():\n"
        "    if os.fork() == 0:\n"
        "        asyncio.get_running_loop().stop()\n"
        "        return\n"
        "    os.wait()\n"
        "    await asyncio.sleep(0.2)\n"
        "asyncio.run(main())\n"
    )
    seen = (await run(sandbox_client, code, profile="processes")).finished.witness
    assert seen.heartbeat == "on"
    assert seen.disagreement == ""
