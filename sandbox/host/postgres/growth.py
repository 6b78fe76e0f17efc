"""How much a run may add to its scratch database, where less is allowed than its place holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

MEASURE_SECONDS: Final = 0.1  # between two looks
SLACK_BYTES: Final = 512 * 1024


class Growth:
    """Measures one database during one run. ``begin`` it before the run does.

    What is too large already can be read and deleted, which takes a little itself.
    """

    def __init__(self, measure: Callable[[], Awaitable[int]], most_bytes: int) -> None:
        """``measure`` tells the bytes it takes beside an empty one."""
        self._measure = measure
        self._most_bytes = most_bytes

    async def begin(self) -> None:
        """See what is there already."""
        there = await self._measure()
        if there >= self._most_bytes:
            self._most_bytes = there + SLACK_BYTES

    async def is_too_much(self) -> bool:
        """Whether it takes more now."""
        return await self._measure() > self._most_bytes

    async def watch(self, on_too_much: Callable[[], None]) -> None:
        """Look again and again; call that once."""
        while True:
            if await self.is_too_much():
                on_too_much()
                return
            await asyncio.sleep(MEASURE_SECONDS)
