"""One run in one child: its pipes read, its limits kept, its events sent on in batches."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import time
from collections.abc import AsyncIterator
from typing import Final, Literal

from sandbox.host.outcomes import Ending, Stop, conclude
from sandbox.host.telemetry import TelemetryReader
from sandbox.host.zygote import Child
from sandbox.protocol import Exited, Finished, Limits, Output, RunEvent, Started

BATCH_SECONDS: Final = 0.016
BATCH_BYTES: Final = 64 * 1024
_READ_BYTES: Final = 64 * 1024
_DRAIN_SECONDS: Final = 1.0


class LiveRun:
    """Follows a child from its job to its end. All state is bounded by the run's limits."""

    def __init__(self, child: Child, limits: Limits, started: Started) -> None:
        self._child = child
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._began = time.perf_counter()
        self._stop: Stop = ""
        self._telemetry = TelemetryReader()
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace")
            for stream in ("stdout", "stderr")
        }
        self._output_bytes = 0
        self._output_sent = False
        self._pending: list[RunEvent] = [started]
        self._pending_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._wake.set()
        self._open_pipes = 3
        self._drained = asyncio.Event()

    def stop(self, reason: Stop) -> None:
        """Kill the child; the first reason given is the one that counts."""
        if not self._stop and not self._child.exited.done():
            self._stop = reason
            self._child.kill()

    def pss_bytes(self) -> int:
        """The child's share of memory now."""
        return self._child.pss_bytes()

    async def events(self) -> AsyncIterator[list[RunEvent]]:
        """Batches of events as they come, the last one ending with ``Finished``."""
        deadline = self._loop.call_later(self._limits.wall_seconds, self.stop, "deadline")
        self._read(self._child.stdout, "stdout")
        self._read(self._child.stderr, "stderr")
        self._loop.add_reader(self._child.telemetry, self._on_telemetry)
        ending = asyncio.create_task(self._end())
        try:
            while not ending.done():
                await self._wake.wait()
                self._wake.clear()
                if batch := self._take_pending():
                    yield batch
            self._pending.append(self._finished(await ending))
            yield self._take_pending()
        finally:
            deadline.cancel()
            if self._timer is not None:
                self._timer.cancel()
            if not ending.done():
                self.stop("cancel")
            # Even when nobody listens any more, the child's end is waited for.
            await asyncio.shield(ending)

    async def _end(self) -> Exited:
        exited = await asyncio.shield(self._child.exited)
        self._ended_us = self._now_us()
        if self._child.is_lost and not self._stop:
            self._stop = "lost"
        # All writers died with the child, so what is in the pipes is all there will be.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), _DRAIN_SECONDS)
        for descriptor in (self._child.stdout, self._child.stderr, self._child.telemetry):
            self._loop.remove_reader(descriptor)
        self._wake.set()
        return exited

    def _now_us(self) -> int:
        return int((time.perf_counter() - self._began) * 1_000_000)

    def _read(self, descriptor: int, stream: Literal["stdout", "stderr"]) -> None:
        self._loop.add_reader(descriptor, self._on_output, descriptor, stream)

    def _on_output(self, descriptor: int, stream: Literal["stdout", "stderr"]) -> None:
        piece = self._read_piece(descriptor)
        if piece is None:
            return
        allowed = max(self._limits.output_bytes - self._output_bytes, 0)
        self._output_bytes += len(piece)
        if len(piece) > allowed:
            self.stop("output")
            piece = piece[:allowed]
        if text := self._decoders[stream].decode(piece, final=not piece):
            self._queue_output(Output(self._now_us(), stream, text))

    def _queue_output(self, output: Output) -> None:
        self._pending.append(output)
        self._pending_bytes += len(output.text)
        if not self._output_sent or self._pending_bytes >= BATCH_BYTES:
            self._output_sent = True
            self._wake.set()
        else:
            self._wake_soon()

    def _on_telemetry(self) -> None:
        piece = self._read_piece(self._child.telemetry)
        if not piece:
            return
        events = self._telemetry.feed(piece, self._now_us())
        if self._telemetry.flooded:
            self.stop("output")
        if events:
            self._pending.extend(events)
            self._pending_bytes += len(piece)
            self._wake_soon()
            if self._pending_bytes >= BATCH_BYTES:  # a client takes no frame without bound
                self._wake.set()

    def _read_piece(self, descriptor: int) -> bytes | None:
        """What is there; None for nothing, and at the end, which is noted."""
        try:
            piece = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return None
        if not piece:
            self._loop.remove_reader(descriptor)
            self._open_pipes -= 1
            if self._open_pipes == 0:
                self._drained.set()
        return piece

    def _wake_soon(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(BATCH_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._wake.set()

    def _take_pending(self) -> list[RunEvent]:
        batch, self._pending, self._pending_bytes = self._pending, [], 0
        return batch

    def _finished(self, exited: Exited) -> Finished:
        telemetry = self._telemetry
        ending = Ending(
            self._limits,
            self._stop,
            exited.status,
            exited.cpu_us,
            telemetry.ended,
            telemetry.raised,
            telemetry.error_number,
        )
        outcome, fault, message = conclude(ending)
        return Finished(
            at_us=self._ended_us,
            outcome=outcome,
            fault=fault,
            message=message,
            wall_us=self._ended_us,
            cpu_us=exited.cpu_us,
            max_rss_bytes=exited.max_rss_bytes,
            exit_status=os.waitstatus_to_exitcode(exited.status),
            error=telemetry.raised,
            summary=telemetry.summary,
        )
