"""Drives the requests of a run's phases against its children, and then lets these end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from sandbox.host.driving.answers import Answer
from sandbox.host.driving.asking import ask
from sandbox.host.driving.listeners import Listener
from sandbox.protocol import MAX_RESPONSES_BYTES, DrivenRequest, Phase, PhaseDriven, Response

# How long a run has to serve before it is asked all the same: requests then wait in its backlog.
SERVING_SECONDS: Final = 4.0
# Between two phases, and before what the last one left is looked at.
SETTLE_SECONDS: Final = 0.05
_LOOKS: Final = 5

CountIdle = Callable[[], Awaitable[int | None]]


class Sink(Protocol):
    """The run that is driven."""

    def now_us(self) -> int:
        """Since the run began."""

    def add_driven(self, event: Response | PhaseDriven, size: int) -> None:
        """Send this on; it takes so many bytes."""


class Driver:
    """Of one run. ``count_idle`` tells how many backends are idle in a transaction now, None when
    nobody can tell.
    """

    def __init__(
        self,
        phases: Sequence[Phase],
        listeners: Sequence[Listener],
        sink: Sink,
        count_idle: CountIdle | None = None,
    ) -> None:
        self._phases = phases
        self._listeners = listeners
        self._sink = sink
        self._count_idle = count_idle
        self._left_bytes = MAX_RESPONSES_BYTES
        self._all_ended = asyncio.Event()
        self.idle_in_transaction: int | None = None
        self.asked_us = 0  # when the children were told to stop

    def end(self) -> None:
        """Every child is gone: nothing is waited for any more; who asks now is refused."""
        self._all_ended.set()

    async def drive(self) -> None:
        """All phases in order; returns when the children have been told to stop."""
        try:
            await self._until_served()
            for phase in self._phases:
                await self._pause(phase.pause_seconds)
                await self._drive(phase)
                await self._pause(SETTLE_SECONDS)
            if self._count_idle is not None:
                self.idle_in_transaction = await self._look(self._count_idle)
        finally:
            self.asked_us = self._sink.now_us()
            for listener in self._listeners:
                listener.close()

    async def _until_served(self) -> None:
        """By a child's own word, which decides about nothing: a wrong one costs it time."""
        loop = asyncio.get_running_loop()
        said = [loop.create_task(_hear(loop, listener)) for listener in self._listeners]
        gone = loop.create_task(self._all_ended.wait())
        served = loop.create_task(asyncio.wait(said))
        either = asyncio.wait([served, gone], return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(either, SERVING_SECONDS)
        for task in (*said, served, gone):
            task.cancel()
        await asyncio.gather(*said, served, gone, return_exceptions=True)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_ended.wait(), seconds)

    async def _drive(self, phase: Phase) -> None:
        began_us = self._sink.now_us()
        asked = [
            self._ask(phase, number, request)
            for number, request in enumerate(phase.requests, start=1)
        ]
        if phase.at_once:
            await asyncio.gather(*asked)
        else:
            for each in asked:
                await each
        driven = PhaseDriven(phase.name, began_us, self._sink.now_us())
        self._sink.add_driven(driven, len(phase.name))

    async def _ask(self, phase: Phase, number: int, request: DrivenRequest) -> None:
        place = (number - 1) % len(self._listeners)
        began_us = self._sink.now_us()
        answer = await ask(self._listeners[place].address, request, phase)
        ended_us = self._sink.now_us()
        headers, body, size = self._keep(answer)
        response = Response(
            phase=phase.name,
            number=number,
            began_us=began_us,
            ended_us=ended_us,
            status=answer.status,
            headers=headers,
            body=body,
            body_bytes=answer.body_bytes,
            problem=answer.problem,
            worker=place + 1 if len(self._listeners) > 1 else 0,
        )
        self._sink.add_driven(response, size)

    def _keep(self, answer: Answer) -> tuple[dict[str, str], str, int]:
        """Headers and body within what is left of the run's share, and the bytes they take."""
        headers, body = answer.headers, answer.body()
        size = sum(len(f"{name}{value}".encode()) for name, value in headers.items())
        if size > self._left_bytes:
            headers, size = {}, 0
        text = body.encode()[: self._left_bytes - size]
        self._left_bytes -= size + len(text)
        return headers, text.decode(errors="ignore"), size + len(text)

    async def _look(self, count_idle: CountIdle) -> int | None:
        """What stays idle: an answer may come a moment before its transaction's end."""
        found = None
        for _ in range(_LOOKS):
            found = await count_idle()
            if not found:
                break
            await self._pause(SETTLE_SECONDS)
        return found


async def _hear(loop: asyncio.AbstractEventLoop, listener: Listener) -> None:
    """Something said, or the child gone."""
    with contextlib.suppress(OSError):
        await loop.sock_recv(listener.cues, 1)
