"""The site in its two forms: all in one process, and web and worker apart with Redis between."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.benchmarks.throwaway_postgres import throwaway_postgres
from sandbox.host import delegation
from tests.serving import running, site


@pytest.fixture(scope="session")
def embedded_site() -> Iterator[str]:
    """The address of a site with everything in one process."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder, site(Path(folder)) as address:
        yield address


@pytest.fixture(scope="session")
def fleet_site(redis_url: str) -> Iterator[str]:
    """The address of a web process whose runs go through Redis to a worker process."""
    with (
        tempfile.TemporaryDirectory(prefix="worker-") as worker_folder,
        tempfile.TemporaryDirectory(prefix="site-") as web_folder,
        running(
            [sys.executable, "manage.py", "runworker", "sandbox"],
            Path(worker_folder),
            REDIS_URL=redis_url,
        ),
        site(Path(web_folder), REDIS_URL=redis_url) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def site_postgres() -> Iterator[str]:
    """A Postgres for the site's own data; its address for SITE_DATABASE_URL."""
    with throwaway_postgres() as address:
        yield address


@pytest.fixture(params=["embedded", "fleet"])
def address(request: pytest.FixtureRequest) -> str:
    """Each form of the site in turn."""
    found: str = request.getfixturevalue(f"{request.param}_site")
    return found


@pytest.fixture
def cgroup_base() -> Iterator[Path]:
    """A cgroup to divide, at the top of the hierarchy, with the controllers there are."""
    mounts = Path("/proc/self/mountinfo").read_text("utf-8")
    tops = [line.split()[4] for line in mounts.splitlines() if " - cgroup2 " in line]
    if not tops or not os.access(tops[0], os.W_OK):
        pytest.skip("needs a cgroup v2 hierarchy that this user may write to")
    top = Path(tops[0])
    offered = (top / "cgroup.controllers").read_text("ascii").split()
    (top / "cgroup.subtree_control").write_text(
        " ".join(f"+{name}" for name in delegation.WANTED if name in offered)
    )
    base = Path(tempfile.mkdtemp(prefix="tests-", dir=top))
    yield base
    for folder in (base / delegation.LEAF, base):
        if folder.exists():
            folder.rmdir()
