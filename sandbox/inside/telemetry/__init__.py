"""The inside probe: what the event loop, the drivers and the pools of a cell did.

Shares the interpreter with learner code, so what it tells is a picture and never evidence.
"""

from __future__ import annotations

from types import CodeType

from sandbox.inside.telemetry import (
    driver_pools,
    engines,
    failures,
    hooks,
    postgres,
    requests,
    sqlite,
    statements,
)
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.statements import StatementProbe
from sandbox.inside.telemetry.writer import EventWriter, microseconds
from sandbox.protocol import Summary

__all__ = ["Recorder", "install", "start"]


_installed = False


def install() -> None:
    """Once, in the zygote: put the hooks in place. They do nothing until ``start``."""
    global _installed
    _installed = True
    hooks.install()
    engines.install()
    postgres.install()
    sqlite.install()
    driver_pools.install()
    requests.install()
    failures.install()


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

    def abandon(self) -> None:
        """There is nothing to abandon."""

    def finish(self) -> None:
        """Tell nothing."""


class Recorder:
    """Records one child."""

    def __init__(self, descriptor: int, filename: str, workers: int) -> None:
        self._writer = EventWriter(descriptor, workers)
        self._loop = LoopProbe(self._writer, filename)
        self._statements = StatementProbe(self._writer, self._loop)
        hooks.start(self._loop)
        statements.active = self._statements
        failures.active = failures.FailureProbe(self._writer, self._loop, filename)

    def watch(self, code: CodeType) -> None:
        """Attribute time to the lines of this code, and of the code inside it."""
        self._loop.clock.watch(code)

    def abandon(self) -> None:
        """In a fork: record nothing more, and say nothing that is not the process's own."""
        hooks.stop()
        statements.active = failures.active = None
        self._loop.clock.stop()
        self._writer.abandon()

    def finish(self) -> None:
        """Stop recording and send the rest; collect garbage before, as it closes connections."""
        hooks.stop()
        statements.active = failures.active = None
        self._loop.clock.stop()
        self._loop.finish()
        self._statements.finish()
        self._writer.finish(
            Summary(
                longest_block_us=microseconds(self._loop.longest_block),
                blocked_us=microseconds(self._loop.blocked),
                longest_lag_us=microseconds(self._loop.longest_lag),
                statements=self._statements.statements,
                pool_high_water=self._statements.pools.high_water,
                pool_wait_us=microseconds(self._statements.pools.waited),
                most_repeated=self._statements.most_repeated,
                connections_left_out=self._statements.connections_left_out,
                transactions_left_open=self._statements.transactions_left_open,
            )
        )
