"""What learners see, and what is kept, when a part of a fleet fails: real servers, really ended.

docs/faults.md tells what is asserted here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from playground.benchmarks.fleet import Fleet, Server, running_fleet
from tests.hostile.soak import find_zygote
from tests.integration.test_page_socket import COUNT_PG, COUNT_SQLITE
from tests.integration.test_replacement import find_postgres
from tests.serving import ROOT, Page, Shown, open_page, visit

NOTICED_SECONDS = 2.0
KEPT_SECONDS = 20.0
TAKEN = '"message": "taken"'  # as the worker's log says of each run
EXERCISE = "exercise-freeze-the-loop"
LOST_WORKER = "We lost the worker that ran your code, so it was started again on another"
SEEDED_ANEW = "this run began on a fresh one, seeded anew"


def count_slowly(steps: int) -> str:
    """Code that says every quarter of a second how far it is."""
    return (
        f"import time\nfor n in range({steps}):\n    print(n)\n    time.sleep(0.25)\nprint('end')"
    )


def counted(steps: int) -> str:
    return "".join(f"{n}\n" for n in range(steps)) + "end\n"


CHECKING = """
import asyncio, sys
import django
django.setup()
from playground.runs.on_workers import WorkersClient
from sandbox.protocol import RunRequest
record = asyncio.run(WorkersClient("account-of-nobody").record(RunRequest("", sys.argv[1])))
print(record.outcome, record.stdout, sep="\\n", end="")
"""

# The checkout may lie below /tmp itself; "$0" is the first word of the worker's own command.
SMALL_DISK = f"""
mount -t tmpfs none /mnt && mkdir /mnt/checkout && mount --bind {ROOT} /mnt/checkout
mount -t tmpfs -o size=24m none /tmp
mkdir -p {ROOT} && mount --bind /mnt/checkout {ROOT}
cd {ROOT} && exec "$0" "$@"
"""


class Cut:
    """A way to Redis that can be cut: nothing is carried any more, and nobody is told."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        self._is_whole.clear()

    def mend(self) -> None:
        self._is_whole.set()

    def _listen(self) -> None:
        while True:
            near, _ = self._listener.accept()
            self._is_whole.wait()
            try:
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                self._is_whole.wait()
                other.sendall(said)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


class Servers(NamedTuple):
    """Two web processes, two workers, and the cut in the second worker's way to Redis."""

    fleet: Fleet
    cut: Cut
    folder: Path

    def kept(self, table: str) -> list[str]:
        """The run ids in a table of the site."""
        with contextlib.closing(sqlite3.connect(self.folder / "site.sqlite3")) as site:
            return [row[0] for row in site.execute(f"SELECT run_id FROM {table}")]

    async def wait_until_kept(self, table: str, run_id: str) -> None:
        """Return when it is there; once, also a little later."""
        deadline = time.monotonic() + KEPT_SECONDS
        while run_id not in self.kept(table):
            assert time.monotonic() < deadline, f"{run_id} is not in {table}"
            await asyncio.sleep(0.1)
        assert self.kept(table).count(run_id) == 1


@pytest.fixture(scope="module")
def servers(needs: Callable[..., str]) -> Iterator[Servers]:
    """One fleet for all tests here; what one of them ends is started again after it."""
    needs("redis-server")
    with running_fleet(workers=1, LOG_FORMAT="json") as fleet:
        cut = Cut(fleet.redis_port)
        redis_url = f"redis://127.0.0.1:{cut.port}/0"
        fleet.workers.append(fleet.make_worker("worker-cut", REDIS_URL=redis_url))
        fleet.workers[1].start()
        fleet.workers[1].wait()
        yield Servers(fleet, cut, fleet.folder / "site")


@pytest.fixture(autouse=True)
def mended(servers: Servers, request: pytest.FixtureRequest) -> Iterator[None]:
    """All is whole again after a test."""
    yield
    servers.cut.mend()
    fleet = servers.fleet
    ended = [one for one in fleet.servers if one.process.poll() is not None]
    for server in ended:
        server.start()
    for server in ended:
        server.wait()
    for server in [*fleet.workers, *fleet.web]:
        print(f"{server.log}:\n{server.said()[-2500:]}")


