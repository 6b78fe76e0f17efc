"""How a run ended: by the kernel's account of it, and by what fork says at its limit."""

from __future__ import annotations

import errno

import pytest

from sandbox.host.child_cgroup import Account
from sandbox.host.outcomes import Conclusion, Ending, conclude
from sandbox.protocol import PROFILES, Limits, Outcome, Raised

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


def conclude_raised(profile: str, raised: Raised, error_number: int = 0) -> Conclusion:
    return conclude(Ending(PROFILES[profile], "", 1 << 8, 0, True, raised, error_number))


AGAIN = Raised("BlockingIOError", "[Errno 11] Resource temporarily unavailable", 2)
NO_THREAD = Raised("RuntimeError", "can't start new thread", 2)


@pytest.mark.parametrize(("raised", "number"), [(AGAIN, errno.EAGAIN), (NO_THREAD, 0)])
def test_too_many_processes_is_a_limit_with_a_sentence_of_its_own(
    raised: Raised, number: int
) -> None:
    told = conclude_raised("processes", raised, number)
    assert (told.outcome, told.fault) == ("process_limit", "your limit")
    assert f"more processes than a run may have ({PROFILES['processes'].process_count}" in (
        told.message
    )


def test_where_no_process_may_be_started_the_same_error_is_the_codes_own() -> None:
    assert conclude_raised("default", AGAIN, errno.EAGAIN).outcome == "raised"
    assert "threads" in conclude_raised("default", NO_THREAD).message


def test_a_process_out_of_memory_is_told_its_part() -> None:
    limits: Limits = PROFILES["processes"]
    told = conclude_raised("processes", Raised("MemoryError", "", 1))
    part = limits.memory_bytes // limits.process_count // 1024 // 1024
    assert f"A process of your code needed more than {part} MiB" in told.message


def test_refused_memory_is_the_memory_limit_whatever_raised() -> None:
    refused = Raised("OSError", "[Errno 12] Cannot allocate memory", 4)
    assert conclude_raised("default", refused, errno.ENOMEM).outcome == "out_of_memory"
    assert conclude_raised("default", refused, errno.EIO).outcome == "raised"


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.5, "timed_out"), (1, "timed_out"), (0.49, "out_of_memory")]
)
def test_a_kill_after_much_processor_time_is_its_limit(share: float, outcome: Outcome) -> None:
    cpu_us = int(Limits().cpu_seconds * share * 1_000_000)
    assert conclude(Ending(Limits(), "", KILLED, cpu_us, False, None, 0)).outcome == outcome
