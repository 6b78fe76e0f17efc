"""Web and worker hosts whose network is cut: namespaces of their own, and a wire pulled for real.

A worker and a web process run on hosts of their own; Redis, another worker and another web process
here. docs/faults.md tells what is asserted.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from playground.benchmarks.fleet import Fleet, Server, find_free_port
from tests.hosts import Link, hosts
from tests.integration.test_faults import (
    LOST_WORKER,
    NOTICED_SECONDS,
    Cut,
    Servers,
    begin,
    count_slowly,
    counted,
    learner_of,
    run_id_of,
)
from tests.integration.test_page_socket import COUNT_SQLITE
from tests.serving import open_page, visit

BRIEFLY, SECONDS = 0.5, 4.0
OUTAGE_SECONDS = 30.0


class Apart(NamedTuple):
    """The fleet, and who is where."""

    servers: Servers
    far_worker: Server
    to_worker: Link
    far_web: str
    to_web: Link


@pytest.fixture(scope="module")
def apart(needs: Callable[..., str]) -> Iterator[Apart]:
    """One fleet for all tests here."""
    needs("redis-server")
    with (
        tempfile.TemporaryDirectory(prefix="fleet-", dir="/tmp") as folder,
        hosts(needs, "worker", "web") as (worker_host, web_host),
    ):
        to_worker, to_web, for_pages = worker_host.link(1), web_host.link(2), web_host.link(3)
        fleet = Fleet(
            Path(folder),
            web=1,
            workers=1,
            redis_at=("127.0.0.1", to_worker.near, to_web.near),
            LOG_FORMAT="json",
        )
        url = f"redis://{{}}:{fleet.redis_port}/0"
        far_worker = fleet.make_worker("worker-far", REDIS_URL=url.format(to_worker.near))
        far_worker.run_inside(*worker_host.inside)
        fleet.workers.append(far_worker)
        port = find_free_port()
        far_web = fleet.make_web(
            port,
            for_pages.far,
            REDIS_URL=url.format(to_web.near),
            ALLOWED_HOSTS=f"127.0.0.1,{for_pages.far}",
        )
        far_web.run_inside(*web_host.inside)
        fleet.web.append(far_web)
        try:
            fleet.start()
            servers = Servers(fleet, Cut(fleet.redis_port), fleet.folder / "site")
            yield Apart(servers, far_worker, to_worker, f"http://{for_pages.far}:{port}", to_web)
        finally:
            to_worker.mend()
            to_web.mend()
            fleet.stop()


@pytest.fixture(autouse=True)
def mended(apart: Apart) -> Iterator[None]:
    """All is whole again after a test; what ended is started anew."""
    yield
    apart.to_worker.mend()
    apart.to_web.mend()
    fleet = apart.servers.fleet
    ended = [one for one in fleet.servers if one.process.poll() is not None]
    for server in ended:
        server.start()
    for server in ended:
        server.wait()
    for server in [*fleet.workers, *fleet.web]:
        print(f"{server.log}:\n{server.said()[-2500:]}")


async def test_a_worker_cut_off_for_a_moment_goes_on_with_its_run(apart: Apart) -> None:
    async with learner_of(apart.servers, apart.far_worker) as learner:
        begun = await begin(learner.page, count_slowly(12))
        apart.to_worker.cut()
        await asyncio.sleep(BRIEFLY)
        apart.to_worker.mend()
        rest = await learner.page.see(lambda shown: bool(shown.outcome))
        after = await learner.page.run(COUNT_SQLITE.format(note="after"))
    assert (rest.outcome, begun.stdout + rest.stdout) == ("completed", counted(12))
    assert not rest.notices
    assert after.stdout == "['after', 'before']\n"
    await apart.servers.wait_until_kept("runs_recording", run_id_of(begun))


@pytest.mark.parametrize("is_mended", [True, False], ids=["for some seconds", "for good"])
async def test_the_run_of_a_worker_cut_off_begins_anew_on_another(
    apart: Apart, is_mended: bool
) -> None:
    async with learner_of(apart.servers, apart.far_worker) as learner:
        begun = await begin(learner.page, count_slowly(20))
        apart.to_worker.cut()
        since = time.monotonic()
        told = await learner.page.see(lambda shown: bool(shown.notices))
        noticed = time.monotonic() - since
        if is_mended:  # while the first worker still has the run, and tells of it as well
            await asyncio.sleep(max(0, SECONDS - (time.monotonic() - since)))
            apart.to_worker.mend()
        rest = await learner.page.see(lambda shown: bool(shown.outcome))
        after = await learner.page.run(COUNT_SQLITE.format(note="after"))
        again = await learner.page.run(COUNT_SQLITE.format(note="again"))
    assert LOST_WORKER in told.notices[0]
    assert noticed < NOTICED_SECONDS
    assert (rest.outcome, told.stdout + rest.stdout) == ("completed", counted(20))
    # What was at the lost worker is lost, once: the next runs stay where they are.
    assert after.stdout == "['after']\n"
    assert again.stdout == "['after', 'again']\n"
    await apart.servers.wait_until_kept("runs_recording", run_id_of(begun))
    if is_mended:
        async with learner_of(apart.servers, apart.far_worker) as another:
            assert another.worker is apart.far_worker  # it takes runs again, by itself


async def test_a_web_host_cut_off_for_some_seconds_shows_the_rest_of_its_run(
    apart: Apart,
) -> None:
    cookie = await asyncio.to_thread(visit, apart.far_web)
    async with open_page(apart.far_web, cookie) as page:
        begun = await begin(page, count_slowly(24))
        apart.to_web.cut()
        since = time.monotonic()
        await page.send(action="resume", run_id="any")
        told = await page.see(lambda shown: bool(shown.notices))
        await asyncio.sleep(max(0, SECONDS - (time.monotonic() - since)))
        apart.to_web.mend()
        rest = await page.see(lambda shown: bool(shown.outcome))
    assert "out of reach just now. It is our fault" in told.notices[0]
    output = begun.stdout + told.stdout + rest.stdout
    assert (rest.outcome, output) == ("completed", counted(24))
    await apart.servers.wait_until_kept("runs_recording", run_id_of(begun))


async def test_the_run_of_a_web_host_cut_off_for_good_is_kept_by_another(apart: Apart) -> None:
    cookie = await asyncio.to_thread(visit, apart.far_web)
    async with open_page(apart.far_web, cookie) as page:
        begun = await begin(page, count_slowly(16))
        apart.to_web.cut()
        since = time.monotonic()
        async with open_page(apart.servers.fleet.addresses[0], cookie) as elsewhere:
            await elsewhere.send(action="resume", run_id=run_id_of(begun))
            shown = await elsewhere.see(lambda shown: bool(shown.outcome))
        ended = await page.see(lambda shown: bool(shown.outcome))
        waited = time.monotonic() - since
    assert (shown.outcome, shown.stdout) == ("completed", counted(16))
    assert ended.outcome == "sandbox_failed"
    assert "Our own message store is out of reach" in ended.status
    assert "It is our fault" in ended.status
    assert waited < OUTAGE_SECONDS + 10
    await apart.servers.wait_until_kept("runs_recording", run_id_of(begun))
