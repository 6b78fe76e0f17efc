"""Whole runs in cgroups: bounded where the hierarchy has controllers, gone afterwards anywhere."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.host.cgroups import Cgroups
from sandbox.host.supervisor import PARKED_CHILDREN, Supervisor
from sandbox.protocol import Finished, Layer, Limits, RunRequest
from tests.integration.test_cgroups import count_members, list_folders
from tests.running import new_id

NOWHERE = Path("/nowhere")
NO_RLIMITS: frozenset[Layer] = frozenset({"rlimits"})


@pytest.fixture
def needs_controllers(cgroup_base: Path) -> None:
    """For tests of bounds: they need controllers."""
    offered = (cgroup_base / "cgroup.controllers").read_text("ascii").split()
    if not {"memory", "pids"} <= set(offered):
        # In CI as well: a machine whose controllers belong to cgroup v1 cannot be given them.
        pytest.skip("needs the memory and pids controllers in cgroup v2")


@asynccontextmanager
async def supervisor(
    cgroups: Cgroups, without: frozenset[Layer] = frozenset()
) -> AsyncIterator[Supervisor]:
    with tempfile.TemporaryDirectory(prefix="grouped-", dir="/tmp") as directory:
        running = Supervisor(Path(directory), without=without, cgroups=cgroups)
        await running.start("full", warm=False)
        try:
            yield running
        finally:
            await running.stop()


async def finish(
    running: Supervisor, code: str, seconds: float = 100, profile: str = "default"
) -> Finished:
    """The end of a run that may take its time: these tests are also run in emulated machines."""
    last: object = None
    request = RunRequest(new_id("run"), code, wall_seconds=seconds, profile=profile)
    async for events in running.run(request):
        last = events[-1]
    assert isinstance(last, Finished)
    return last


async def test_runs_go_through_cgroups_and_leave_none(cgroup_base: Path) -> None:
    async with supervisor(Cgroups(cgroup_base)) as running:
        assert "cgroup v2 for each run" in running.status().cgroup
        spun = await finish(running, "while True: pass", seconds=0.4)
        assert spun.outcome == "timed_out"
        assert spun.cpu_us > 50_000
        for _ in range(6):
            assert (await finish(running, "print('next')")).outcome == "completed"
        await asyncio.sleep(0.2)  # the last one's place is taken by a parked child
        assert len(list_folders(cgroup_base)) <= PARKED_CHILDREN + 1
        assert all(count_members(folder) == 1 for folder in list_folders(cgroup_base))
    assert list_folders(cgroup_base) == []


HOARD = "hoard = [bytearray(1 << 20) for _ in range(600)]\nprint(len(hoard))"
THREADS = (
    "import threading\nstop = threading.Event()\n"
    "for _ in range(200): threading.Thread(target=stop.wait, daemon=True).start()\n"
)


@pytest.mark.parametrize(
    ("code", "outcome"), [(HOARD, "out_of_memory"), (THREADS, "process_limit")]
)
async def test_without_rlimits_the_cgroup_still_bounds_memory_and_tasks(
    cgroup_base: Path, needs_controllers: None, code: str, outcome: str
) -> None:
    async with supervisor(Cgroups(cgroup_base), NO_RLIMITS) as running:
        finished = await finish(running, code)
        assert (finished.outcome, finished.fault) == (outcome, "your limit")
        assert (await finish(running, "print('next')")).outcome == "completed"
        if outcome == "out_of_memory":
            assert Limits().memory_bytes < finished.memory_peak_bytes < 400 * 1024 * 1024
    async with supervisor(Cgroups(NOWHERE), NO_RLIMITS) as running:  # the control
        assert (await finish(running, code)).outcome == "completed"


async def test_with_rlimits_the_learner_keeps_the_traceback(
    cgroup_base: Path, needs_controllers: None
) -> None:
    async with supervisor(Cgroups(cgroup_base)) as running:
        finished = await finish(running, HOARD, profile="heavy")
    assert finished.outcome == "out_of_memory"
    assert finished.error is not None
    assert finished.error.type == "MemoryError"