class Learner(NamedTuple):
    """A page whose runs go to a known worker."""

    page: Page
    cookie: str
    worker: Server


@asynccontextmanager
async def learner_at(servers: Servers, index: int) -> AsyncIterator[Learner]:
    """A new learner on the first web process, whose scratch databases are at that worker."""
    async with learner_of(servers, servers.fleet.workers[index]) as learner:
        yield learner


@asynccontextmanager
async def learner_of(servers: Servers, wanted: Server) -> AsyncIterator[Learner]:
    """As ``learner_at``."""
    for _ in range(16):
        cookie = await asyncio.to_thread(visit, servers.fleet.addresses[0])
        async with open_page(servers.fleet.addresses[0], cookie) as page:
            before = wanted.said().count(TAKEN)
            shown = await page.run(COUNT_SQLITE.format(note="before"))
            assert shown.stdout == "['before']\n", shown.raw
            if wanted.said().count(TAKEN) > before:
                yield Learner(page, cookie, wanted)
                return
    pytest.fail("no learner came to that worker")


def run_id_of(shown: Shown) -> str:
    return str(re.findall(r'data-run="(\w+)"', shown.raw)[-1])


async def begin(page: Page, code: str, until: str = "2\n", **fields: str) -> Shown:
    """Run it as far as this output."""
    await page.send(**{"action": "run", "code": code, "driver": "aiosqlite", **fields})
    shown = await page.see(lambda shown: until in shown.stdout)
    assert not shown.outcome
    return shown


async def test_a_killed_worker_is_noticed_and_its_run_begins_anew_on_another(
    servers: Servers,
) -> None:
    async with learner_at(servers, 0) as learner:
        begun = await begin(learner.page, count_slowly(8))
        learner.worker.kill()
        since = time.monotonic()
        told = await learner.page.see(lambda shown: bool(shown.notices))
        noticed = time.monotonic() - since
        rest = await learner.page.see(lambda shown: bool(shown.outcome))
        after = await learner.page.run(COUNT_SQLITE.format(note="after"))
    assert LOST_WORKER in told.notices[0]
    assert noticed < NOTICED_SECONDS
    assert (rest.outcome, told.stdout + rest.stdout) == ("completed", counted(8))
    assert after.stdout == "['after']\n"  # what was at the lost worker is lost
    await servers.wait_until_kept("runs_recording", run_id_of(begun))


async def test_a_run_of_a_pack_s_check_begins_anew_on_another_worker(servers: Servers) -> None:
    """As ``playground.teams.pack_checks`` has them run, which no page follows."""
    fleet = servers.fleet
    before = [worker.said().count(TAKEN) for worker in fleet.workers]
    own = {"VAR_DIR": str(servers.folder), "DJANGO_SETTINGS_MODULE": "playground.settings"}
    checking = await asyncio.create_subprocess_exec(
        *[sys.executable, "-c", CHECKING, count_slowly(8)],
        cwd=ROOT,
        env={**os.environ, **fleet.environment, **own},
        stdout=asyncio.subprocess.PIPE,
    )
    deadline = time.monotonic() + KEPT_SECONDS
    while (taken := [worker.said().count(TAKEN) for worker in fleet.workers]) == before:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    [its_worker] = [
        worker
        for worker, count, former in zip(fleet.workers, taken, before, strict=True)
        if count > former
    ]
    its_worker.kill()
    told, _ = await asyncio.wait_for(checking.communicate(), 60)
    assert told.decode() == f"completed\n{counted(8)}"


async def test_after_a_killed_zygote_the_run_is_our_fault_and_files_begin_anew(
    servers: Servers,
) -> None:
    async with learner_at(servers, 0) as learner:
        await begin(learner.page, count_slowly(30))
        os.kill(find_zygote(learner.worker.process.pid), signal.SIGKILL)
        ended = await learner.page.see(lambda shown: bool(shown.outcome))
        after = await learner.page.run(COUNT_SQLITE.format(note="after"))
    assert ended.outcome == "sandbox_failed"
    assert "Our sandbox failed during this run. It is not your code's fault" in ended.status
    assert after.stdout == "['after']\n"
    assert SEEDED_ANEW in after.notices[0]


