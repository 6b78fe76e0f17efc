"""Who may run now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sandbox.host.admission import (
    LEAST_RETRY_SECONDS,
    MAX_QUEUED,
    MAX_QUEUED_OF_ONE,
    Admission,
    QueueFull,
    weigh,
)
from sandbox.protocol import PROFILES


class Runner:
    """A run that holds its place until told to leave."""

    def __init__(
        self, admission: Admission, session: str, weight: int = 1, fair_by: Sequence[str] = ()
    ) -> None:
        self.positions: list[int] = []
        self.waits: list[float] = []
        self.is_running = False
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._run(admission, session, weight, fair_by))

    def _hear(self, position: int, wait_seconds: float) -> None:
        self.positions.append(position)
        self.waits.append(wait_seconds)

    async def _run(
        self, admission: Admission, session: str, weight: int, fair_by: Sequence[str]
    ) -> None:
        async with admission.admit(session, self._hear, weight, fair_by):
            self.is_running = True
            await self.leave.wait()
        self.is_running = False

    async def end(self) -> None:
        self.leave.set()
        await self.task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_at_most_so_many_run_and_the_rest_hear_their_position() -> None:
    admission = Admission(most_running=2)
    runners = [Runner(admission, name) for name in "abcd"]
    await settle()
    assert [runner.is_running for runner in runners] == [True, True, False, False]
    assert (runners[2].positions, runners[3].positions) == ([1], [2])
    await runners[0].end()
    await settle()
    assert runners[2].is_running
    assert runners[3].positions == [2, 1]
    for runner in runners[1:]:
        await runner.end()
    assert (admission.running, admission.queued) == (0, 0)


async def test_a_session_runs_one_at_a_time_and_holds_up_nobody_else() -> None:
    admission = Admission(most_running=3)
    first, second, other = (Runner(admission, name) for name in ("mine", "mine", "theirs"))
    await settle()
    assert (first.is_running, second.is_running, other.is_running) == (True, False, True)
    await first.end()
    await settle()
    assert second.is_running
    await second.end()
    await other.end()


async def test_runs_without_a_session_do_not_wait_for_each_other() -> None:
    admission = Admission(most_running=2)
    runners = [Runner(admission, "") for _ in range(2)]
    await settle()
    assert all(runner.is_running for runner in runners)
    for runner in runners:
        await runner.end()


@pytest.mark.parametrize("is_admitted", [False, True], ids=["waiting", "just admitted"])
async def test_a_cancelled_run_gives_its_place_back(is_admitted: bool) -> None:
    admission = Admission(most_running=1)
    first, second, third = (Runner(admission, name) for name in "abc")
    await settle()
    if is_admitted:
        first.leave.set()
        await first.task  # admits the second, which has not run since
    second.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second.task
    await first.end()
    await settle()
    assert third.is_running
    await third.end()
    assert (admission.running, admission.queued) == (0, 0)


async def test_a_full_queue_refuses() -> None:
    admission = Admission(most_running=1)
    runners = [Runner(admission, str(number)) for number in range(MAX_QUEUED + 1)]
    await settle()
    with pytest.raises(QueueFull, match="100 runs wait already") as refused:
        async with admission.admit("late", lambda *_: None):
            pass
    assert refused.value.retry_seconds > LEAST_RETRY_SECONDS
    for runner in runners:
        await runner.end()


async def test_a_run_takes_as_many_places_as_it_weighs() -> None:
    admission = Admission(most_running=4)
    heavy, light, late = Runner(admission, "a", 3), Runner(admission, "b"), Runner(admission, "c")
    await settle()
    assert (heavy.is_running, light.is_running, late.is_running) == (True, True, False)
    assert (admission.running, admission.queued) == (2, 1)
    await heavy.end()
    await settle()
    assert late.is_running
    await light.end()
    await late.end()


async def test_a_heavy_run_is_not_overtaken_for_ever() -> None:
    admission = Admission(most_running=4)
    first, heavy, light = Runner(admission, "a"), Runner(admission, "b", 4), Runner(admission, "c")
    await settle()
    assert (first.is_running, heavy.is_running, light.is_running) == (True, False, False)
    await first.end()
    await settle()
    assert (heavy.is_running, light.is_running) == (True, False)
    await heavy.end()
    await light.end()


async def test_a_run_heavier_than_all_places_runs_alone() -> None:
    admission = Admission(most_running=2)
    heavy, light = Runner(admission, "a", 9), Runner(admission, "b")
    await settle()
    assert (heavy.is_running, light.is_running) == (True, False)
    await heavy.end()
    await settle()
    assert light.is_running
    await light.end()


async def test_a_heavy_run_of_a_busy_session_holds_up_nobody_else() -> None:
    admission = Admission(most_running=2)
    first, own, other = Runner(admission, "a"), Runner(admission, "a", 2), Runner(admission, "b")
    await settle()
    assert (own.is_running, other.is_running) == (False, True)
    for runner in (first, other, own):
        await runner.end()


def test_a_run_weighs_its_workers_and_its_memory() -> None:
    default = PROFILES["default"]
    assert (weigh(default), weigh(default, 4)) == (1, 4)
    assert weigh(PROFILES["heavy"]) == 2
    assert weigh(PROFILES["processes"]) == 3


async def order_of(admission: Admission, runners: dict[str, Runner], first: Runner) -> list[str]:
    """The names in the order in which they run, one at a time."""
    order: list[str] = []
    await first.end()
    while len(order) < len(runners):
        await settle()
        [name] = [name for name, one in runners.items() if one.is_running]
        order.append(name)
        await runners[name].end()
    assert (admission.running, admission.queued) == (0, 0)
    return order


async def test_learners_take_turns_however_many_runs_one_asks_for() -> None:
    admission = Admission(most_running=1)
    first = Runner(admission, "session-0", fair_by=["ada"])
    await settle()
    runners = {
        name: Runner(admission, f"session of {name}", fair_by=[name[:-1]])
        for name in ("ada1", "ada2", "ada3", "bob1", "bob2", "eve1")
    }
    await settle()
    # What ada has running counts: bob and eve come first, and nobody waits behind all of hers.
    assert await order_of(admission, runners, first) == [
        *("bob1", "eve1", "ada1", "bob2", "ada2", "ada3")
    ]


async def test_among_learners_teams_take_turns() -> None:
    admission = Admission(most_running=1)
    first = Runner(admission, "session", fair_by=["zoe"])
    await settle()
    runners = {
        name: Runner(admission, name, fair_by=[name, team])
        for name, team in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"))
    }
    await settle()
    assert await order_of(admission, runners, first) == ["a1", "b1", "a2", "b2", "a3"]


async def test_one_learner_does_not_fill_the_queue() -> None:
    admission = Admission(most_running=1)
    runners = [
        Runner(admission, f"session {number}", fair_by=["ada"])
        for number in range(MAX_QUEUED_OF_ONE + 1)
    ]
    await settle()
    with pytest.raises(QueueFull, match="20 runs of yours wait already"):
        async with admission.admit("late", lambda *_: None, fair_by=["ada"]):
            pass
    other = Runner(admission, "other", fair_by=["bob"])
    await settle()
    assert other.positions == [1]
    for runner in [*runners, other]:
        runner.leave.set()
    await asyncio.gather(*[runner.task for runner in [*runners, other]])


async def test_the_expected_wait_grows_with_the_place() -> None:
    admission = Admission(most_running=2)
    runners = [Runner(admission, str(number)) for number in range(6)]
    await settle()
    waits = [runner.waits[0] for runner in runners[2:]]
    assert waits == sorted(waits)
    assert waits[0] > 0
    assert waits[3] == pytest.approx(4 * waits[0])
    for runner in runners:
        await runner.end()
