"""Programs that hold the event loop in known places, and tell for how long they did."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

CASES: Final = 100
CASES_A_PROGRAM: Final = 10
DEEPEST: Final = 3
_DECOYS: Final = (
    'label = f"case {1 + 1}"',
    'pairs = dict(zip("abc", range(3)))',
    "marker = [n * n for n in range(3)]",
    'text = ", ".join(map(str, range(3)))',
    "moment = time.monotonic()",
    'found = 3 in [1, 2, 3] or re.match("a", "b")',
    "least = sorted([3, 1, 2])[0]",
)
# What each kind runs before the clock starts, and the lines that are timed. A size of 1 is
# some 5 ms on the machine this was written on.
_Kind = Callable[[float], tuple[str, list[str]]]
KINDS: Final[dict[str, _Kind]] = {
    "sleep": lambda size: ("", [f"time.sleep({size * 0.006:.4f})"]),
    "sqlite3": lambda size: ("", [f"sqlite.execute(COUNT, ({int(size * 14_000)},)).fetchone()"]),
    "psycopg": lambda size: ("", [f'postgres.execute("SELECT pg_sleep({size * 0.006:.4f})")']),
    "socket": lambda size: (f"late.put({size * 0.006:.4f})", ["near.recv(1)"]),
    "loop": lambda size: (
        "total = 0",
        [f"for number in range({int(size * 60_000)}):", "    total += number * number"],
    ),
    "generator": lambda size: ("", [f"total = sum(n * n for n in range({int(size * 40_000)}))"]),
    "sorted": lambda size: ("", [f"least = sorted(numbers[:{int(size * 20_000)}])[0]"]),
    "regex": lambda size: (
        f'subject = "{"a" * 15}" + "b"',
        [f'for _ in range({int(size) + 1}): re.match("(a+)+$", subject)'],
    ),
    "json": lambda size: (
        "",
        [f'half = json.loads("[0.5" + ", 0.5" * {int(size * 12_000)} + "]")[0]'],
    ),
    "big integer": lambda size: ("", [f"odd = 7 ** {int(size * 60_000)} & 1"]),
    "in": lambda size: ("", [f"found = -1 in large[:{int(size * 150_000)}]"]),
    "hashing": lambda size: (
        "",
        [f'digest = hashlib.pbkdf2_hmac("sha256", b"x", b"y", {int(size * 12_000)})'],
    ),
    "compression": lambda size: ("", [f"packed = zlib.compress(blob[:{int(size * 16_000)}], 9)"]),
    "library": lambda size: ("", [f"spread = statistics.pstdev(numbers[:{int(size * 6_000)}])"]),
}
_START: Final = """\
import asyncio, hashlib, json, queue, random, re, socket, sqlite3, statistics, threading, time
import zlib
import psycopg
COUNT = ("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ?) "
         "SELECT count(*) FROM c")
numbers = [random.random() for _ in range(250_000)]
large = list(range(1_250_000))
blob = json.dumps(numbers).encode()
sqlite = sqlite3.connect(":memory:")
postgres = psycopg.connect(DSN, autocommit=True)
near, far = socket.socketpair()
late = queue.SimpleQueue()
told, held = [], []
now = time.perf_counter_ns
def answer_late():
    while (seconds := late.get()) is not None:
        time.sleep(seconds)
        far.send(b"x")
threading.Thread(target=answer_late, daemon=True).start()
"""
# The lines below follow all that is timed, so that no line number moves.
_RUN: Final = "asyncio.run(main())"
_TELL: Final = "print(json.dumps([[*each, *around] for each, around in zip(told, held)]))"
_DEBUG: Final = """\
import logging
reports = []
class Reports(logging.Handler):
    def emit(self, record):
        reports.append((now(), record.getMessage()))
logging.getLogger("asyncio").addHandler(Reports())
async def debugged():
    asyncio.get_running_loop().slow_callback_duration = 0.005
    await main()
asyncio.run(debugged(), debug=True)"""
_WATCHED: Final = """\
import sys
samples = []
observed = threading.get_ident()
def watch():
    while True:
        time.sleep(0.002)
        frame = sys._current_frames()[observed]
        while frame.f_code.co_filename != "<cell>":
            frame = frame.f_back
        samples.append((now(), frame.f_lineno))
threading.Thread(target=watch, daemon=True).start()
asyncio.run(main())"""


class Program(NamedTuple):
    """A cell that times statements of these kinds, in this order, the first a sleep.

    It prints ``[[first line, last line, began, ended, held from, held until], ...]``: a statement,
    and the time for which the loop was held with all that its helpers did around it, in ns.
    """

    kinds: list[str]
    code: str


def in_debug_mode(code: str) -> str:
    """The program with asyncio's debug mode on; it then prints ``[[at ns, report], ...]``."""
    return code.replace(_RUN, _DEBUG) + "print(json.dumps(reports))\n"


def watched(code: str) -> str:
    """Beside a thread that looks every 2 ms, the program then prints ``[[at ns, line], ...]``."""
    return code.replace(_RUN, _WATCHED) + "print(json.dumps(samples))\n"


def programs(seed: int) -> Iterator[Program]:
    """``CASES`` cases, each kind equally often, in an order and in sizes that ``seed`` decides."""
    chosen = random.Random(seed)  # noqa: S311 - nothing secret
    names = [list(KINDS)[number % len(KINDS)] for number in range(CASES)]
    chosen.shuffle(names)
    for first in range(0, CASES, CASES_A_PROGRAM):
        yield _Writer(chosen).write(names[first : first + CASES_A_PROGRAM])


class _Writer:
    """Writes one program, counting its lines."""

    def __init__(self, chosen: random.Random) -> None:
        self._chosen = chosen
        self._lines = _START.splitlines()

    def write(self, kinds: list[str]) -> Program:
        self._timed("", ["time.sleep(0.02)"], "case0", 0)
        for number, kind in enumerate(kinds, 1):
            size = self._chosen.uniform(1.1, 8.0)
            before, statement = KINDS[kind](size)
            self._timed(before, statement, f"case{number}", self._chosen.randint(0, DEEPEST))
        self._lines.append("async def main():")
        for number in range(len(kinds) + 1):
            self._lines += ["    await asyncio.sleep(0)", "    began = now()"]
            self._lines += [f"    await case{number}()", "    held.append((began, now()))"]
        self._lines += ["    await asyncio.sleep(0)", _RUN, "late.put(None)", _TELL]
        return Program(["sleep", *kinds], "\n".join(self._lines) + "\n")

    def _timed(self, before: str, statement: list[str], name: str, depth: int) -> None:
        """A coroutine that runs the statement, ``depth`` helpers below its own frame."""
        inner = f"{name}_{depth}" if depth else name
        self._lines.append(f"{'' if depth else 'async '}def {inner}():")
        self._decoys()
        if before:
            self._lines.append(f"    {before}")
        self._lines.append("    began = now()")
        first = len(self._lines) + 1
        self._lines += [f"    {line}" for line in statement]
        last = len(self._lines)
        self._lines += ["    ended = now()", f"    told.append(({first}, {last}, began, ended))"]
        self._decoys()
        for level in range(depth - 1, -1, -1):
            outer = f"{name}_{level}" if level else name
            self._lines.append(f"{'' if level else 'async '}def {outer}():")
            self._decoys()
            self._lines.append(f"    {name}_{level + 1}()")
            self._decoys()

    def _decoys(self) -> None:
        for decoy in self._chosen.sample(_DECOYS, self._chosen.randint(1, 3)):
            self._lines.append(f"    {decoy}")
