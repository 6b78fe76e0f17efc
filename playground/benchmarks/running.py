"""One run of a benchmark's program."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from sandbox.client import SandboxClient
from sandbox.protocol import Finished, Output, RunEvent, RunRequest

_numbers = itertools.count(1)


class Ran(NamedTuple):
    """What a run sent, and what it printed."""

    events: list[RunEvent]
    stdout: str


async def run(client: SandboxClient, code: str, **fields: Any) -> Ran:
    """Run it to its end. Raises RuntimeError, with what it wrote, unless it completed."""
    request = RunRequest(run_id=f"bench-{next(_numbers)}", code=code, **fields)
    events = [event async for batch in client.stream(request) for event in batch]
    outputs = [event for event in events if isinstance(event, Output)]
    last = events[-1]
    if not isinstance(last, Finished) or last.outcome != "completed":
        raise RuntimeError(f"{last}\n{''.join(output.text for output in outputs)}")
    return Ran(events, "".join(each.text for each in outputs if each.stream == "stdout"))
