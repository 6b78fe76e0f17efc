"""The end of a run from the ends of its children."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from sandbox.host.outcomes import Conclusion, Ending, conclude
from sandbox.host.witness.record import Seen
from sandbox.host.witness.verdict import sum_up
from sandbox.protocol import LARGEST_FIGURE, Exited, Finished, Outcome, Summary

# What ended the whole run comes before what ended one worker; a limit before an exception.
WORST_FIRST: Final[tuple[Outcome, ...]] = (
    "sandbox_failed",
    "cancelled",
    "timed_out",
    "output_limit",
    "out_of_memory",
    "process_limit",
    "disk_limit",
    "raised",
    "completed",
)


class ChildEnd(NamedTuple):
    """How one child ended. ``worker`` is 0 in a run of one child."""

    worker: int
    exited: Exited
    ending: Ending
    summary: Summary
    at_us: int
    seen: Seen


def combine(ends: list[ChildEnd], statements: int | None = None, lost: int = 0) -> Finished:
    """The run's end: the worst of the outcomes, and the figures of all.

    ``statements`` is how many the database server saw; ``lost`` is of the witness' own summary.
    """
    conclusions = [conclude(end.ending) for end in ends]
    ranks = [_rank(conclusion) for conclusion in conclusions]
    worst = ranks.index(min(ranks))
    hit = [end.worker for end, rank in zip(ends, ranks, strict=True) if rank == ranks[worst]]
    end, conclusion = ends[worst], conclusions[worst]
    ended_us = max(each.at_us for each in ends)
    return Finished(
        at_us=ended_us,
        outcome=conclusion.outcome,
        fault=conclusion.fault,
        message=_whose(hit, len(ends)) + conclusion.message,
        wall_us=ended_us,
        cpu_us=sum(each.ending.cpu_us for each in ends),
        max_rss_bytes=max(each.exited.max_rss_bytes for each in ends),
        memory_peak_bytes=sum(each.ending.account.memory_peak_bytes for each in ends),
        exit_status=os.waitstatus_to_exitcode(end.exited.status),
        error=end.ending.raised,
        summary=add(each.summary for each in ends),
        worker=0 if len(hit) == len(ends) else hit[0],
        witness=sum_up([each.seen for each in ends], statements, lost),
    )


def _rank(conclusion: Conclusion) -> tuple[int, bool]:
    """The lower the worse; completed with a remark is worse than completed."""
    return WORST_FIRST.index(conclusion.outcome), conclusion.fault == "nobody"


def _whose(workers: list[int], count: int) -> str:
    if len(workers) == count:
        return ""
    if len(workers) == 1:
        return f"Worker {workers[0]} of {count}: "
    return f"Workers {', '.join(map(str, workers))} of {count}: "


def add(summaries: Iterable[Summary]) -> Summary:
    """Several workers' figures as those of one run: the longest, the most, or else the sum."""
    told = [msgspec.structs.asdict(summary) for summary in summaries]
    together = {
        name: (max if name.startswith(("longest_", "most_", "lag_")) else sum)(
            each[name] for each in told
        )
        for name in Summary.__struct_fields__
    }
    return Summary(**{name: min(figure, LARGEST_FIGURE) for name, figure in together.items()})