async def test_after_a_killed_scratch_postgres_the_run_is_our_fault(servers: Servers) -> None:
    code = (
        "import asyncpg\nconnection = await asyncpg.connect(DSN)\nprint('2')\n"
        "await connection.execute('SELECT pg_sleep(9)')"
    )
    async with learner_at(servers, 0) as learner:
        before = await learner.page.run(COUNT_PG.format(note="before"), "asyncpg")
        await begin(learner.page, code, driver="asyncpg")
        os.kill(find_postgres(learner.worker.process.pid), signal.SIGKILL)
        ended = await learner.page.see(lambda shown: bool(shown.outcome))
        after = await learner.page.run(COUNT_PG.format(note="after"), "asyncpg")
    assert before.stdout == "['before']\n"
    assert ended.outcome == "sandbox_failed"
    assert "Our scratch Postgres failed during this run" in ended.status
    assert after.stdout == "['after']\n"
    assert SEEDED_ANEW in after.notices[0]


@pytest.mark.parametrize("comes_back", [False, True], ids=["nobody comes back", "page comes back"])
async def test_an_attempt_of_a_killed_web_process_is_kept_once(
    servers: Servers, comes_back: bool
) -> None:
    fleet = servers.fleet
    async with learner_at(servers, 0) as learner:
        begun = await begin(
            learner.page, count_slowly(6), action="check", cell=EXERCISE, driver="asyncpg"
        )
        run_id = run_id_of(begun)
        fleet.web[0].kill()
    if comes_back:
        async with open_page(fleet.addresses[1], learner.cookie) as page:
            await page.send(action="resume", cell=EXERCISE, run_id=run_id)
            shown = await page.see(lambda shown: 'class="verdict' in shown.raw)
        assert shown.stdout == counted(6)
    await servers.wait_until_kept("progress_attempt", run_id)


async def test_a_page_that_comes_back_elsewhere_sees_its_run_and_can_stop_it(
    servers: Servers,
) -> None:
    async with learner_at(servers, 0) as learner:
        begun = await begin(learner.page, count_slowly(36))
        learner.page.connection.transport.abort()
        async with open_page(servers.fleet.addresses[1], learner.cookie) as page:
            await page.send(action="resume", run_id=run_id_of(begun))
            shown = await page.see(lambda shown: "5\n" in shown.stdout)
            await page.send(action="stop")
            ended = await page.see(lambda shown: bool(shown.outcome))
    assert shown.stdout.startswith("0\n1\n2\n3\n")
    assert ended.outcome == "cancelled"


async def test_a_run_that_waits_is_told_its_place_and_can_be_stopped(servers: Servers) -> None:
    """One run of a learner at a time: the second waits, also for another web process."""
    async with (
        learner_at(servers, 0) as learner,
        open_page(servers.fleet.addresses[1], learner.cookie) as other,
    ):
        await begin(learner.page, count_slowly(30))
        await other.send(action="run", code="print('never')", driver="aiosqlite")
        waits = await other.see(lambda shown: "number 1 in the queue" in "".join(shown.statuses))
        await other.send(action="stop")
        stopped = await other.see(lambda shown: bool(shown.outcome))
        await learner.page.send(action="stop")
        await learner.page.see(lambda shown: bool(shown.outcome))
    assert "The time limit begins when your code does" in waits.status
    assert (stopped.outcome, stopped.stdout) == ("cancelled", "")
    assert "Stopped before it began" in stopped.status


async def test_nobody_resumes_the_run_of_another(servers: Servers) -> None:
    async with learner_at(servers, 0) as learner, open_page(servers.fleet.addresses[1]) as other:
        begun = await begin(learner.page, count_slowly(8))
        for run_id in (run_id_of(begun), "unknown"):
            await other.send(action="resume", run_id=run_id)
        shown = await other.see(lambda shown: len(shown.statuses) == 2)
        await learner.page.send(action="stop")
        await learner.page.see(lambda shown: bool(shown.outcome))
    assert len(set(shown.statuses)) == 1
    assert "is not known any more" in shown.status


