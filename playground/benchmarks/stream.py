"""From a child's write to the browser's socket: 20,000 lines of one run, and 30 runs at once."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Final

from playground.benchmarks.figures import Baseline, Figure, percentile, tail
from playground.benchmarks.fleet import running_fleet
from playground.benchmarks.pages_socket import Piece, Pressed, open_socket, press
from playground.benchmarks.servers import site, supervisor
from sandbox.client import SandboxClient
from sandbox.protocol import Output, RunRequest

LINES: Final = 20_000
RUNS: Final = 30
LINES_OF_EACH: Final = 90
WARM_RUNS: Final = 2

# A line has its number and when it was written: the clock is one for all on this machine.
_WRITE: Final = """
import time
for number in range({lines}):
    print(f"{{number:04x}}{{time.monotonic_ns() // 1000 % 0x1000000:06x}}")
    {pause}
"""
FLOOD: Final = _WRITE.format(lines=LINES, pause="pass")
STEADY: Final = _WRITE.format(lines=LINES_OF_EACH, pause="time.sleep(0.08)")
_CLOCK: Final = 0x1000000

_numbers = itertools.count(1)


async def measure() -> AsyncIterator[Figure]:
    """The figures, one by one. Raises RuntimeError when a line is lost or out of order."""
    direct = await _flood_supervisor()
    yield tail("stream 20000-lines sandbox.client alone", direct)
    baseline = Baseline("sandbox.client alone", percentile(direct, 0.99))
    async with site(WORKER_RUNS=str(RUNS)) as address:
        async for figure in _measure_at([address], "embedded", baseline):
            yield figure
    with running_fleet(WORKER_RUNS=str(RUNS)) as fleet:
        async for figure in _measure_at(fleet.addresses, "fleet", baseline):
            yield figure


async def _measure_at(
    addresses: Sequence[str], form: str, baseline: Baseline
) -> AsyncIterator[Figure]:
    async with open_socket(addresses[0]) as page:
        for _ in range(WARM_RUNS):
            await press(page, FLOOD)
        flood = _delays(await press(page, FLOOD), LINES)
    yield tail(f"stream 20000-lines {form}", flood, baseline)
    async with AsyncExitStack() as stack:
        sockets = [open_socket(addresses[number % len(addresses)]) for number in range(RUNS)]
        pages = [await stack.enter_async_context(each) for each in sockets]
        pressed = await asyncio.gather(*[press(page, STEADY) for page in pages])
    delays = [delay for one in pressed for delay in _delays(one, LINES_OF_EACH)]
    yield Figure(
        name=f"stream 30-runs {form} going on at once",
        unit="runs",
        n=RUNS,
        value=_most_at_once(pressed),
    )
    yield tail(f"stream 30-runs {form}", delays, baseline)


async def _flood_supervisor() -> list[float]:
    pieces: list[Piece] = []
    async with supervisor() as client:
        for _ in range(WARM_RUNS + 1):
            pieces = await _collect(client)
    return _delays(Pressed(0, "completed", "", pieces), LINES)


async def _collect(client: SandboxClient) -> list[Piece]:
    request = RunRequest(run_id=f"bench-{next(_numbers)}", code=FLOOD, database="sqlite")
    pieces: list[Piece] = []
    async for batch in client.stream(request):
        now = time.monotonic_ns()
        pieces += [Piece(now, event.text) for event in batch if isinstance(event, Output)]
    return pieces


def _delays(pressed: Pressed, lines: int) -> list[float]:
    """Milliseconds of each line; every one of them is there, in its order."""
    if pressed.outcome != "completed":
        raise RuntimeError(f"a run ended with {pressed.outcome}: {pressed.status}")
    delays: list[float] = []
    rest = ""
    for piece in pressed.pieces:
        *whole, rest = (rest + piece.text).split("\n")
        for line in whole:
            if int(line[:4], 16) != len(delays):
                raise RuntimeError(f"line {len(delays)} is missing: {line!r} came instead")
            delays.append((piece.at_ns // 1000 - int(line[4:], 16)) % _CLOCK / 1000)
    if len(delays) != lines:
        raise RuntimeError(f"{len(delays)} lines came, not {lines}")
    return delays


def _most_at_once(pressed: Sequence[Pressed]) -> int:
    """How many went on together: between their first output and their last."""
    spans = [(one.pieces[0].at_ns, one.pieces[-1].at_ns) for one in pressed]
    return max(sum(since <= begun <= until for since, until in spans) for begun, _ in spans)
