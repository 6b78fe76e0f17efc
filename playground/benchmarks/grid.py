"""The grid of a team among 10 teams of 40 members and 50 assignments: statements and time.

Limits: 15 statements, and 80 ms of the server's time at the median.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from playground.benchmarks.both_databases import measure_on_both
from playground.benchmarks.figures import Figure


async def measure() -> AsyncIterator[Figure]:
    """The team's own page and that of one assignment, on SQLite and on Postgres."""
    async for figure in measure_on_both("playground.benchmarks.grid_inside"):
        yield figure
