"""Whatever a run uses up has an end and an outcome of its own, and the next run is clean."""

from __future__ import annotations

import pytest

from sandbox.client import SandboxClient
from tests.hostile.bombs import DISK, MEMORY, NUMBERS, Bomb
from tests.hostile.conftest import Without
from tests.running import Ran, new_id, run

SLACK_US = 3_000_000  # of a busy machine

BOMBS = {
    **{f"memory by {name}": bomb for name, bomb in MEMORY.items()},
    **{f"disk by {name}": bomb for name, bomb in DISK.items()},
    **{f"too many {name}": bomb for name, bomb in NUMBERS.items()},
}
bombs = pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)


async def assert_next_is_clean(client: SandboxClient) -> None:
    code = "import os, threading\nprint(os.listdir('.'), os.listdir('/tmp'), os.dup(0))"
    assert (await run(client, code)).stdout == "[] [] 3\n"


@bombs
async def test_it_ends_with_its_own_outcome(sandbox_client: SandboxClient, bomb: Bomb) -> None:
    ran = await run(sandbox_client, bomb.code)
    assert ran.finished.outcome == bomb.outcome, ran.stderr
    assert not bomb.error or (ran.finished.error and ran.finished.error.type == bomb.error)
    await assert_next_is_clean(sandbox_client)


@bombs
async def test_control_where_the_limit_is_lifted_it_gets_all_it_wants(
    without: Without, bomb: Bomb
) -> None:
    ran = await run(without(*bomb.lifted), bomb.code)
    assert ran.finished.outcome == "completed", ran.stderr


async def test_a_full_disk_is_full_for_its_session_alone(sandbox_client: SandboxClient) -> None:
    alice, bob = new_id("alice"), new_id("bob")
    write = "open('own', 'wb').write(bytes(1 << 20))\nprint('written')"
    await run(sandbox_client, DISK["files"].code, session=alice)
    again = await run(sandbox_client, write, session=alice)
    assert again.finished.outcome == "disk_limit"
    assert (await run(sandbox_client, write, session=bob)).stdout == "written\n"
    await sandbox_client.reset(alice)
    assert (await run(sandbox_client, write, session=alice)).stdout == "written\n"


async def test_a_mapped_file_beyond_the_disk_harms_only_itself(
    sandbox_client: SandboxClient, without: Without
) -> None:
    code = (
        "import mmap\nhoard = []\nfor number in range(2):\n"
        "    file = open(f'{number}', 'w+b')\n    file.truncate(12 << 20)\n"
        "    hoard.append(mmap.mmap(file.fileno(), 0))\n"
        "    hoard[-1][::4096] = bytes(3072)\nprint('ESCAPED')"
    )
    ran = await run(sandbox_client, code)
    assert (ran.stdout, ran.finished.outcome) == ("", "raised")
    assert "SIGBUS" in ran.finished.message
    await assert_next_is_clean(sandbox_client)
    assert (await run(without("disk_quota"), code)).stdout == "ESCAPED\n"


TIME = {
    "sleeping": "import time\ntime.sleep(1.5)",
    "spinning": "import time\nbegan = time.monotonic()\nwhile time.monotonic() - began < 1.5: pass",
    "deaf to every signal": (
        "import signal, time\nfor number in range(1, 65):\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\ntime.sleep(1.5)"
    ),
    "stopped by its own signal": (
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(1.5)"
    ),
    "locking its files": (
        "import fcntl, time\nfile, began, place = open('x', 'wb'), time.monotonic(), 0\n"
        "while time.monotonic() - began < 1.5:\n"
        "    place += 2\n    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)"
    ),
    "woken by a fast timer": (
        "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: None)\n"
        "signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)\ntime.sleep(1.5)"
    ),
    "deaf to its own exceptions": (
        "import time\nbegan = time.monotonic()\nwhile time.monotonic() - began < 1.5:\n"
        "    try: time.sleep(0.01)\n    except BaseException: pass"
    ),
}


