"""No other process is signalled, stopped, read or hindered."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.hostile.attacks import after, beside, escaped, run_beside, run_outside
from tests.hostile.conftest import Without
from tests.hostile.system_calls import call
from tests.running import run

STAY_ALIVE = "import time\nprint('ready')\ntime.sleep(0.7)\nprint('alive')"

# Each with the layers that stop it: a sibling dies where all of them are gone.
SIGNALS: dict[str, tuple[str, tuple[Layer, ...]]] = {
    "the own group": ("import os\nos.kill(0, 9)\nprint('sent')", ("landlock", "setsid")),
    "everybody": (
        "import os\ntry: os.kill(-1, 9)\nexcept OSError: pass\nprint('sent')",
        ("landlock", "pid_namespace"),
    ),
    "every pid": (
        "import os\nfor pid in range(2, 1000):\n"
        "    if pid != os.getpid():\n"
        "        try: os.kill(pid, 9)\n        except OSError: pass\nprint('sent')",
        ("landlock", "pid_namespace"),
    ),
    "every group": (
        "import os\nfor group in range(2, 1000):\n"
        "    if group != os.getpgrp():\n"
        "        try: os.killpg(group, 9)\n        except OSError: pass\nprint('sent')",
        ("landlock", "pid_namespace"),
    ),
    "every thread": (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nfor thread in range(2, 1000):\n"
        "    if thread != os.getpid(): libc.syscall(200, thread, 9)\nprint('sent')",
        ("landlock", "pid_namespace"),
    ),
    "whoever reads a pipe": (
        "import fcntl, os, signal\nread, write = os.pipe()\n"
        "fcntl.fcntl(read, 10, signal.SIGKILL)\n"  # F_SETSIG
        "fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\n"
        "for pid in range(2, 1000):\n"
        "    if pid != os.getpid():\n"
        "        try: fcntl.fcntl(read, fcntl.F_SETOWN, pid)\n"
        "        except OSError: continue\n        os.write(write, b'x')\nprint('sent')",
        ("landlock", "pid_namespace"),
    ),
}


@pytest.mark.parametrize(("payload", "layers"), SIGNALS.values(), ids=SIGNALS)
async def test_a_signal_reaches_no_sibling(
    sandbox_client: SandboxClient, without: Without, payload: str, layers: tuple[Layer, ...]
) -> None:
    sibling, _ = await run_beside(sandbox_client, STAY_ALIVE, payload)
    assert sibling.stdout == "ready\nalive\n"
    assert (await run(sandbox_client, "print('next')")).stdout == "next\n"
    assert await beside(STAY_ALIVE, payload)(without(*layers))


async def test_a_process_of_the_host_is_not_signalled(
    sandbox_client: SandboxClient, tmp_path: Path, host_process: int
) -> None:
    payload = f"import os\nos.kill({host_process}, 0)\nprint('ESCAPED')"
    assert not escaped(await run(sandbox_client, payload))
    assert "ESCAPED" in run_outside(payload, tmp_path)


CALLS = {
    "tracing oneself": call(101, 0, 0, 0, 0),
    "tracing another": call(101, 16, -1, 0, 0),
    "reading another's memory": call(310, 1 << 30, 0, 0, 0, 0, 0),
    "writing another's memory": call(311, 1 << 30, 0, 0, 0, 0, 0),
    "comparing with another": call(312, 1 << 30, 1 << 30, 0, 0, 0),
    "a descriptor of a process": call(434, -1, 0),
    "a descriptor of another's": call(438, -1, 0, 0),
    "a signal by a descriptor": call(424, -1, 9, 0, 0),
    "a signal with a forged sender": call(129, -1, 9, 0),
    "advice on another's memory": call(440, -1, 0, 0, 0, 0),
    "moving another's memory": call(256, 1 << 30, 0, 0, 0),
    "a session keyring": call(250, 0, -3, 0, 0, 0),
    "a new key": call(248, 0, 0, 0, 0, 0),
    "asking for a key": call(249, 0, 0, 0, 0),
    "the processors of another": call(203, -1, 0, 0),
    "the scheduler of another": call(144, -1, 0, 0),
    "the priority of another": call(141, 9, 0, 0),
    "the input priority of another": call(251, 9, 0, 0),
    "the limits of another": call(302, 1 << 30, 7, 0, 0),
    "a process group": call(109, 0, 0),
}
calls = pytest.mark.parametrize("payload", CALLS.values(), ids=CALLS)


@calls
async def test_the_call_on_a_process_is_refused(
    sandbox_client: SandboxClient, payload: str
) -> None:
    assert (await run(sandbox_client, payload)).stdout == "refused\n"


@calls
def test_control_outside_the_kernel_is_asked(payload: str, tmp_path: Path) -> None:
    assert "ESCAPED" in run_outside(payload, tmp_path)


KEYS = "import ctypes\nlibc = ctypes.CDLL(None)\nUSER = ctypes.c_int(-4)\n"
LEAVE_KEY = KEYS + "print(libc.syscall(248, b'user', b'planted', b'secret', 6, USER))"
FIND_KEY = KEYS + (
    "print('ESCAPED' if libc.syscall(250, 10, USER, b'user', b'planted', 0) > 0 else '')"
)


async def test_no_key_is_left_for_the_next_run(
    sandbox_client: SandboxClient, without: Without
) -> None:
    attack = after(LEAVE_KEY, FIND_KEY)
    assert not await attack(sandbox_client)
    assert await attack(without("seccomp", "user_namespace"))


async def test_no_other_process_is_seen(sandbox_client: SandboxClient, without: Without) -> None:
    payload = (
        "import os\nfound = 0\nfor pid in range(1, 1000):\n"
        "    try: os.getsid(pid)\n    except OSError: continue\n    found += 1\n"
        "print('ESCAPED' if found > 1 else (os.getpid(), os.getppid()))"
    )
    assert (await run(sandbox_client, payload)).stdout == "(1, 0)\n"
    assert escaped(await run(without("landlock", "pid_namespace"), payload))
