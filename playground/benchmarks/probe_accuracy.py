"""Whether the inside probe sees what held the loop: each block, its line and its length."""

from __future__ import annotations

import statistics
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Final

from playground.benchmarks.figures import Baseline, Figure, percentile, share
from playground.benchmarks.probe_cases import in_debug_mode, programs, watched
from playground.benchmarks.probe_witnesses import (
    Witness,
    by_debug_mode,
    by_outside,
    by_probe,
    by_watchdog,
)
from playground.benchmarks.running import Ran, run
from playground.benchmarks.servers import supervisor
from sandbox.client import SandboxClient

SEED: Final = 20_261_125
LEAST_NS: Final = 5_000_000
_DEBUG: Final = "asyncio debug mode"
_INSIDE: Final = "inside probe"
_WATCHDOG: Final = "watchdog thread, 2 ms"


async def measure() -> AsyncIterator[Figure]:
    """The figures, one by one. Each program runs three times: for us and for each baseline."""
    ours: list[Witness] = []
    outside: list[Witness] = []
    debug: list[Witness] = []
    watchdog: list[Witness] = []
    async with supervisor() as client, supervisor("--unobserved") as unobserved:
        for kinds, code in programs(SEED):
            ran = await _run(client, code)
            ours += by_probe(kinds, ran.stdout, ran.events)
            outside += by_outside(kinds, ran.stdout, ran.events)
            debug += by_debug_mode(kinds, (await _run(unobserved, in_debug_mode(code))).stdout)
            watchdog += by_watchdog(kinds, (await _run(unobserved, watched(code))).stdout)
    for witness in _blocks(ours):
        if not witness.is_right:
            sys.stderr.write(f"not right: {witness}\n")
    for figure in _figures(_blocks(ours), _blocks(debug), _blocks(watchdog)):
        yield figure
    for figure in _outside_figures(_blocks(outside), _blocks(ours)):
        yield figure


async def _run(client: SandboxClient, code: str) -> Ran:
    return await run(client, code, database="postgres", driver="psycopg", profile="heavy")


def _blocks(witnesses: Sequence[Witness]) -> list[Witness]:
    """A statement that turned out shorter is no block that anyone was asked to see."""
    return [w for w in witnesses if w.truth.ended - w.truth.began >= LEAST_NS]


def _figures(
    ours: Sequence[Witness], debug: Sequence[Witness], watchdog: Sequence[Witness]
) -> Iterator[Figure]:
    baseline = Baseline(_DEBUG, _percent(debug, _is_found))
    yield share("probe-accuracy detected", _percent(ours, _is_found), len(ours), baseline)
    baseline = Baseline(_WATCHDOG, _percent(watchdog, _is_right))
    yield share("probe-accuracy right line", _percent(ours, _is_right), len(ours), baseline)
    errors = [witness.error_ms for witness in ours if _is_found(witness)]
    theirs = [witness.error_ms for witness in debug if _is_found(witness)]
    yield Figure(
        name="probe-accuracy length error",
        unit="ms",
        n=len(errors),
        p50=round(statistics.median(errors), 3),
        p95=round(percentile(errors, 0.95), 3),
        baseline=Baseline(_DEBUG, round(statistics.median(theirs), 3)),
        ratio=round(statistics.median(errors) / statistics.median(theirs), 3),
    )


def _outside_figures(outside: Sequence[Witness], inside: Sequence[Witness]) -> Iterator[Figure]:
    """The second witness, beside the first."""
    baseline = Baseline(_INSIDE, _percent(inside, _is_found))
    detected = _percent(outside, _is_found)
    yield share("probe-accuracy outside detected", detected, len(outside), baseline)
    found = [witness for witness in outside if _is_found(witness)]
    baseline = Baseline(_INSIDE, _percent(inside, _is_right))
    yield share(
        "probe-accuracy outside right line", _percent(found, _is_right), len(found), baseline
    )
    errors = [witness.error_ms for witness in found]
    theirs = statistics.median(witness.error_ms for witness in inside if _is_found(witness))
    yield Figure(
        name="probe-accuracy outside length error",
        unit="ms",
        n=len(errors),
        p50=round(statistics.median(errors), 3),
        p95=round(percentile(errors, 0.95), 3),
        baseline=Baseline(_INSIDE, round(theirs, 3)),
        ratio=round(statistics.median(errors) / theirs, 3),
    )


def _percent(witnesses: Sequence[Witness], holds: Callable[[Witness], bool]) -> float:
    return 100 * sum(map(holds, witnesses)) / len(witnesses)


def _is_found(witness: Witness) -> bool:
    return witness.duration_ns is not None


def _is_right(witness: Witness) -> bool:
    return witness.is_right
