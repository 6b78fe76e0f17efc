"""A cell that lies about its event loop is contradicted from outside, and harms its picture alone.

The control of each: the same loop told honestly, where the two witnesses agree.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest

from sandbox.client import SandboxClient
from tests.running import Ran, new_id, run

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


async def test_statements_nobody_sent_are_not_believed(sandbox_client: SandboxClient) -> None:
    send = (
        "import asyncpg, asyncio\nasync def main():\n"
        "    await (await asyncpg.connect(DSN)).execute('SELECT 1')\nasyncio.run(main())\n"
    )
    honest = await run(sandbox_client, send, database="postgres", driver="asyncpg")
    assert honest.finished.witness.disagreement == ""
    assert honest.finished.witness.statements == 1
    forged = send + FORGE + "forge(*[['sql', 0, {'statement': 'SELECT 1'}]] * 90)\n"
    ran = await run(sandbox_client, forged, database="postgres", driver="asyncpg")
    assert "but the server saw 1. Trust the server." in ran.finished.witness.disagreement
    assert ran.finished.witness.statements == 1


async def test_a_flood_of_the_servers_log_leaves_a_neighbours_run_alone(
    sandbox_client: SandboxClient,
) -> None:
    """Rows may be lost: then there is no count, and never one that is wrong."""
    flood = (
        "import asyncpg, asyncio\nasync def main():\n"
        "    connection = await asyncpg.connect(DSN)\n"
        "    for _ in range(40): await connection.execute('SELECT 1 -- ' + 'x' * 500_000)\n"
        "asyncio.run(main())\n"
    )
    count = (
        "import asyncpg, asyncio\nasync def main():\n"
        "    connection = await asyncpg.connect(DSN)\n"
        "    for _ in range(20): await connection.execute('SELECT 2')\n"
        "asyncio.run(main())\n"
    )
    flooding, counting = await asyncio.gather(
        *[
            run(sandbox_client, code, database="postgres", session=new_id("session"))
            for code in (flood, count)
        ]
    )
    assert counting.finished.outcome == "completed"
    assert counting.finished.witness.statements in (20, None)
    assert "xxx" not in str(counting.witnessed("statement"))
    assert all(len(each["statement"]) <= 500 for each in flooding.witnessed("statement"))


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
