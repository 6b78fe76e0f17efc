"""What watches a run lives in the learner's own interpreter: taken apart, it harms its run alone.

Each attack has the outcome that the supervisor saw, tells nothing of the host, and the next run
is clean. The controls at the end show that the same doors do lead somewhere: to one's own picture.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import RunRequest
from tests.conftest import ROOT
from tests.running import Ran, new_id, run

WALL_SECONDS = 1.0
FORGE = """
import msgspec, os
def forge(*events):
    body = msgspec.msgpack.encode(list(events))
    for number in range(3, 64):
        try: os.write(number, len(body).to_bytes(4, "big") + body)
        except OSError: pass
"""
HOST = [str(ROOT), str(Path.home()), os.uname().nodename, "/tmp/sandbox-", "/tmp/playground-"]
HOST_SECRETS = [name for name in HOST if len(name) > 4]
BY_ITSELF = "ended its own process at once"
STATUS = "ended itself with exit status"
TIME = "was still running after 1 s"
CRASH = "crashed the Python interpreter"


class Attack(NamedTuple):
    code: str
    outcome: str
    words: str = ""


ATTACKS = {
    # forged telemetry
    "forged end, then a loop": Attack(
        FORGE + "forge(['end', 0, {}], ['finished', 0, {'outcome': 'completed'}])\n"
        "while True: pass",
        "timed_out",
        TIME,
    ),
    "forged memory error": Attack(
        FORGE + "forge(['raised', 0, {'type': 'MemoryError', 'message': ''}])\nprint('x')",
        "completed",
        "Completed.",
    ),
    "forged error before os._exit": Attack(
        FORGE + "forge(['raised', 0, {'type': 'E', 'message': 'disk is full'}])\nos._exit(0)",
        "completed",
        BY_ITSELF,
    ),
    "forged error before a crash": Attack(
        FORGE + "forge(['raised', 0, {'type': 'MemoryError', 'message': ''}])\n"
        "import ctypes\nctypes.string_at(0)",
        "raised",
        CRASH,
    ),
    "half a frame": Attack(FORGE + "os.write(4, b'\\0\\0\\1\\0')\nprint('x')", "completed"),
    # the probe and what reports for it
    "probe patched": Attack(
        "import sandbox.inside.telemetry as t\nt.Recorder.finish = lambda self: None", "completed"
    ),
    "probe that raises": Attack(
        "import sandbox.inside.telemetry as t\ndef f(*a): raise SystemExit(0)\n"
        "t.Recorder.finish = f",
        "completed",
    ),
    "report patched": Attack(
        "import sandbox.inside.report as r\ndef f(*a): raise OSError('no')\nr.send = f",
        "raised",
        STATUS,
    ),
    "leaving patched": Attack(
        "import sandbox.inside.cell as c\nc._leave = lambda *a: None", "raised", STATUS
    ),
    "trace taken": Attack(
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)", "completed"
    ),
    "trace that raises": Attack(
        "import sys\ndef f(*a): raise ValueError\nsys.settrace(f)\n(lambda: 0)()", "raised"
    ),
    "monitoring taken": Attack(
        "import asyncio, sys\nfor tool in range(6):\n"
        "    sys.monitoring.free_tool_id(tool)\n    sys.monitoring.use_tool_id(tool, 'mine')\n"
        "asyncio.run(asyncio.sleep(0))",
        "completed",
    ),
    # leaving early
    "os._exit": Attack("import os\nos._exit(7)", "raised", f"{STATUS} 7"),
    "os._exit of nothing": Attack("import os\nos._exit(0)", "completed", BY_ITSELF),
    "os._exit patched": Attack("import os\nos._exit = lambda *a: None", "completed"),
    "descriptors closed": Attack("import os\nos.closerange(0, 256)", "completed", BY_ITSELF),
    "crash by ctypes": Attack("import ctypes\nctypes.string_at(0)", "raised", CRASH),
    "crash by jump": Attack(
        "import ctypes\nctypes.CFUNCTYPE(None)(0)()", "raised", CRASH
    ),
    "abort": Attack("import os\nos.abort()", "raised", CRASH),
    "crash unseen": Attack(
        "import ctypes, faulthandler\nfaulthandler.disable()\nctypes.string_at(0)", "raised", CRASH
    ),
    "recursion in C": Attack(
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "class A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        "raised",
    ),
    "recursion in Python": Attack(
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()", "timed_out"
    ),
    # replaced names
    "builtins replaced": Attack(
        "import builtins\nfor name in ('open', 'print', 'len', '__import__', 'isinstance', 'str',"
        " 'list', 'dict', 'type', 'super', 'getattr'): setattr(builtins, name, None)",
        "raised",
        STATUS,
    ),
    "builtins emptied": Attack(
        "import builtins\nbuiltins.__dict__.clear()", "raised", STATUS
    ),
    "os.write that raises": Attack(
        "import os\ndef f(*a): raise OSError\nos.write = f", "completed", BY_ITSELF
    ),
    "os.write that writes nothing": Attack("import os\nos.write = lambda *a: 0", "timed_out", TIME),
    "threading taken apart": Attack(
        "import threading\nthreading._shutdown = threading.Thread = None", "raised"
    ),
    "asyncio taken apart": Attack(
        "import asyncio\nasyncio.run = asyncio.Handle._run = None", "completed"
    ),
    "no garbage collection": Attack("import gc\ngc.disable()\ngc.collect = None", "completed"),
    "modules emptied": Attack("import sys\nsys.modules.clear()", "completed"),
    "no main module": Attack("import sys\nsys.modules['__main__'] = None", "completed"),
    "stdout replaced": Attack("import io, sys\nsys.stdout = io.StringIO()\nprint(1)", "completed"),
    "no stderr, then an error": Attack("import sys\nsys.stderr = None\n1 / 0", "raised", "line 3"),
    "traceback replaced": Attack(
        "import traceback\ntraceback.TracebackException = None\n1 / 0", "raised", "line 3"
    ),
    "source cache replaced": Attack(
        "import linecache\nlinecache.cache = {'<cell>': 5}\n1 / 0", "raised", "line 3"
    ),
    # finalizers
    "finalizer that raises": Attack(
        "class A:\n    def __del__(self): raise ValueError('late')\na = A()\na.a = a", "completed"
    ),
    "finalizer that exits": Attack(
        "class A:\n    def __del__(self): raise SystemExit(3)\na = A()\na.a = a", "completed"
    ),
    "finalizer that loops": Attack(
        "class A:\n    def __del__(self):\n        while True: pass\na = A()\na.a = a\ndel a",
        "timed_out",
        TIME,
    ),
    # SystemExit
    "exit huge": Attack("raise SystemExit(10**30)", "raised", f"{STATUS} 255"),
    "exit below zero": Attack("raise SystemExit(-1)", "raised", f"{STATUS} 255"),
    "exit 256": Attack("raise SystemExit(256)", "completed"),
    "exit by text": Attack("raise SystemExit('bye')", "raised", f"{STATUS} 1"),
    "exit by an odd thing": Attack(
        "class A:\n    def __str__(self): raise ValueError\nraise SystemExit(A())", "raised", STATUS
    ),
    "exit without a code": Attack(
        "class E(SystemExit):\n    @property\n    def code(self): raise ValueError\nraise E()",
        "raised",
        STATUS,
    ),
    # exceptions that are hard to tell
    "text that raises": Attack(
        "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise E()",
        "raised",
        "raised E on line 3",
    ),
    "text that exits": Attack(
        "class E(Exception):\n    def __str__(self): raise SystemExit(0)\nraise E()",
        "raised",
        "raised E on line 3",
    ),
    "text that loops": Attack(
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()",
        "timed_out",
        TIME,
    ),
    "text too long": Attack("raise Exception('x' * 10**8)", "raised", "raised Exception on line 1"),
    "text that cannot be sent": Attack(
        "raise Exception('\\ud800')", "raised", "raised Exception on line 1"
    ),
    "number that raises": Attack(
        "class E(Exception):\n    @property\n    def errno(self): raise SystemExit(0)\nraise E()",
        "raised",
        "raised E on line 4",
    ),
    "number too large": Attack(
        "class E(Exception): errno = 10**40\nraise E()", "raised", "raised E on line 2"
    ),
    "name that raises": Attack(
        "class M(type):\n    @property\n    def __module__(cls): raise ValueError\n"
        "class E(Exception, metaclass=M): pass\nraise E()",
        "raised",
        "line 5",
    ),
    "long chain": Attack(
        "error = None\nfor number in range(3000):\n    new = Exception(number)\n"
        "    new.__cause__ = error\n    error = new\nraise error",
        "raised",
        "line 6",
    ),
    "chain without end": Attack(
        "a, b = Exception('a'), Exception('b')\na.__cause__, b.__cause__ = b, a\nraise a", "raised"
    ),
    "deep group": Attack(
        "error = ValueError()\nfor _ in range(3000): error = ExceptionGroup('g', [error])\n"
        "raise error",
        "raised",
    ),
    # values that are hard to show
    "value that raises": Attack(
        "class A:\n    def __repr__(self): raise ValueError\nA()", "completed"
    ),
    "value that exits": Attack(
        "class A:\n    def __repr__(self): raise SystemExit(0)\nA()", "raised", "line 2"
    ),
    "value that cannot be sent": Attack("[{'a': '\\ud800'}]", "completed", "Completed."),
    "value too large": Attack(
        "[{str(c): '\\u20ac' * 300 for c in range(40)} for r in range(200)]",
        "completed",
        "Completed.",
    ),
    "more events than are kept": Attack(
        "import sqlite3\nc = sqlite3.connect(':memory:')\n"
        "for number in range(12_000): c.execute('SELECT 1 -- ' + 'x' * 1900)",
        "completed",
        "Completed.",
    ),
}  # fmt: skip


def said(ran: Ran) -> str:
    return f"{ran.events}"


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_the_outcome_is_the_supervisors_own_and_the_next_run_is_clean(
    sandbox_client: SandboxClient, attack: Attack
) -> None:
    session = new_id("session")
    seconds = WALL_SECONDS if attack.outcome == "timed_out" else 8.0
    ran = await run(sandbox_client, attack.code, session=session, wall_seconds=seconds)
    assert ran.finished.outcome == attack.outcome, ran.stderr
    assert attack.words in ran.finished.message
    assert ran.finished.fault in ("nobody", "your code", "your limit")
    assert [secret for secret in HOST_SECRETS if secret in said(ran)] == []
    after = await run(sandbox_client, "print('clean')", session=session)
    assert (after.stdout, after.finished.outcome) == ("clean\n", "completed")
    assert after.finished.summary.statements == 0


async def test_a_forged_summary_changes_its_own_picture_and_nothing_else(
    sandbox_client: SandboxClient,
) -> None:
    """The control: forged frames do arrive. What they cannot reach is what the supervisor saw."""
    code = (
        FORGE + "forge(['block', 0, {'line': 77, 'duration_us': 5}], ['value', 0, {'text': 'v'}])\n"
        "import sandbox.inside.telemetry as t\n"
        "t.Recorder.finish = lambda self: forge(['summary', 0, {'statements': 99, 'wall_us': 0}])"
    )
    ran = await run(sandbox_client, code)
    finished = ran.finished
    assert (ran.telemetry("block")[0]["line"], ran.value.text) == (77, "v")
    assert finished.summary.statements == 99
    assert (finished.outcome, finished.exit_status) == ("completed", 0)
    assert finished.wall_us > 0
    assert finished.cpu_us > 0
    assert finished.max_rss_bytes > 1_000_000


async def test_a_child_that_floods_every_descriptor_does_not_slow_the_supervisor(
    sandbox_client: SandboxClient,
) -> None:
    """While frames without sense pour in, another run has its answer."""
    flood = (
        FORGE
        + "piece = b'\\0\\0\\0\\1\\x90' * 13_000\nwhile True:\n"
        + (
            "    for number in range(1, 8):\n        try: os.write(number, piece)\n"
            "        except OSError: pass\n"
        )
    )
    flooding = sandbox_client.stream(RunRequest(run_id=new_id("run"), code=flood))
    await anext(flooding)
    other = await run(sandbox_client, "print('here')")
    assert other.stdout == "here\n"
    last = [event async for batch in flooding for event in batch][-1]
    assert getattr(last, "outcome", "") == "output_limit"
