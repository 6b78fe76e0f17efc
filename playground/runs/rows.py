"""The summary row of a run: its figures, each with its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from playground.runs.sentences import say_duration
from sandbox.protocol import Finished


class Figure(NamedTuple):
    """One figure of the row. ``is_bad``: it should have been 0."""

    name: str
    value: str
    is_bad: bool = False


def summary_row(finished: Finished) -> list[Figure]:
    """What every run has, and of the rest what this one has."""
    return list(_figures(finished))


def _figures(finished: Finished) -> Iterator[Figure]:
    summary = finished.summary
    yield Figure("Time", _milliseconds(finished.wall_us))
    yield Figure("Longest block", _milliseconds(summary.longest_block_us, 1))
    yield Figure("Blocked in all", _milliseconds(summary.blocked_us, 1))
    if summary.longest_lag_us:
        lags = (summary.lag_p50_us, summary.lag_p99_us, summary.longest_lag_us)
        yield Figure("Lag p50 / p99 / max", " / ".join(say_duration(lag or 1) for lag in lags))
    if summary.requests:
        yield Figure("Requests", f"{summary.requests:,}")
    if summary.requests > 1 and summary.longest_serving_us:
        rate = summary.requests / (summary.longest_serving_us / 1_000_000)
        yield Figure("Requests/s", f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}")
    yield Figure("Statements", f"{summary.statements:,}")
    if summary.pool_high_water:
        yield Figure("Connections at most", f"{summary.pool_high_water:,}")
    for name, left in (
        ("Connections left out", summary.connections_left_out),
        ("Transactions left open", summary.transactions_left_open),
        ("Never awaited", summary.never_awaited),
    ):
        if left:
            yield Figure(name, f"{left:,}", is_bad=True)


def _milliseconds(microseconds: int, places: int = 0) -> str:
    return f"{microseconds / 1000:,.{places}f} ms"
