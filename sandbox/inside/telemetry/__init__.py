"""The inside probe: what the event loop, the drivers and the pools of a cell did.

Shares the interpreter with learner code, so what it tells is a picture and never evidence.
"""

from __future__ import annotations

from types import CodeType

from sandbox.inside.telemetry import (
    coroutines,
    driver_pools,
    engines,
    failures,
    hooks,
    postgres,
    requests,
    sqlite,
    statements,
    threads,
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
    threads.install()
    engines.install()
    postgres.install()
    sqlite.install()
    driver_pools.install()
    requests.install()
    failures.install()
    coroutines.install()


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
        self._requests = requests.RequestProbe(self._writer, self._statements.here)
        self._coroutines = coroutines.CoroutineProbe(self._writer, self._loop, filename)
        hooks.start(self._loop)
        statements.active = self._statements
        requests.active = self._requests
        coroutines.active = self._coroutines
        failures.active = failures.FailureProbe(self._writer, self._loop, filename)
        self._threads = threads.ThreadProbe(self._writer, self._loop, self._statements.here)
        threads.active = self._threads

    def watch(self, code: CodeType) -> None:
        """Attribute time to the lines of this code, and of the code inside it."""
        self._loop.clock.watch(code)

    def abandon(self) -> None:
        """In a fork: record nothing more, and say nothing that is not the process's own."""
        self._stop()
        self._writer.abandon()

    def finish(self) -> None:
        """Stop recording and send the rest; collect garbage before, as it closes connections."""
        self._stop()
        self._loop.finish()
        self._statements.finish()
        self._requests.finish()
        self._threads.finish()
        lag = self._loop.lag
        self._writer.finish(
            Summary(
                longest_block_us=microseconds(self._loop.longest_block),
                blocked_us=microseconds(self._loop.blocked),
                longest_lag_us=microseconds(lag.longest),
                statements=self._statements.statements,
                pool_high_water=self._statements.pools.high_water,
                pool_wait_us=microseconds(self._statements.pools.waited),
                most_repeated=self._statements.most_repeated,
                connections_left_out=self._statements.connections_left_out,
                transactions_left_open=self._statements.transactions_left_open,
                lag_p50_us=microseconds(lag.percentile(0.5)),
                lag_p99_us=microseconds(lag.percentile(0.99)),
                requests=self._requests.answered,
                longest_serving_us=microseconds(self._requests.serving),
                never_awaited=self._coroutines.never_awaited,
            )
        )

    def _stop(self) -> None:
        hooks.stop()
        statements.active = requests.active = failures.active = None
        coroutines.active = threads.active = None
        self._loop.clock.stop()
