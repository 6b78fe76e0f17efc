"""The inside probe: what the event loop, the drivers and the pools of a cell did.

Shares the interpreter with learner code, so what it tells is a picture and never evidence.
"""

from __future__ import annotations

from types import CodeType

from sandbox.inside.telemetry import drivers, engines, loop, requests, statements
from sandbox.inside.telemetry.lines import LineClock
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.statements import StatementProbe
from sandbox.inside.telemetry.writer import EventWriter
from sandbox.protocol import Summary

__all__ = ["Recorder", "install", "start"]


_installed = False


def install() -> None:
    """Once, in the zygote: put the hooks in place. They do nothing until ``start``."""
    global _installed
    _installed = True
    loop.install()
    engines.install()
    drivers.install()
    requests.install()


def start(descriptor: int, filename: str, workers: int = 1) -> Recorder | Blind:
    """In a child, on the thread that will run the cell: record from now on.

    Of what a run may tell, each of its ``workers`` has an equal part. Without the hooks nothing
    is recorded.
    """
    return Recorder(descriptor, filename, workers) if _installed else Blind()


class Blind:
    """In place of a recorder, for the benchmark of what recording costs."""

    def watch(self, code: CodeType) -> None:
        """Observe nothing."""

    def finish(self) -> None:
        """Tell nothing."""


class Recorder:
    """Records one child."""

    def __init__(self, descriptor: int, filename: str, workers: int) -> None:
        self._writer = EventWriter(descriptor, workers)
        self._clock = LineClock()
        self._loop = LoopProbe(self._writer, self._clock, filename)
        self._statements = StatementProbe(self._writer, self._loop)
        loop.active = self._loop
        statements.active = self._statements

    def watch(self, code: CodeType) -> None:
        """Attribute time to the lines of this code, and of the code inside it."""
        self._clock.watch(code)

    def abandon(self) -> None:
        """In a fork: record nothing more, and say nothing that is not the process's own."""
        loop.active = None
        statements.active = None
        self._clock.stop()
        self._writer.abandon()

    def finish(self) -> None:
        """Stop recording and send the rest; collect garbage before, as it closes connections."""
        loop.active = None
        statements.active = None
        self._clock.stop()
        self._loop.finish()
        self._writer.finish(
            Summary(
                longest_block_us=self._loop.longest_block // 1000,
                blocked_us=self._loop.blocked // 1000,
                longest_lag_us=self._loop.longest_lag // 1000,
                statements=self._statements.statements,
                pool_high_water=self._statements.pool_high_water,
                connections_left_out=len(self._statements.checked_out),
                transactions_left_open=len(self._statements.open_transactions),
            )
        )
