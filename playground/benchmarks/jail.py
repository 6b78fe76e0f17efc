"""What the jail adds to the first output, against a bare fork of the same zygote."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator

import msgspec

from playground.benchmarks.figures import Baseline, Figure, spread

RUNS = 100
WARM_RUNS = 10


class _Taken(msgspec.Struct):
    """First outputs in milliseconds, the two taking turns."""

    jailed: list[float]
    bare: list[float]


async def measure() -> AsyncIterator[Figure]:
    """One figure: the jailed runs, with the bare ones as their baseline."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "sandbox", "measure-jail", "--runs", str(WARM_RUNS + RUNS)],
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the sandbox did not start; its reason is above")
    taken = msgspec.json.decode(out, type=_Taken)
    bare = Baseline("bare fork of the same zygote", statistics.median(taken.bare[WARM_RUNS:]))
    yield spread("first-output jail", taken.jailed[WARM_RUNS:], bare)
