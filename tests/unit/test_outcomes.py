"""The kernel's account of a run decides where its exit status alone would not."""

from __future__ import annotations

import pytest

from sandbox.host.child_cgroup import Account
from sandbox.host.outcomes import Ending, conclude
from sandbox.protocol import Limits, Outcome, Raised

KILLED = 9
ALL_CPU_US = 5_000_000
REFUSED = Raised("BlockingIOError", "[Errno 11] Resource temporarily unavailable", 3)


@pytest.mark.parametrize(
    ("account", "outcome"), [(Account(), "timed_out"), (Account(1, 1, True), "out_of_memory")]
)
def test_the_kernel_killed_for_memory(account: Account, outcome: Outcome) -> None:
    ending = Ending(Limits(), "", KILLED, ALL_CPU_US, False, None, 0, account)
    assert conclude(ending).outcome == outcome


@pytest.mark.parametrize(
    ("account", "outcome"),
    [(Account(), "raised"), (Account(tasks_refused=True), "process_limit")],
)
def test_the_kernel_refused_a_process(account: Account, outcome: Outcome) -> None:
    ending = Ending(Limits(), "", 1 << 8, 0, True, REFUSED, 11, account)
    assert conclude(ending).outcome == outcome


def test_a_refusal_that_the_code_overcame_is_no_outcome() -> None:
    ending = Ending(Limits(), "", 0, 0, True, None, 0, Account(tasks_refused=True))
    assert conclude(ending).outcome == "completed"
