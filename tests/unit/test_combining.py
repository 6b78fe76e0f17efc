"""The end of a run of several workers, from the ends of its children."""

from __future__ import annotations

import signal
from typing import get_args

import pytest

from sandbox.host.combining import WORST_FIRST, ChildEnd, add, combine
from sandbox.host.outcomes import Ending, Stop
from sandbox.host.witness import Seen
from sandbox.protocol import LARGEST_FIGURE, Exited, Limits, Outcome, Raised, Summary


def end(
    worker: int,
    *,
    stop: Stop = "",
    status: int = 0,
    ended: bool = True,
    raised: Raised | None = None,
    summary: Summary | None = None,
) -> ChildEnd:
    """Worker n took n ms of processor time and n MB, and ended after n ms."""
    if raised is not None:
        status = 1 << 8
    ending = Ending(Limits(), stop, status, worker * 1000, ended, raised, 0)
    exited = Exited(worker, status, worker * 1000, worker * 1_000_000)
    seen = Seen(worker, "on", pings=worker, longest_lag_us=worker * 10, blocked_us=worker * 100)
    return ChildEnd(worker, exited, ending, summary or Summary(), worker * 1000, seen)


VALUE_ERROR = Raised("ValueError", "no", 5)
OUT_OF_MEMORY = Raised("MemoryError", "", 7)


def test_every_outcome_has_its_place_in_the_order() -> None:
    assert sorted(WORST_FIRST) == sorted(get_args(Outcome))


def test_a_run_of_one_is_told_as_before() -> None:
    finished = combine([end(0, raised=VALUE_ERROR)])
    assert (finished.outcome, finished.worker) == ("raised", 0)
    assert finished.message == "Your code raised ValueError on line 5."


def test_figures_are_those_of_all() -> None:
    finished = combine([end(1), end(2), end(3)])
    assert (finished.outcome, finished.worker, finished.message) == ("completed", 0, "Completed.")
    assert (finished.cpu_us, finished.max_rss_bytes, finished.wall_us) == (6000, 3_000_000, 3000)


def test_one_that_crashes_is_named() -> None:
    crashed = end(3, status=signal.SIGSEGV, ended=False)
    finished = combine([end(1), end(2), crashed, end(4)])
    assert (finished.outcome, finished.worker) == ("raised", 3)
    assert finished.message.startswith("Worker 3 of 4: Your code crashed")
    assert finished.exit_status == -signal.SIGSEGV


def test_the_first_of_those_that_raised_gives_its_error() -> None:
    ends = [end(1), end(2, raised=VALUE_ERROR), end(3, raised=Raised("KeyError", "k", 9))]
    finished = combine(ends)
    assert finished.error == VALUE_ERROR
    assert finished.message == "Workers 2, 3 of 3: Your code raised ValueError on line 5."


def test_when_all_end_alike_none_is_named() -> None:
    finished = combine([end(1, raised=VALUE_ERROR), end(2, raised=VALUE_ERROR)])
    assert (finished.worker, finished.message) == (0, "Your code raised ValueError on line 5.")


@pytest.mark.parametrize(
    ("ends", "outcome", "worker"),
    [
        ([end(1, raised=VALUE_ERROR), end(2, raised=OUT_OF_MEMORY)], "out_of_memory", 2),
        ([end(1, raised=OUT_OF_MEMORY), end(2, stop="deadline", status=9)], "timed_out", 2),
        ([end(1, stop="deadline", status=9), end(2, stop="cancel", status=9)], "cancelled", 2),
        ([end(1, stop="cancel", status=9), end(2, stop="lost", status=9)], "sandbox_failed", 2),
        ([end(1), end(2, raised=VALUE_ERROR)], "raised", 2),
    ],
)
def test_the_worst_outcome_counts(ends: list[ChildEnd], outcome: str, worker: int) -> None:
    finished = combine(ends)
    assert (finished.outcome, finished.worker) == (outcome, worker)


def test_completed_with_a_remark_is_worse_than_completed() -> None:
    finished = combine([end(1), end(2, ended=False)])
    assert (finished.outcome, finished.fault, finished.worker) == ("completed", "your code", 2)
    assert "os._exit" in finished.message


def test_of_summaries_the_longest_and_the_sum() -> None:
    one = Summary(30, 100, 50, statements=3, pool_high_water=4, connections_left_out=1)
    other = Summary(90, 200, 20, statements=5, pool_high_water=3)
    assert add([one, other]) == Summary(90, 300, 50, 8, 7, 1)
    one, other = (Summary(pool_wait_us=5, most_repeated=n) for n in (8, 9))
    assert add([one, other]) == Summary(pool_wait_us=10, most_repeated=9)
    assert add([Summary(statements=LARGEST_FIGURE)] * 4).statements == LARGEST_FIGURE