async def test_redis_gone_for_ten_seconds_and_back_empty(servers: Servers) -> None:
    redis = servers.fleet.redis
    async with learner_at(servers, 0) as learner:
        begun = await begin(learner.page, count_slowly(20))
        redis.kill()
        gone_since = time.monotonic()
        await learner.page.send(action="resume", run_id="any")
        told = await learner.page.see(lambda shown: bool(shown.notices))
        await asyncio.sleep(max(0, 10 - (time.monotonic() - gone_since)))
        redis.start()
        redis.wait()
        rest = await learner.page.see(lambda shown: bool(shown.outcome))
        again = await learner.page.run(COUNT_SQLITE.format(note="again"))
    assert "out of reach just now. It is our fault" in told.notices[0]
    assert (rest.outcome, begun.stdout + told.stdout + rest.stdout) == ("completed", counted(20))
    assert again.stdout == "['again', 'before']\n"  # it stuck to its worker
    assert not again.notices
    await servers.wait_until_kept("runs_recording", run_id_of(begun))


async def test_a_worker_that_leaves_ends_what_it_has_and_takes_nothing_new(
    servers: Servers,
) -> None:
    async with learner_at(servers, 0) as learner:
        begun = await begin(learner.page, count_slowly(16))
        learner.worker.send(signal.SIGTERM)
        await asyncio.sleep(0.7)
        taken = learner.worker.said().count(TAKEN)
        async with open_page(servers.fleet.addresses[1]) as page:
            others = [await page.run("print('elsewhere')") for _ in range(2)]
        rest = await learner.page.see(lambda shown: bool(shown.outcome))
        after = await learner.page.run(COUNT_SQLITE.format(note="after"))
        assert await asyncio.to_thread(learner.worker.process.wait, 20) == 0
    assert (rest.outcome, begun.stdout + rest.stdout) == ("completed", counted(16))
    assert [shown.stdout for shown in others] == ["elsewhere\n"] * 2
    assert learner.worker.said().count(TAKEN) == taken
    assert after.stdout == "['after']\n"
    assert SEEDED_ANEW in after.notices[0]


async def test_a_worker_cut_off_is_noticed_and_its_run_begins_anew_on_another(
    servers: Servers,
) -> None:
    async with learner_at(servers, 1) as learner:
        begun = await begin(learner.page, count_slowly(8))
        servers.cut.cut()
        since = time.monotonic()
        told = await learner.page.see(lambda shown: bool(shown.notices))
        noticed = time.monotonic() - since
        rest = await learner.page.see(lambda shown: bool(shown.outcome))
        servers.cut.mend()
        after = await learner.page.run("print('after')")
    assert LOST_WORKER in told.notices[0]
    assert noticed < NOTICED_SECONDS
    assert (rest.outcome, told.stdout + rest.stdout) == ("completed", counted(8))
    assert after.stdout == "after\n"
    await servers.wait_until_kept("runs_recording", run_id_of(begun))


async def test_a_full_disk_of_the_worker_harms_no_run(servers: Servers) -> None:
    """Learners' files and databases lie in memory, each on a disk of its own."""
    with worker_with_small_disk(servers.fleet) as (worker, disk):
        async with learner_of(servers, worker) as learner:
            (disk / "filling").write_bytes(b"x" * 1024)
            with contextlib.suppress(OSError), (disk / "filling").open("ab") as filling:
                while True:
                    filling.write(b"x" * 1024 * 1024)
            kept = await learner.page.run(COUNT_SQLITE.format(note="full"))
            rows = await learner.page.run(COUNT_PG.format(note="full"), "asyncpg")
            (disk / "filling").unlink()
            after = await learner.page.run(COUNT_SQLITE.format(note="later"))
    assert kept.stdout == "['before', 'full']\n"
    assert rows.outcome == "completed" or "It is not your code's fault" in rows.status
    assert after.stdout == "['before', 'full', 'later']\n"


@contextmanager
def worker_with_small_disk(fleet: Fleet) -> Iterator[tuple[Server, Path]]:
    """A worker whose /tmp is a disk of a few megabytes, and where we see that disk."""
    if os.geteuid():
        pytest.skip("only root may mount a disk")
    worker = fleet.make_worker("worker-full")
    worker.run_inside("unshare", "--mount", "--propagation", "private", "sh", "-ec", SMALL_DISK)
    worker.start()
    try:
        worker.wait()
        yield worker, Path(f"/proc/{worker.process.pid}/root/tmp")
    finally:
        worker.stop()
