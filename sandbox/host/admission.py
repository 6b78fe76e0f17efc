"""Who may run now: a bounded queue, first come first served, one run per learner session.

A run weighs as much as the children, and the memory, that it may take: see ``weigh``.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from sandbox.protocol import INHERITED_BYTES, Limits

MAX_QUEUED: Final = 100


def weigh(limits: Limits, workers: int = 1) -> int:
    """How many ordinary runs one takes the place of: by the most memory all of it could hold."""
    return workers * math.ceil(_most_bytes(limits) / _most_bytes(Limits()))


def _most_bytes(limits: Limits) -> int:
    """Each process may write to its copy of what it inherited, and to its part of the budget."""
    return limits.memory_bytes + limits.process_count * INHERITED_BYTES


class QueueFull(Exception):
    """Too many runs wait already."""


class _Waiting:
    def __init__(self, session: str, weight: int, on_position: Callable[[int], None]) -> None:
        self.session = session
        self.weight = weight
        self._on_position = on_position
        self._position = 0
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, position: int) -> None:
        """Tell the run its place, once for each place."""
        if position != self._position:
            self._position = position
            self._on_position(position)


class Admission:
    """Runs of at most ``most_running`` in weight at once; a learner session's own one by one.

    ``running`` counts the runs. One that weighs more than all places together runs alone.
    """

    def __init__(self, most_running: int) -> None:
        self._most_running = most_running
        self._sessions: set[str] = set()
        self._waiting: list[_Waiting] = []
        self.running = 0
        self._weight = 0

    @property
    def queued(self) -> int:
        """How many runs wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def admit(
        self, session: str, on_position: Callable[[int], None], weight: int = 1
    ) -> AsyncIterator[None]:
        """Wait for a place and hold it. ``on_position`` hears each place in the queue, from 1."""
        if len(self._waiting) >= MAX_QUEUED:
            raise QueueFull
        waiting = _Waiting(session, min(weight, self._most_running), on_position)
        self._waiting.append(waiting)
        self._advance()
        try:
            await waiting.admitted
        except asyncio.CancelledError:
            self._withdraw(waiting)
            raise
        try:
            yield
        finally:
            self._release(waiting)

    def _withdraw(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._advance()
        else:
            self._release(waiting)

    def _release(self, waiting: _Waiting) -> None:
        self.running -= 1
        self._weight -= waiting.weight
        self._sessions.discard(waiting.session)
        self._advance()

    def _advance(self) -> None:
        for waiting in list(self._waiting):
            given_up = waiting.admitted.cancelled()
            if given_up or (waiting.session and waiting.session in self._sessions):
                continue
            if self._weight + waiting.weight > self._most_running:
                break  # nobody lighter overtakes, or a heavy run would wait for ever
            self._waiting.remove(waiting)
            self.running += 1
            self._weight += waiting.weight
            self._sessions.add(waiting.session)
            waiting.admitted.set_result(None)
        for position, waiting in enumerate(self._waiting, start=1):
            waiting.tell(position)
