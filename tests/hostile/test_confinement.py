"""Each attack fails in the jail; each control shows that the same code succeeds outside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from tests.hostile.payloads import CONFINED
from tests.running import new_id, run

pytestmark = pytest.mark.hostile

attacks = pytest.mark.parametrize("payload", CONFINED.values(), ids=CONFINED)


@attacks
async def test_contained(sandbox_client: SandboxClient, payload: str) -> None:
    ran = await run(sandbox_client, payload)
    assert "ESCAPED" not in ran.stdout
    assert ran.finished.outcome in ("completed", "raised")


@attacks
def test_control_succeeds_outside(payload: str, tmp_path: Path) -> None:
    environment = {**os.environ, "CONTROL_SECRET": "1", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", payload],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert "ESCAPED" in done.stdout, done.stderr


async def test_kill_zero_reaches_nobody_else(sandbox_client: SandboxClient) -> None:
    import asyncio

    neighbour = asyncio.create_task(
        run(sandbox_client, "import time\ntime.sleep(0.6)\nprint('alive')")
    )
    await asyncio.sleep(0.2)
    await run(sandbox_client, "import os, signal\nos.kill(0, signal.SIGKILL)\nos.kill(-1, 9)")
    assert (await neighbour).stdout == "alive\n"


async def test_ignoring_every_signal_does_not_outlive_the_deadline(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        "import signal\n"
        "for number in range(1, 65):\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "print('ignoring')\nwhile True: pass"
    )
    ran = await run(sandbox_client, code, wall_seconds=0.5)
    assert ran.stdout == "ignoring\n"
    assert ran.finished.outcome == "timed_out"
    assert ran.finished.wall_us < 600_000 + 400_000


async def test_disk_and_inodes_are_bounded(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    many = await run(
        sandbox_client,
        "for number in range(10_000): open(f'f{number}', 'w').close()",
        session=session,
    )
    large = await run(
        sandbox_client,
        "for number in range(40): open(f'g{number}', 'wb').write(bytes(1_000_000))",
        session=new_id("session"),
    )
    assert (many.finished.outcome, large.finished.outcome) == ("disk_limit", "disk_limit")


async def test_forged_telemetry_changes_nothing_but_its_own_picture(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        "import os\n"
        "for number in range(3, 64):\n"
        "    try: os.write(number, b'\\x00\\x00\\x00\\x05hello' + bytes(range(256)) * 10)\n"
        "    except OSError: pass\n"
        "print('done')"
    )
    ran = await run(sandbox_client, code)
    assert (ran.stdout, ran.finished.outcome) == ("done\n", "completed")
    assert (await run(sandbox_client, "print('next')")).stdout == "next\n"


async def test_a_telemetry_flood_ends_the_run(sandbox_client: SandboxClient) -> None:
    code = (
        "import os\npiece = bytes(65536)\n"
        "while True:\n"
        "    for number in range(3, 16):\n"
        "        try: os.write(number, piece)\n"
        "        except OSError: pass\n"
    )
    ran = await run(sandbox_client, code)
    assert ran.finished.outcome == "output_limit"


async def test_closed_descriptors_harm_only_the_run_itself(sandbox_client: SandboxClient) -> None:
    await run(sandbox_client, "import os\nos.closerange(0, 256)")
    assert (await run(sandbox_client, "print('next')")).stdout == "next\n"
