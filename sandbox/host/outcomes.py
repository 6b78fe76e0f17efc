"""How a run ended, in one word, and for the learner: what happened and whose fault it was."""

from __future__ import annotations

import errno
import os
import signal
from typing import Final, Literal, NamedTuple

from sandbox.host.child_cgroup import Account
from sandbox.host.postgres.cluster import PLACE_BYTES
from sandbox.protocol import Fault, Limits, Outcome, Raised

RAISED_STATUS: Final = 1 << 8  # as of wait(2)

Stop = Literal["", "deadline", "output", "cancel", "lost", "asked", "disk"]

ASKED_SECONDS: Final = 3.0

_MIB: Final = 1024 * 1024
_FULL_DISK: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_FULL_DISK_WORDS: Final = ("disk is full", "No space left", "disk full")

_FULL_DATABASE_WORDS: Final = ('could not extend file "pg_tblspc', "temp_file_limit", "pgsql_tmp")


class Ending(NamedTuple):
    """Everything the supervisor knows about the end of a run."""

    limits: Limits
    stop: Stop
    status: int
    cpu_us: int
    ended: bool
    raised: Raised | None
    error_number: int
    account: Account = Account()


class Conclusion(NamedTuple):
    """The outcome, whose fault it was, and the sentence for the learner."""

    outcome: Outcome
    fault: Fault
    message: str


def conclude(ending: Ending) -> Conclusion:
    """The outcome of a run, from what stopped it, its exit and what it said itself."""
    return _stopped(ending) or _raised(ending) or _exited(ending)


def _stopped(ending: Ending) -> Conclusion | None:
    limits = ending.limits
    match ending.stop:
        case "deadline":
            return Conclusion(
                "timed_out",
                "your limit",
                f"Your code was still running after {limits.wall_seconds:g} s, "
                "the time limit of a run, and was stopped. Output so far is kept.",
            )
        case "output":
            return Conclusion(
                "output_limit",
                "your limit",
                f"Your code wrote more than {limits.output_bytes // 1024} KiB, "
                "the output limit of a run, and was stopped. The first part is kept.",
            )
        case "asked":
            return Conclusion(
                "timed_out",
                "your code",
                f"Your code had not ended {ASKED_SECONDS:g} s after the last request, when it was "
                "asked to, and was stopped. Output so far is kept.",
            )
        case "disk":
            return full_database(limits)
        case "cancel":
            return Conclusion("cancelled", "nobody", "You stopped the run. Output so far is kept.")
        case "lost":
            return Conclusion(
                "sandbox_failed",
                "us",
                "Our sandbox failed during this run. It is not your code's fault: run it again.",
            )
    return None


def full_database(limits: Limits) -> Conclusion:
    """For a Postgres database that outgrew what its learner may have of its place."""
    return Conclusion(
        "disk_limit",
        "your limit",
        f"Your code filled its Postgres database ({limits.disk_bytes // _MIB} MiB beside an empty "
        "one), the limit for its disk, and was stopped. Reset gives an empty one.",
    )


def _raised(ending: Ending) -> Conclusion | None:
    raised, limits = ending.raised, ending.limits
    if raised is None:
        return None
    if raised.type == "MemoryError" or ending.error_number == errno.ENOMEM:
        return _out_of_memory(limits)
    refused_thread = raised.type == "RuntimeError" and raised.message == "can't start new thread"
    # What fork answers at its limit; only a cgroup can tell it from the code's own.
    refused_fork = limits.process_count > 1 and ending.error_number == errno.EAGAIN
    if refused_thread or refused_fork or ending.account.tasks_refused:
        return _too_many_tasks(limits)
    if any(words in raised.message for words in _FULL_DATABASE_WORDS):
        return Conclusion(
            "disk_limit",
            "your limit",
            f"Your code filled its Postgres database ({PLACE_BYTES // _MIB} MiB, what is sorted "
            "and joined included). Reset gives an empty one.",
        )
    full = any(words in raised.message for words in _FULL_DISK_WORDS)
    if ending.error_number in _FULL_DISK or full:
        return Conclusion(
            "disk_limit",
            "your limit",
            f"Your code filled its disk ({limits.disk_bytes // _MIB} MiB). "
            "Reset gives an empty one.",
        )
    where = f" on line {raised.line}" if raised.line else ""
    return Conclusion("raised", "your code", f"Your code raised {raised.type}{where}.")


def _exited(ending: Ending) -> Conclusion:
    if os.WIFSIGNALED(ending.status):
        return _signalled(ending, os.WTERMSIG(ending.status))
    code = os.WEXITSTATUS(ending.status)
    if code:
        return Conclusion("raised", "your code", f"Your code ended itself with exit status {code}.")
    if not ending.ended:
        return Conclusion(
            "completed",
            "your code",
            "Your code ended its own process at once (os._exit), so what would have followed "
            "did not run and some of the picture is missing.",
        )
    return Conclusion("completed", "nobody", "Completed.")


def _signalled(ending: Ending, number: int) -> Conclusion:
    if ending.account.was_out_of_memory:
        return _out_of_memory(ending.limits)
    # The limit counts ticks and the account counts time run: on a busy machine far apart.
    used_up = ending.cpu_us >= ending.limits.cpu_seconds * 500_000
    if number == signal.SIGXCPU or (number == signal.SIGKILL and used_up):
        return Conclusion(
            "timed_out",
            "your limit",
            f"Your code used {ending.limits.cpu_seconds} s of processor time, "
            "the limit of a run, and was stopped. Output so far is kept.",
        )
    if number == signal.SIGKILL:
        return _out_of_memory(ending.limits)
    name = _signal_name(number)
    return Conclusion(
        "raised",
        "your code",
        f"Your code crashed the Python interpreter ({name}); output so far is kept.",
    )


def _too_many_tasks(limits: Limits) -> Conclusion:
    if limits.process_count > 1:
        sentence = (
            "Your code started more processes than a run may have "
            f"({limits.process_count}, each thread counted as one)."
        )
    else:
        sentence = f"Your code started more threads than a run may have ({limits.thread_count})."
    return Conclusion("process_limit", "your limit", sentence)


def _out_of_memory(limits: Limits) -> Conclusion:
    part = limits.memory_bytes // limits.process_count // _MIB
    sentence = f"Your code needed more than {part} MiB, the memory limit of a run."
    if limits.process_count > 1:
        sentence = f"A process of your code needed more than {part} MiB, its part of the limit."
    return Conclusion("out_of_memory", "your limit", sentence)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
