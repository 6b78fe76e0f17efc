"""A class that presses Run at once: 500 learners' pages open, 50 runs within one second."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Final

from websockets.asyncio.client import ClientConnection

from playground.benchmarks import cells
from playground.benchmarks.figures import Baseline, Figure, percentile, spread
from playground.benchmarks.fleet import Fleet, running_fleet
from playground.benchmarks.pages_socket import Pressed, open_socket, press, visit
from playground.benchmarks.throwaway_postgres import throwaway_postgres

LEARNERS: Final = 500
PRESSING: Final = 50
ALONE: Final = 30
VISITS_AT_ONCE: Final = 8


async def measure() -> AsyncIterator[Figure]:
    """First output alone and in the burst. Raises RuntimeError when a run fails."""
    with throwaway_postgres() as database, running_fleet(database=database) as fleet:
        cookies = await _visit(fleet)
        async with AsyncExitStack() as stack:
            pages = [
                await stack.enter_async_context(open_socket(address, cookie))
                for address, cookie in cookies
            ]
            alone = await _press_in_turn(pages[:ALONE])
            baseline = Baseline("alone", percentile(alone, 0.5))
            yield spread("burst alone, 500 sockets idle", alone, baseline)
            burst = await _press_within_a_second(pages[-PRESSING:])
            yield spread("burst 50 runs in 1 s, 500 sockets", burst, baseline)


async def _visit(fleet: Fleet) -> list[tuple[str, str]]:
    """Every learner's site and cookie."""
    addresses = fleet.addresses
    turns = asyncio.Semaphore(VISITS_AT_ONCE)

    async def one(number: int) -> tuple[str, str]:
        address = addresses[number % len(addresses)]
        async with turns:
            return address, await asyncio.to_thread(visit, address)

    return await asyncio.gather(*[one(number) for number in range(LEARNERS)])


async def _press_in_turn(pages: Sequence[ClientConnection]) -> list[float]:
    for page in pages[:4]:  # both workers and both web processes have run something
        await press(page, cells.PRINT)
    firsts = []
    for page in pages:
        firsts.append(_first_of(await press(page, cells.PRINT)))
        await asyncio.sleep(0.05)
    return firsts


async def _press_within_a_second(pages: Sequence[ClientConnection]) -> list[float]:
    async def one(page: ClientConnection) -> float:
        await asyncio.sleep(random.random())  # noqa: S311 - when a person clicks
        return _first_of(await press(page, cells.ORM))

    return await asyncio.gather(*[one(page) for page in pages])


def _first_of(pressed: Pressed) -> float:
    if pressed.outcome != "completed":
        raise RuntimeError(f"a run ended with {pressed.outcome}: {pressed.status}")
    return pressed.first_ms
