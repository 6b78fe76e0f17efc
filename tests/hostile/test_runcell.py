"""``manage.py runcell`` on hostile programs: exit codes, the last line, and what gets out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.hostile.bombs import MEMORY

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-the-operator"
LOOK_FOR_SECRETS = (
    "import os, sys\nprint(dict(os.environ), sys.argv)\n"
    "for path in ('/proc/self/environ', '/proc/1/environ', '/root', '/etc/shadow'):\n"
    "    try: print(open(path).read())\n"
    "    except OSError as error: print(error)"
)


class Program(NamedTuple):
    """A program, the outcome it ends with and the exit code of the command."""

    code: str
    outcome: str
    status: int
    options: tuple[str, ...] = ()


PROGRAMS = {
    "looks for secrets": Program(LOOK_FOR_SECRETS, "completed", 0),
    "raises": Program("1 / 0", "raised", 1),
    "crashes the interpreter": Program("import ctypes; ctypes.string_at(0)", "raised", 1),
    "never ends": Program("while True: pass", "timed_out", 124, ("--seconds", "1")),
    "never ends and minds no signal": Program(
        "import signal, time\nfor n in range(1, 30):\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n    except OSError: pass\n"
        "while True: time.sleep(1)",
        "timed_out",
        124,
        ("--seconds", "1"),
    ),
    "takes all memory": Program(MEMORY["a heap"].code, "out_of_memory", 137),
    "writes without end": Program("while True: print('x' * 1000)", "output_limit", 125),
    "starts threads without end": Program(
        "import threading, time\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "process_limit",
        125,
    ),
    "fills the disk": Program(
        "with open('f', 'wb') as file:\n    while True: file.write(bytes(1 << 20))",
        "disk_limit",
        125,
    ),
}


class Ended(NamedTuple):
    """What the command left."""

    status: int
    output: str

    @property
    def finished(self) -> dict[str, Any]:
        last: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        assert last["type"] == "finished"
        return last


async def runcell(code: str, *options: str) -> Ended:
    command = (sys.executable, "manage.py", "runcell", "-", "--events", *options)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SECRET_KEY": SECRET, "SOMETHING_SECRET": SECRET},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(code.encode())
    assert process.returncode is not None
    return Ended(process.returncode, output.decode())


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
async def test_it_ends_as_it_should(program: Program) -> None:
    ended = await runcell(program.code, *program.options)
    assert (ended.status, ended.finished["outcome"]) == (program.status, program.outcome)
    assert SECRET not in ended.output
    if program.options:
        # A tenth of a second beyond the limit, and as much for a busy machine.
        assert ended.finished["wall_us"] <= 1_200_000


@pytest.mark.parametrize(
    "arguments", [("no-such-file.py",), ("-", "--profile", "none such"), ("-", "--seconds=x")]
)
async def test_a_command_that_is_wrong_says_so(arguments: tuple[str, ...]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", "runcell", *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "Traceback" not in said.decode()
    assert said.strip()