@pytest.mark.parametrize("code", TIME.values(), ids=TIME)
async def test_time_ends(sandbox_client: SandboxClient, code: str) -> None:
    ran = await run(sandbox_client, "print('began')\n" + code, wall_seconds=0.5)
    assert (ran.stdout, ran.finished.outcome) == ("began\n", "timed_out")
    assert ran.finished.wall_us < 500_000 + SLACK_US
    await assert_next_is_clean(sandbox_client)
    assert (await run(sandbox_client, code)).finished.outcome == "completed"


async def test_time_ends_inside_one_call_of_c(sandbox_client: SandboxClient) -> None:
    """No bytecode is reached for seconds, so nothing of Python's could end it."""
    code = "import re\nprint('began')\nre.match('(a+)+$', 'a' * LENGTH + 'b')"
    ran = await run(sandbox_client, code.replace("LENGTH", "64"), wall_seconds=0.5)
    assert (ran.stdout, ran.finished.outcome) == ("began\n", "timed_out")
    control = await run(sandbox_client, code.replace("LENGTH", "8"), wall_seconds=0.5)
    assert control.finished.outcome == "completed"


async def test_processor_time_is_counted_over_all_threads(sandbox_client: SandboxClient) -> None:
    """The limit of 5 s is for the run, not for each of its threads; heavier profiles have more."""
    code = (
        "import hashlib, threading\npiece = bytes(1 << 20)\n"
        "def spin():\n    for _ in range(2000): hashlib.sha512(piece)\n"
        "for _ in range(8): threading.Thread(target=spin).start()"
    )
    ran = await run(sandbox_client, code, wall_seconds=60)
    assert ran.finished.outcome == "timed_out"
    assert "processor time" in ran.finished.message
    assert 3_500_000 < ran.finished.cpu_us < 5_000_000 + SLACK_US  # ticks, not time run
    await assert_next_is_clean(sandbox_client)


OUTPUT = {
    "standard output": "import os\nfor _ in range(TIMES): os.write(1, b'x' * 1000)",
    "standard error": "import os\nfor _ in range(TIMES): os.write(2, b'x' * 1000)",
    "both": "import os\nfor number in range(TIMES): os.write(1 + number % 2, b'x' * 1000)",
    "one line without end": "import sys\nsys.stdout.write('x' * (TIMES * 1000))",
    "characters of many bytes": "print('\\N{PILE OF POO}' * (TIMES * 250))",
    "threads": (
        "import os, threading\ndef write():\n"
        "    for _ in range(TIMES // 4): os.write(1, b'x' * 1000)\n"
        "for _ in range(4): threading.Thread(target=write).start()"
    ),
}


def count_output(ran: Ran) -> int:
    return len((ran.stdout + ran.stderr).encode())


@pytest.mark.parametrize("code", OUTPUT.values(), ids=OUTPUT)
async def test_output_ends(sandbox_client: SandboxClient, code: str) -> None:
    """256 KiB of both streams together, and the first part of it is kept."""
    ran = await run(sandbox_client, code.replace("TIMES", "4000"))
    assert ran.finished.outcome == "output_limit"
    assert 200_000 < count_output(ran) < 256 * 1024 + 100
    await assert_next_is_clean(sandbox_client)
    control = await run(sandbox_client, code.replace("TIMES", "200"))
    assert control.finished.outcome == "completed"
    assert 200_000 <= count_output(control) <= 200_001


async def test_a_telemetry_flood_ends_the_run(sandbox_client: SandboxClient) -> None:
    code = "import os\nfor _ in range(TIMES): os.write(4, bytes(65536))"
    ran = await run(sandbox_client, code.replace("TIMES", "1000"))
    assert ran.finished.outcome == "output_limit"
    await assert_next_is_clean(sandbox_client)
    control = await run(sandbox_client, code.replace("TIMES", "10"))
    assert control.finished.outcome == "completed"
