"""A cell that lies about its event loop is contradicted from outside, and harms its picture alone.

The control of each: the same loop told honestly, where the two witnesses agree.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from sandbox.client import SandboxClient
from tests.running import Ran, run

BLOCKED = """
import asyncio, time
async def main():
    await asyncio.sleep(0.05)
    time.sleep(0.4)
    await asyncio.sleep(0.05)
asyncio.run(main())
"""
QUIET = "\nimport asyncio\nasyncio.run(asyncio.sleep(0.3))\n"
FORGE = """
import msgspec, os
def forge(*events):
    body = msgspec.msgpack.encode(list(events))
    os.write(4, len(body).to_bytes(4, "big") + body)
"""
STEAL = """
import os, threading, time
def echo():
    while True:
        try: os.write(251, os.read(250, 8))
        except BlockingIOError: time.sleep(0.0005)
threading.Thread(target=echo, daemon=True).start()
"""


class Lie(NamedTuple):
    code: str
    words: str


LIES = {
    "forged summary": Lie(
        FORGE + "import sandbox.inside.telemetry as t, sandbox.inside.telemetry.hooks as h\n"
        "t.Recorder.finish = lambda self: forge(['summary', 0, {'longest_block_us': 1000}])\n"
        "h.stop()" + BLOCKED,
        "no wait longer than 1 ms, but from outside the loop did not answer for",
    ),
    "killed probe": Lie(
        "import sandbox.inside.telemetry.hooks as h\nh.stop()" + BLOCKED,
        "no wait longer than 0 ms, but from outside the loop did not answer for",
    ),
    "flooded telemetry": Lie(
        FORGE + "for number in range(40): forge(*[['tick', 0, {}]] * 300)\n"
        "import sandbox.inside.telemetry.hooks as h\nh.stop()" + BLOCKED,
        "but from outside the loop did not answer for",
    ),
    "forged block": Lie(
        FORGE + "forge(['block', 0, {'line': 1, 'duration_us': 60_000_000}])" + QUIET,
        "a wait of 60,000 ms, but from outside the loop was never late by more than",
    ),
    "stolen heartbeat": Lie(STEAL + BLOCKED, "the kernel saw its thread asleep for"),
    "stolen heartbeat and forged summary": Lie(
        STEAL + "import sandbox.inside.telemetry.hooks as h\nh.stop()" + BLOCKED,
        "picture tells of 0 ms at most; trust the kernel.",
    ),
    "closed line": Lie(
        "import os\nasync def close():\n    await asyncio.sleep(0.02)\n    os.close(251)\n"
        "import asyncio\nasyncio.run(close())" + BLOCKED,
        "cut the line over which its loop answers",
    ),
    "flooded line": Lie(
        "import os, asyncio\nasync def flood():\n"
        "    await asyncio.sleep(0.02)\n    for _ in range(2000):\n"
        "        try: os.write(251, bytes(4000))\n        except BlockingIOError: pass\n"
        "        await asyncio.sleep(0)\nasyncio.run(flood())" + BLOCKED,
        "cut the line over which its loop answers",
    ),
}
HONEST = {"a block": BLOCKED, "no block": QUIET}


def blocks(ran: Ran) -> int:
    return max(ran.finished.summary.longest_block_us, ran.finished.summary.longest_lag_us)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_lie_is_contradicted_and_the_outcome_is_not_touched(
    sandbox_client: SandboxClient, lie: Lie
) -> None:
    ran = await run(sandbox_client, lie.code)
    assert lie.words in ran.finished.witness.disagreement, ran.finished
    assert "trust" in ran.finished.witness.disagreement.lower()
    assert (ran.finished.outcome, ran.finished.exit_status) == ("completed", 0), ran.stderr
    assert ran.finished.wall_us > 250_000
    after = await run(sandbox_client, "print('clean')")
    assert (after.stdout, after.finished.witness.disagreement) == ("clean\n", "")


@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST)
async def test_an_honest_cell_is_not_contradicted(sandbox_client: SandboxClient, code: str) -> None:
    ran = await run(sandbox_client, code)
    assert ran.finished.witness.disagreement == ""
    assert ran.finished.witness.heartbeat == "on"
    if "time.sleep" in code:
        assert blocks(ran) > 390_000
        assert ran.finished.witness.longest_lag_us > 300_000


async def test_a_stolen_heartbeat_does_not_shorten_what_was_seen(
    sandbox_client: SandboxClient,
) -> None:
    """Answers that cannot be the loop's own, as its thread slept, are none."""
    ran = await run(sandbox_client, STEAL + BLOCKED)
    assert ran.finished.witness.longest_lag_us > 300_000


async def test_a_cell_that_closes_what_is_not_its_own_runs_on(
    sandbox_client: SandboxClient,
) -> None:
    code = "import os\nos.closerange(3, 256)\nprint('still')" + BLOCKED + "print('here')"
    ran = await run(sandbox_client, code)
    assert (ran.stdout, ran.finished.exit_status) == ("still\nhere\n", 0)
