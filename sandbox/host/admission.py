"""Who may run now: a bounded queue, fair by learner and then by team, one run per learner session.

A run weighs as much as the children, and the memory, that it may take: see ``weigh``.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sandbox.protocol import INHERITED_BYTES, Limits

MAX_QUEUED: Final = 100
MAX_QUEUED_OF_ONE: Final = 20
LEAST_RETRY_SECONDS: Final = 2.0
FIRST_GUESS_SECONDS: Final = 1.0  # of a run, before any has ended
_NEWEST_COUNTS: Final = 0.2  # in the running mean of how long runs take

OnPosition = Callable[[int, float], None]


def weigh(limits: Limits, workers: int = 1) -> int:
    """How many ordinary runs one takes the place of: by the most memory all of it could hold."""
    return workers * math.ceil(_most_bytes(limits) / _most_bytes(Limits()))


def _most_bytes(limits: Limits) -> int:
    """Each process may write to its copy of what it inherited, and to its part of the budget."""
    return limits.memory_bytes + limits.process_count * INHERITED_BYTES


class QueueFull(Exception):
    """Too many runs wait already; in ``retry_seconds`` there may be room."""

    def __init__(self, reason: str, retry_seconds: float) -> None:
        super().__init__(reason)
        self.retry_seconds = retry_seconds


class _Waiting:
    def __init__(
        self, session: str, fair_by: Sequence[str], weight: int, on_position: OnPosition
    ) -> None:
        self.session = session
        self.fair_by = fair_by or [session]
        self.weight = weight
        self._on_position = on_position
        self._position = 0
        self.admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.admitted_at = 0.0

    def tell(self, position: int, wait_seconds: float) -> None:
        """Tell the run its place, once for each place."""
        if position != self._position:
            self._position = position
            self._on_position(position, wait_seconds)


class _Turns:
    """Everybody's first run before anybody's second, and among those, so by team; else by arrival.

    What somebody has running counts as well, and of two with as much it is the turn of the one
    whose turn was longer ago.
    """

    def __init__(self) -> None:
        self._number = 0
        self._last: dict[tuple[int, str], int] = {}

    def note(self, one: _Waiting) -> None:
        """It was their turn now."""
        self._number += 1
        for level, key in enumerate(one.fair_by):
            self._last[level, key] = self._number

    def forget(self) -> None:
        """Nobody waits or runs: whoever comes next comes first."""
        self._last.clear()

    def order(self, waiting: Sequence[_Waiting], running: Sequence[_Waiting]) -> list[_Waiting]:
        """Those that wait, the next one first."""
        ordered = list(waiting)
        turns: dict[_Waiting, tuple[int, ...]] = dict.fromkeys(ordered, ())
        for level in range(max((len(one.fair_by) for one in ordered), default=0)):
            counts = Counter(one.fair_by[level] for one in running if len(one.fair_by) > level)
            for one in ordered:
                key = one.fair_by[level] if len(one.fair_by) > level else ""
                turns[one] += (counts[key], self._last.get((level, key), 0)) if key else (0, 0)
                counts[key] += 1
            ordered.sort(key=turns.__getitem__)
        return ordered


class Admission:
    """Runs of at most ``most_running`` in weight at once; a learner session's own one by one.

    ``running`` counts the runs. One that weighs more than all places together runs alone.
    """

    def __init__(self, most_running: int) -> None:
        self._most_running = most_running
        self._sessions: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._running: list[_Waiting] = []
        self._weight = 0
        self._mean_seconds = FIRST_GUESS_SECONDS
        self._turns = _Turns()

    @property
    def running(self) -> int:
        """How many runs go on."""
        return len(self._running)

    @property
    def queued(self) -> int:
        """How many runs wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def admit(
        self,
        session: str,
        on_position: OnPosition,
        weight: int = 1,
        fair_by: Sequence[str] = (),
    ) -> AsyncIterator[None]:
        """Wait for a place and hold it. Raises QueueFull.

        ``on_position`` hears each place in the queue, from 1, and in how many seconds it is
        likely to be one's turn. ``fair_by``: whose run it is, the learner first.
        """
        waiting = _Waiting(session, fair_by, min(weight, self._most_running), on_position)
        self._refuse_too_many(waiting)
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

    def _refuse_too_many(self, new: _Waiting) -> None:
        retry_seconds = max(LEAST_RETRY_SECONDS, self._expect(self._waiting) / 4)
        if len(self._waiting) >= MAX_QUEUED:
            raise QueueFull(f"{MAX_QUEUED} runs wait already", retry_seconds)
        own = sum(one.fair_by[0] == new.fair_by[0] for one in self._waiting)
        if new.fair_by[0] and own >= MAX_QUEUED_OF_ONE:
            raise QueueFull(f"{MAX_QUEUED_OF_ONE} runs of yours wait already", retry_seconds)

    def _expect(self, ahead: Iterable[_Waiting]) -> float:
        """Seconds until all of these are likely to have begun, while all places are taken."""
        return self._mean_seconds * sum(one.weight for one in ahead) / self._most_running

    def _withdraw(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._advance()
        else:
            self._release(waiting)

    def _release(self, waiting: _Waiting) -> None:
        took = time.monotonic() - waiting.admitted_at
        self._mean_seconds += _NEWEST_COUNTS * (took - self._mean_seconds)
        self._running.remove(waiting)
        self._weight -= waiting.weight
        self._sessions.discard(waiting.session)
        self._turns.note(waiting)
        self._advance()
        if not self._running:
            self._turns.forget()

    def _advance(self) -> None:
        for waiting in self._turns.order(self._waiting, self._running):
            given_up = waiting.admitted.cancelled()
            if given_up or (waiting.session and waiting.session in self._sessions):
                continue
            if self._weight + waiting.weight > self._most_running:
                break  # nobody lighter overtakes, or a heavy run would wait for ever
            self._begin(waiting)
        ahead = self._turns.order(self._waiting, self._running)
        for position, waiting in enumerate(ahead, start=1):
            waiting.tell(position, self._expect(ahead[:position]))

    def _begin(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        self._running.append(waiting)
        self._weight += waiting.weight
        self._sessions.add(waiting.session)
        waiting.admitted_at = time.monotonic()
        self._turns.note(waiting)
        waiting.admitted.set_result(None)
