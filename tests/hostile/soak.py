"""A long life in short: ``python -m tests.hostile.soak --runs 20000``.

Normal and hostile runs, mixed, on one supervisor; then what it holds is compared with what it held
after the first few hundred: processes, descriptors, mounts, databases, roles, memory. Prints one
JSON object; exit status 1 when something leaked or a run ended otherwise than it should.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.client import SandboxClient
from sandbox.protocol import Database, Outcome, RunRequest
from tests.running import Ran

ROOT = Path(__file__).resolve().parents[2]
LANES = 4
SESSIONS = 6
LOOKS = 3
_PYTHON = b"/opt/py/bin/python"  # as the wall shows it
# One malloc arena more or less is no leak; a leak of 4 KiB a run would be 80 MB in 20,000.
SLACK_BYTES = 16 * 1024 * 1024

_ORM = (ROOT / "exercises/packs/async-databases/04-crud/cells/02-cure.py").read_text("utf-8")
_SQLITE = "import sqlite3\nsqlite3.connect(DSN).execute('SELECT 1')"
# It waits until a ready slot has taken the place of the one it was given itself.
_COUNT = """\
import asyncio, asyncpg
c = await asyncpg.connect(DSN)
await asyncio.sleep(1)
print(await c.fetchval('{}'))
"""


class Kind(NamedTuple):
    """A program, how it must end, how often it is chosen, and how long it may take."""

    name: str
    code: str
    outcome: Outcome
    weight: int
    database: Database = "none"
    wall_seconds: float = 0.0


NORMAL = Kind("print", "print('first')", "completed", 60)
KINDS = [
    NORMAL,
    Kind(
        "sqlite",
        "import sqlite3\nsqlite3.connect(DSN).execute('SELECT 1')",
        "completed",
        8,
        "sqlite",
    ),
    Kind("orm", _ORM, "completed", 3, "sqlite"),
    Kind("postgres", _COUNT.format("SELECT 1"), "completed", 6, "postgres"),
    Kind("held lock", _COUNT.format("SELECT pg_advisory_lock(1)"), "completed", 2, "postgres"),
    Kind("raises", "1 / 0", "raised", 4),
    Kind("os._exit", "import os\nos._exit(0)", "completed", 2),
    Kind("fork", "import os\nos.fork()", "raised", 3),
    Kind("segfault", "import ctypes\nctypes.string_at(0)", "raised", 2),
    Kind("closed descriptors", "import os\nos.closerange(0, 256)", "completed", 2),
    Kind("output flood", "while True: print('x' * 10_000)", "output_limit", 2),
    Kind("disk", "open('f', 'wb').write(bytes(64 * 1024 * 1024))", "disk_limit", 1),
    Kind("inodes", "for n in range(10_000): open(str(n), 'w').close()", "disk_limit", 1),
    Kind("memory", "hoard = [bytes(1 << 20) for _ in range(4096)]", "out_of_memory", 1),
    Kind(
        "threads",
        "import threading\nwait = threading.Event()\n"
        "for _ in range(500): threading.Thread(target=wait.wait, daemon=True).start()",
        "process_limit",
        1,
    ),
    Kind("spin", "while True: pass", "timed_out", 1, wall_seconds=0.2),
    Kind(
        "ignored signals",
        "import signal, time\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\ntime.sleep(60)",
        "timed_out",
        1,
        wall_seconds=0.2,
    ),
]


class Held(NamedTuple):
    """What a supervisor holds while nothing runs. Memory is anonymous, in bytes."""

    processes: int
    descriptors: int
    mounts: int
    databases: int
    roles: int
    supervisor_bytes: int
    zygote_bytes: int


class Soak:
    """One supervisor under mixed runs."""

    def __init__(self, client: SandboxClient, pid: int, seed: int) -> None:
        self._client = client
        self._pid = pid
        self._random = random.Random(seed)  # noqa: S311 - the same mix again, not a secret
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.surprises: list[str] = []

    async def go(self, runs: int) -> list[float]:
        """So many runs on a few lanes; the milliseconds each print cell took to its first byte."""
        remaining = iter(range(runs))
        taken: list[float] = []

        async def lane() -> None:
            for number in remaining:
                (kind,) = self._random.choices(KINDS, [kind.weight for kind in KINDS])
                milliseconds = await self.one(kind, f"{runs}-{number}")
                if kind is NORMAL:
                    taken.append(milliseconds)

        await asyncio.gather(*[lane() for _ in range(LANES)])
        return taken

    async def one(self, kind: Kind, name: str) -> float:
        """One run; milliseconds to its first output or end."""
        keeps = kind.database != "none" and self._random.random() < 0.5
        request = RunRequest(
            run_id=f"soak-{name}",
            code=kind.code,
            database=kind.database,
            session=f"soak-{self._random.randrange(SESSIONS)}" if keeps else "",
            wall_seconds=kind.wall_seconds,
        )
        began, first, events = time.perf_counter(), 0.0, []
        async for batch in self._client.stream(request):
            events += batch
            first = first or (len(events) > 1 and time.perf_counter() - began) or 0.0
        finished = Ran(events).finished
        self.outcomes[finished.outcome] += 1
        if finished.outcome != kind.outcome:
            self.surprises.append(f"{kind.name}: {finished.outcome}: {finished.message}")
        return first * 1000

    async def held(self) -> Held:
        """What is held once every session was reset and the parked children are back."""
        for number in range(SESSIONS):
            await self._client.reset(f"soak-{number}")
        looks = []
        for _ in range(LOOKS):  # what leaked stays; what is only on its way out does not
            await asyncio.sleep(2)  # idle children rehearse and slots are refilled
            looks.append([await self._count(table) for table in ("pg_database", "pg_roles")])
        counts = list(map(min, *looks))
        await asyncio.sleep(2)
        processes = list_descendants(self._pid)
        zygote = find_zygote(self._pid)
        return Held(
            processes=len(processes),
            descriptors=len(os.listdir(f"/proc/{self._pid}/fd")),
            mounts=_count_mounts(zygote),
            databases=counts[0],
            roles=counts[1],
            supervisor_bytes=_anonymous_bytes(self._pid),
            zygote_bytes=_anonymous_bytes(zygote),
        )

    async def _count(self, table: str) -> int:
        request = RunRequest(
            run_id=f"soak-count-{table}",
            code=_COUNT.format(f"SELECT count(*) FROM {table}"),
            database="postgres",
        )
        ran = Ran([event async for batch in self._client.stream(request) for event in batch])
        return int(ran.stdout)


def list_descendants(pid: int) -> list[int]:
    """The pids of all processes below this one, parents before children."""
    parents: dict[int, list[int]] = collections.defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parents[parent(int(entry.name))].append(int(entry.name))
    found = [pid]
    for each in found:
        found += parents[each]
    return found[1:]


def find_zygote(supervisor: int) -> int:
    """The zygote's pid: its children look like it, but their parent is the zygote."""
    alike = {pid for pid in list_descendants(supervisor) if _command(pid).startswith(_PYTHON)}
    (zygote,) = [pid for pid in alike if parent(pid) not in alike]
    return zygote


