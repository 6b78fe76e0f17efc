"""One child of a run: its pipes read, what it says passed on, its end told."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import time
from typing import Final, Literal, Protocol

from sandbox.host.combining import ChildEnd
from sandbox.host.outcomes import RAISED_STATUS, Ending, Stop
from sandbox.host.telemetry import TelemetryReader
from sandbox.host.witness import Heartbeat
from sandbox.host.zygote import Child
from sandbox.protocol import Exited, Limits, Output, Telemetry, Value

_READ_BYTES: Final = 64 * 1024
_DRAIN_SECONDS: Final = 1.0

Stream = Literal["stdout", "stderr"]


class Sink(Protocol):
    """The run that children belong to: it has the clock, the budgets and the events."""

    def now_us(self) -> int:
        """Since the run began."""

    def allow_output(self, size: int) -> int:
        """Count so many bytes of output; how many of them are still within the limit."""

    def add_output(self, output: Output) -> None:
        """Send this on."""

    def add_telemetry(self, events: list[Telemetry | Value], size: int) -> None:
        """Send these on; they took so many bytes."""

    def stop(self, reason: Stop) -> None:
        """End the whole run."""


class ChildStream:
    """Follows a child from its job to its end. ``worker`` is its number among ``workers``."""

    def __init__(
        self,
        child: Child,
        sink: Sink,
        telemetry: TelemetryReader,
        heartbeat: Heartbeat,
        worker: int,
    ) -> None:
        self._child = child
        self._heartbeat = heartbeat
        self._sink = sink
        self._telemetry = telemetry
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        self._stop: Stop = ""
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace")
            for stream in ("stdout", "stderr")
        }
        self._open_pipes = 3
        self._told_until = 0.0
        self._drained = asyncio.Event()

    def read(self) -> None:
        """Read from now on."""
        self._loop.add_reader(self._child.stdout, self._on_output, self._child.stdout, "stdout")
        self._loop.add_reader(self._child.stderr, self._on_output, self._child.stderr, "stderr")
        self._loop.add_reader(self._child.telemetry, self._on_telemetry)
        self._heartbeat.listen()

    def stop(self, reason: Stop) -> None:
        """Kill the child; the first reason given is the one that counts."""
        if not self._stop and not self._child.exited.done():
            self._stop = reason
            self._child.kill()

    def pss_bytes(self) -> int:
        """The child's share of memory now."""
        return self._child.pss_bytes()

    async def end(self, limits: Limits) -> ChildEnd:
        """Wait for the child's end and for the last of what it wrote."""
        exited = await asyncio.shield(self._child.exited)
        ended_us = self._sink.now_us()
        self._heartbeat.close(self._told_until or time.perf_counter())
        if self._child.is_lost and not self._stop:
            self._stop = "lost"
        # All writers died with the child, so what is in the pipes is all there will be.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), _DRAIN_SECONDS)
        for descriptor in (self._child.stdout, self._child.stderr, self._child.telemetry):
            self._loop.remove_reader(descriptor)
        ending = self._ending(limits, exited)
        seen = self._heartbeat.seen
        seen.is_whole = not self._stop and os.WIFEXITED(exited.status)
        seen.claimed_us = self._telemetry.claimed_us
        seen.claimed_statements = self._telemetry.claimed_statements
        return ChildEnd(self._worker, exited, ending, self._telemetry.summary, ended_us, seen)

    def _ending(self, limits: Limits, exited: Exited) -> Ending:
        telemetry = self._telemetry
        account = self._child.account()
        # Believed of a child that also ended as one that raised: what it says alone is a picture.
        raised = telemetry.raised if exited.status == RAISED_STATUS else None
        return Ending(
            limits,
            self._stop,
            exited.status,
            max(exited.cpu_us, account.cpu_us),  # the cgroup counts also what the child started
            telemetry.ended,
            raised,
            telemetry.error_number,
            account,
        )

    def _on_output(self, descriptor: int, stream: Stream) -> None:
        piece = self._read_piece(descriptor)
        if piece is None:
            return
        allowed = self._sink.allow_output(len(piece))
        if len(piece) > allowed:
            self._sink.stop("output")
            piece = piece[:allowed]
        if text := self._decoders[stream].decode(piece, final=not piece):
            self._sink.add_output(Output(self._sink.now_us(), stream, text, self._worker))

    def _on_telemetry(self) -> None:
        piece = self._read_piece(self._child.telemetry)
        if not piece:
            if piece is not None:
                self._told_until = time.perf_counter()
            return
        events = self._telemetry.feed(piece, self._sink.now_us())
        if self._telemetry.flooded:
            self._sink.stop("output")
        if events:
            self._sink.add_telemetry(events, len(piece))

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
