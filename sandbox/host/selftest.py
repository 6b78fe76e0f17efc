"""Attacks of our own on the jail, tried when the supervisor starts: none may get what it wants.

All but the last are one run of a few milliseconds, so that they delay no start; the whole set, each
attack with its control, is in tests/hostile.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple

from sandbox.protocol import Finished, Level, Output, RunEvent, RunRequest

Run = Callable[[RunRequest], AsyncIterator[list[RunEvent]]]


class Attack(NamedTuple):
    """Code that raises ``refusal``, or a subclass of it, where the jail holds."""

    code: str
    refusal: str = "PermissionError"


ATTACKS: Final[dict[str, Attack]] = {
    "no network": Attack("import socket\nsocket.socket(socket.AF_INET)"),
    "no kernel sockets": Attack("import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"),
    "no processes": Attack("import os\npid = os.fork()\nif pid == 0: os._exit(0)"),
    "no programs": Attack("import os\nos.execv('/usr/bin/env', ['env', 'true'])"),
    "no host files": Attack("open('/etc/passwd')", "OSError"),
    "no process list": Attack("open('/proc/1/status')", "OSError"),
    "no other session's files": Attack("import os\nos.listdir('/sessions')", "OSError"),
    "no signals to others": Attack("import os\nos.kill(-1, 0)", "OSError"),
    "no privilege": Attack("import os\nos.unshare(os.CLONE_NEWUSER)"),
    "no way out of the namespaces": Attack("import os\nos.setns(os.open('.', os.O_RDONLY))"),
    "no shared memory": Attack("import mmap\nmmap.mmap(-1, 4096)"),
    "memory is limited": Attack("bytearray(1 << 30)", "MemoryError"),
    "disk is limited": Attack(
        "import os\ntry:\n"
        "    for number in range(8): open(f'fill{number}', 'wb').write(bytes(8 << 20))\n"
        "finally:\n"
        "    for name in os.listdir('.'): os.unlink(name)",
        "OSError",
    ),
    "threads are limited": Attack(
        "import threading\nstop, begun = threading.Event(), []\ntry:\n"
        "    for _ in range(500):\n"
        "        begun.append(threading.Thread(target=stop.wait))\n"
        "        begun[-1].start()\n"
        "finally:\n"
        "    stop.set()\n"
        "    for thread in begun[:-1]: thread.join()",
        "RuntimeError",
    ),
}
OUTPUT: Final = "output is limited"
_SECONDS: Final = 60.0  # a busy machine is no broken jail
_FLOOD: Final = "while True: print('x' * 65536)"
# What a machine without user namespaces cannot hold, and says so by its level.
NOT_ON_A_LAPTOP: Final = frozenset({"disk is limited"})

_TRY_ALL: Final = """
import json
held = {}
for name, (code, refusal) in json.loads(ATTACKS).items():
    held[name] = False
    try:
        exec(code, {})
    except Exception as error:
        held[name] = any(kind.__name__ == refusal for kind in type(error).__mro__)
print(json.dumps(held))
"""


async def attack(run: Run, level: Level) -> dict[str, bool]:
    """Which parts of the jail hold, by name. What was not even answered does not hold."""
    names = [name for name in ATTACKS if level == "full" or name not in NOT_ON_A_LAPTOP]
    listed = json.dumps({name: ATTACKS[name] for name in names})
    said, _ = await _finish(run, f"ATTACKS = {listed!r}{_TRY_ALL}")
    _, flooded = await _finish(run, _FLOOD)
    try:
        answers = json.loads(said)
    except ValueError:
        answers = {}
    held = {name: answers.get(name) is True for name in names}
    return {**held, OUTPUT: flooded.outcome == "output_limit"}


async def _finish(run: Run, code: str) -> tuple[str, Finished]:
    said, last = "", None
    request = RunRequest(f"self-test {hash(code)}", code, wall_seconds=_SECONDS)
    async for events in run(request):
        said += "".join(event.text for event in events if isinstance(event, Output))
        last = events[-1]
    assert isinstance(last, Finished)
    return said, last
