"""Runs code through the jail, for tests."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from sandbox.client import SandboxClient
from sandbox.protocol import (
    Finished,
    Output,
    Queued,
    RunEvent,
    RunRequest,
    Started,
    Telemetry,
    Value,
    Witness,
)

_numbers = itertools.count(1)


class Ran(NamedTuple):
    """Everything one run sent."""

    events: list[RunEvent]

    @property
    def finished(self) -> Finished:
        last = self.events[-1]
        assert isinstance(last, Finished)
        return last

    @property
    def started(self) -> Started:
        return next(event for event in self.events if isinstance(event, Started))

    @property
    def value(self) -> Value:
        return next(event for event in self.events if isinstance(event, Value))

    @property
    def stdout(self) -> str:
        return self._text("stdout")

    @property
    def stderr(self) -> str:
        return self._text("stderr")

    def telemetry(self, kind: str) -> list[dict[str, Any]]:
        return [
            event.fields
            for event in self.events
            if isinstance(event, Telemetry) and event.kind == kind
        ]

    def witnessed(self, kind: str) -> list[dict[str, Any]]:
        return [
            {"at_us": event.at_us, "worker": event.worker, **event.fields}
            for event in self.events
            if isinstance(event, Witness) and event.kind == kind
        ]

    def queue_positions(self) -> list[int]:
        return [event.position for event in self.events if isinstance(event, Queued)]

    def _text(self, stream: str) -> str:
        return "".join(
            event.text
            for event in self.events
            if isinstance(event, Output) and event.stream == stream
        )


def new_id(prefix: str = "test") -> str:
    """An id nobody used before in this test run."""
    return f"{prefix}-{next(_numbers)}"


async def run(client: SandboxClient, code: str, **fields: Any) -> Ran:
    """One run to its end. ``fields`` are those of RunRequest."""
    request = RunRequest(run_id=new_id("run"), code=code, **fields)
    return Ran([event async for batch in client.stream(request) for event in batch])
