"""Who may run now: a bounded queue, first come first served, one run per learner session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

MAX_QUEUED: Final = 100


class QueueFull(Exception):
    """Too many runs wait already."""


class _Waiting:
    def __init__(self, session: str, on_position: Callable[[int], None]) -> None:
        self.session = session
        self._on_position = on_position
        self._position = 0
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, position: int) -> None:
        """Tell the run its place, once for each place."""
        if position != self._position:
            self._position = position
            self._on_position(position)


class Admission:
    """At most ``most_running`` runs at once; a learner session's own run one after another."""

    def __init__(self, most_running: int) -> None:
        self._most_running = most_running
        self._sessions: set[str] = set()
        self._waiting: list[_Waiting] = []
        self.running = 0

    @property
    def queued(self) -> int:
        """How many runs wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def admit(self, session: str, on_position: Callable[[int], None]) -> AsyncIterator[None]:
        """Wait for a place and hold it. ``on_position`` hears each place in the queue, from 1."""
        if len(self._waiting) >= MAX_QUEUED:
            raise QueueFull
        waiting = _Waiting(session, on_position)
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
            self._release(session)

    def _withdraw(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._advance()
        else:
            self._release(waiting.session)

    def _release(self, session: str) -> None:
        self.running -= 1
        self._sessions.discard(session)
        self._advance()

    def _advance(self) -> None:
        for waiting in list(self._waiting):
            if self.running >= self._most_running:
                break
            given_up = waiting.admitted.cancelled()
            if given_up or (waiting.session and waiting.session in self._sessions):
                continue
            self._waiting.remove(waiting)
            self.running += 1
            self._sessions.add(waiting.session)
            waiting.admitted.set_result(None)
        for position, waiting in enumerate(self._waiting, start=1):
            waiting.tell(position)
