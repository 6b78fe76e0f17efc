"""One run in one child or several: limits kept, events sent on in batches, one end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

from sandbox.host.combining import ChildEnd, combine
from sandbox.host.driving import Driver, Listener
from sandbox.host.outcomes import ASKED_SECONDS, Stop
from sandbox.host.stream import ChildStream
from sandbox.host.telemetry import TelemetryReader
from sandbox.host.witness import Heartbeat, Pacer, Record
from sandbox.host.witness.server import Followed, ServerWitness
from sandbox.host.zygote import Child
from sandbox.protocol import (
    MAX_CODE_BYTES,
    Aftermath,
    Limits,
    Output,
    Phase,
    PhaseDriven,
    Response,
    RunEvent,
    Started,
    Telemetry,
    Value,
    Witness,
)

BATCH_SECONDS: Final = 0.016
BATCH_BYTES: Final = 64 * 1024
WITNESS_BYTES: Final = 200


class LiveRun:
    """Follows children from their job to the last one's end, within the limits of one run.

    A child that ends early does not end the others. All state is bounded by the limits.
    ``lines`` is how many the cell has; ``pacer`` is shared by all runs that go on.
    """

    def __init__(
        self,
        children: Sequence[Child],
        limits: Limits,
        started: Started,
        *,
        lines: int = MAX_CODE_BYTES,
        pacer: Pacer | None = None,
    ) -> None:
        self._limits = limits
        self._lines = lines
        self._pacer = pacer or Pacer()
        self.record = Record(self._add_witness)
        self._server: ServerWitness | None = None
        self._followed: Followed | None = None
        self._driver: Driver | None = None
        self._loop = asyncio.get_running_loop()
        self._began = children[0].begun_at
        self._is_alone = len(children) == 1
        self._streams = [
            self._stream(child, number, len(children))
            for number, child in enumerate(children, start=1)
        ]
        self._output_bytes = 0
        self._output_sent = False
        self._pending: list[RunEvent] = [started]
        self._pending_bytes = 0
        self._unended: dict[tuple[int, str], int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._asked: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._wake.set()

    def _stream(self, child: Child, number: int, workers: int) -> ChildStream:
        worker = 0 if self._is_alone else number
        offset_us = int((child.begun_at - self._began) * 1_000_000)
        telemetry = TelemetryReader(worker, workers, offset_us)
        heartbeat = Heartbeat(
            child, self._pacer, self.record, worker, began=self._began, lines=self._lines
        )
        return ChildStream(child, self, telemetry, heartbeat, worker)

    def follow_role(self, witness: ServerWitness, role: str, seeding_pid: int) -> None:
        """Tell also what the database server sees of the run, which has this role there."""
        self._server = witness
        self._followed = witness.follow(role, self.record, self._began, seeding_pid)

    def drive(self, phases: Sequence[Phase], listeners: Sequence[Listener]) -> None:
        """Send the requests of these phases; a listener for each child, closed after the last."""
        self._driver = Driver(phases, listeners, self, self._count_idle)

    async def _count_idle(self) -> int | None:
        if self._server is None or self._followed is None:
            return None
        return await self._server.count_idle(self._followed.role)

    def aftermath(self, calibration_us: int) -> Aftermath:
        """What was seen after the last phase, and the machine's calibration by a child of ours."""
        if self._driver is None:
            return Aftermath(self.now_us(), calibration_us=calibration_us)
        return Aftermath(self._driver.asked_us, self._driver.idle_in_transaction, calibration_us)

    def stop(self, reason: Stop) -> None:
        """Kill every child; the first reason given is the one that counts."""
        for stream in self._streams:
            stream.stop(reason)

    def pss_bytes(self) -> int:
        """The children's share of memory now."""
        return sum(stream.pss_bytes() for stream in self._streams)

    async def events(self) -> AsyncIterator[list[RunEvent]]:
        """Batches of events as they come, the last one ending with ``Finished``."""
        left = self._limits.wall_seconds - self.now_us() / 1_000_000
        deadline = self._loop.call_later(left, self.stop, "deadline")
        for stream in self._streams:
            stream.read()
        ending = asyncio.create_task(self._end())
        try:
            while not ending.done():
                await self._wake.wait()
                self._wake.clear()
                if batch := self._take_pending():
                    yield batch
            self._pending.append(combine(await ending, self._statements(), self.record.lost))
            yield self._take_pending()
        finally:
            deadline.cancel()
            if self._asked is not None:
                self._asked.cancel()
            if self._timer is not None:
                self._timer.cancel()
            if not ending.done():
                self.stop("cancel")
            # Even when nobody listens any more, the children's end is waited for.
            await asyncio.shield(ending)

    async def _end(self) -> list[ChildEnd]:
        driving = asyncio.create_task(self._drive(self._driver)) if self._driver else None
        ends = await asyncio.gather(*(stream.end(self._limits) for stream in self._streams))
        if self._driver is not None and driving is not None:
            self._driver.end()
            await driving
        if self._server is not None and self._followed is not None:
            await self._server.finish(self._followed)
        self._wake.set()
        return ends

    async def _drive(self, driver: Driver) -> None:
        await driver.drive()
        self._asked = self._loop.call_later(ASKED_SECONDS, self.stop, "asked")

    def _statements(self) -> int | None:
        """How many the server saw; None where there is no server."""
        return self._followed.count() if self._followed is not None else None

    def now_us(self) -> int:
        """Microseconds since the first child had its job."""
        return int((time.perf_counter() - self._began) * 1_000_000)

    def allow_output(self, size: int) -> int:
        """Count so many bytes of output; how many of them are still within the limit."""
        left = max(self._limits.output_bytes - self._output_bytes, 0)
        self._output_bytes += size
        return min(size, left)

    def add_output(self, output: Output) -> None:
        """Queue it for the next batch; the first output of a run of one leaves at once."""
        if self._is_alone:
            self._pending.append(output)
        else:
            self._add_to_line(output)
        self._pending_bytes += len(output.text)
        is_first = self._is_alone and not self._output_sent
        self._output_sent = True
        self._wake_soon(at_once=is_first)

    def _add_to_line(self, output: Output) -> None:
        """A line that arrives in pieces stays in one, or workers' lines would be entangled."""
        key = (output.worker, output.stream)
        index = self._unended.pop(key, len(self._pending))
        if index < len(self._pending):
            begun = self._pending[index]
            assert isinstance(begun, Output)
            text = begun.text + output.text
            self._pending[index] = Output(begun.at_us, output.stream, text, output.worker)
        else:
            self._pending.append(output)
        if not output.text.endswith("\n"):
            self._unended[key] = index

    def add_telemetry(self, events: list[Telemetry | Value], size: int) -> None:
        """Queue them for the next batch."""
        self._pending.extend(events)
        self._pending_bytes += size
        self._wake_soon()

    def add_driven(self, event: Response | PhaseDriven, size: int) -> None:
        """Queue it for the next batch."""
        self._pending.append(event)
        self._pending_bytes += size
        self._wake_soon()

    def _add_witness(self, event: Witness) -> None:
        self._pending.append(event)
        self._pending_bytes += WITNESS_BYTES
        self._wake_soon()

    def _wake_soon(self, *, at_once: bool = False) -> None:
        if at_once or self._pending_bytes >= BATCH_BYTES:  # a client takes no frame without bound
            self._wake.set()
        elif self._timer is None:
            self._timer = self._loop.call_later(BATCH_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._wake.set()

    def _take_pending(self) -> list[RunEvent]:
        batch, self._pending, self._pending_bytes = self._pending, [], 0
        self._unended.clear()
        return batch
