"""Every page of a learner with much of everything, on SQLite and on Postgres: statements and time.

Limits: 12 statements, and 25 ms of the server's time at the median.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from playground.benchmarks.both_databases import measure_on_both
from playground.benchmarks.figures import Figure


async def measure() -> AsyncIterator[Figure]:
    """Each page's statements and times; pages that got no figure are named on stderr."""
    async for figure in measure_on_both("playground.benchmarks.pages_inside"):
        yield figure