def parent(pid: int) -> int:
    """The parent's pid; 0 for a process that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def _count_mounts(pid: int) -> int:
    return len(Path(f"/proc/{pid}/mountinfo").read_text("utf-8").splitlines())


def _anonymous_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no RssAnon in /proc")


def list_leaks(before: Held, after: Held) -> list[str]:
    """What is more at the end than it was; memory only beyond the slack."""
    leaks = []
    for name in Held._fields:
        grown = getattr(after, name) - getattr(before, name)
        if grown > (SLACK_BYTES if name.endswith("_bytes") else 0):
            leaks.append(f"{name}: {getattr(before, name)} -> {getattr(after, name)}")
    return leaks


@asynccontextmanager
async def soaking(seed: int) -> AsyncIterator[Soak]:
    """A soak on a supervisor of its own."""
    with tempfile.TemporaryDirectory(prefix="soak-", dir="/tmp") as folder:
        path = f"{folder}/s"
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "sandbox", "serve", "--level", "full", "--socket", path],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        try:
            assert process.stdout is not None
            assert await process.stdout.readline(), "the supervisor did not start"
            yield Soak(SandboxClient(path), process.pid, seed)
        finally:
            process.terminate()
            await process.wait()


async def soak(runs: int, warm_runs: int, seed: int) -> dict[str, Any]:
    """The report: outcomes, leaks, and a normal learner's latency alone and beside the rest."""
    async with soaking(seed) as soaked:
        await soaked.go(warm_runs)
        before = await soaked.held()
        alone = [await soaked.one(NORMAL, f"alone-{number}") for number in range(100)]
        began = time.perf_counter()
        beside = await soaked.go(runs)
        seconds = time.perf_counter() - began
        after = await soaked.held()
    return {
        "runs": runs,
        "seconds": round(seconds),
        "outcomes": dict(soaked.outcomes),
        "surprises": soaked.surprises[:20],
        "leaks": list_leaks(before, after),
        "before": before._asdict(),
        "after": after._asdict(),
        "alone_ms": _spread(alone),
        "beside_ms": _spread(beside),
    }


def _spread(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = asyncio.run(soak(options.runs, 300, options.seed))
    print(json.dumps(report, indent=1))
    sys.exit(1 if report["leaks"] or report["surprises"] else 0)
