"""Children in cgroups of their own, on this machine's hierarchy with whatever controllers it has.

Most machines that run tests delegate nothing; root can still make cgroups in a cgroup v2 hierarchy
without controllers, where membership, kill, processor time and removal are the real thing.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.host import delegation
from sandbox.host.cgroups import Cgroups
from sandbox.host.child_cgroup import ChildCgroup

# Starts a process that leaves the session, then uses the processor; both once a file is there.
FAMILY = 'while ! [ -e "$0" ]; do sleep 0.02; done; setsid sleep 60 & while :; do :; done'
SLEEP = ["sleep", "60"]


@pytest.fixture
def cgroups(cgroup_base: Path) -> Iterator[Cgroups]:
    """Cgroups in use."""
    made = Cgroups(cgroup_base)
    made.start()
    assert "cgroup v2 for each run" in made.report
    yield made
    made.stop()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a program that is ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait(5)


Start = Callable[..., subprocess.Popen[bytes]]


async def adopt(cgroups: Cgroups, process: subprocess.Popen[bytes]) -> ChildCgroup:
    group = await cgroups.adopt(process.pid)
    assert group is not None
    return group


def list_folders(base: Path) -> list[Path]:
    """The cgroups of children, of all supervisors below ``base``."""
    return sorted(base.glob("playground-*/child-*"))


def list_homes(base: Path) -> list[str]:
    """The folders of supervisors."""
    names = {path.name for path in base.glob("playground-*")}
    return sorted(names - {delegation.LEAF})


def read_membership() -> str:
    """The cgroups this process is in."""
    return Path("/proc/self/cgroup").read_text("ascii")


def count_members(folder: Path) -> int:
    return len((folder / "cgroup.procs").read_text("ascii").split())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_a_child_is_killed_and_accounted_with_all_it_started(
    cgroups: Cgroups, cgroup_base: Path, start: Start, tmp_path: Path
) -> None:
    parent, neighbour = start("sh", "-c", FAMILY, str(tmp_path / "go")), start(*SLEEP)
    family, alone = await adopt(cgroups, parent), await adopt(cgroups, neighbour)
    (tmp_path / "go").touch()
    wait_for(lambda: [count_members(folder) for folder in list_folders(cgroup_base)] == [2, 1])
    wait_for(lambda: family.account().cpu_us > 3 * alone.account().cpu_us + 50_000)
    family.kill()
    assert parent.wait(5) == -9
    assert neighbour.poll() is None
    family.close()
    wait_for(family.is_gone)
    assert len(list_folders(cgroup_base)) == 1


async def test_a_process_that_is_gone_is_not_taken_for_ourselves(cgroups: Cgroups) -> None:
    own = read_membership()
    assert await cgroups.adopt(-1) is None
    assert await cgroups.adopt(0) is None
    assert read_membership() == own
    assert "cgroup v2 for each run" in cgroups.report


async def test_what_a_dead_supervisor_left_is_swept_and_a_living_ones_is_not(
    cgroup_base: Path, cgroups: Cgroups, start: Start
) -> None:
    living, orphan = start(*SLEEP), start(*SLEEP)
    await adopt(cgroups, living)
    left = cgroup_base / "playground-left"
    (left / "child-1").mkdir(parents=True)
    (left / "child-1" / "cgroup.procs").write_text(str(orphan.pid))
    next_one = Cgroups(cgroup_base)
    next_one.start()
    next_one.stop()
    assert orphan.wait(5) == -9
    assert not left.exists()
    assert living.poll() is None
    assert len(list_folders(cgroup_base)) == 1


async def test_stopping_ends_everything_and_leaves_nothing(cgroup_base: Path, start: Start) -> None:
    cgroups = Cgroups(cgroup_base)
    cgroups.start()
    process = start(*SLEEP)
    await adopt(cgroups, process)
    cgroups.stop()
    assert process.wait(5) == -9
    assert list_homes(cgroup_base) == []


def test_what_ran_in_the_delegated_cgroup_moves_into_a_leaf(
    cgroup_base: Path, start: Start
) -> None:
    process = start(*SLEEP)
    (cgroup_base / "cgroup.procs").write_text(str(process.pid))
    cgroups = Cgroups(cgroup_base)
    cgroups.start()
    try:
        assert count_members(cgroup_base) == 0
        assert count_members(cgroup_base / delegation.LEAF) == 1
    finally:
        cgroups.stop()


def test_a_machine_that_delegates_nothing_is_told_so_and_how_to_change_it() -> None:
    cgroups = Cgroups()
    cgroups.start()
    try:
        if "for each run" not in cgroups.report:
            assert "bounded per process by rlimits; no cgroup v2 delegated here: " in cgroups.report
            assert "Delegate=yes" in cgroups.report or "unified_cgroup" in cgroups.report
    finally:
        cgroups.stop()
