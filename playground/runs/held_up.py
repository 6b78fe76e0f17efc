"""Which requests a block of the event loop held up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sandbox.protocol import Telemetry

NEXT_STEP_US: Final = 2000  # a task that was held up sends its request when it goes on


class _Span(NamedTuple):
    since: int
    until: int


class HeldUp:
    """Gathers what a run told of requests, and of tasks that could have run and had to wait."""

    def __init__(self) -> None:
        self._requests: list[tuple[tuple[int, Any], _Span]] = []
        self._ready: defaultdict[tuple[int, Any], list[_Span]] = defaultdict(list)

    def remember(self, event: Telemetry) -> None:
        """Keep what a count may need."""
        if event.kind not in ("ready", "req"):
            return
        length = event.fields.get("duration_us")
        span = _Span(event.at_us, event.at_us + (length if isinstance(length, int) else 0))
        lane = (event.worker, event.fields.get("lane"))
        if event.kind == "req":
            self._requests.append((lane, span))
        else:
            self._ready[lane].append(span)

    def count(self, blocks: Sequence[dict[str, Any]]) -> int:
        """How many requests could have gone on, or been sent, during one of these blocks.

        A block has ``at_us``, ``duration_us`` and ``worker``.
        """
        return sum(
            any(
                _meet(span, request) and any(_is_during(span, block) for block in mine)
                for span in self._ready.get(lane, ())
            )
            for lane, request in self._requests
            if (mine := [block for block in blocks if block.get("worker", 0) == lane[0]])
        )


def _meet(ready: _Span, request: _Span) -> bool:
    return request.since < ready.until + NEXT_STEP_US and request.until > ready.since


def _is_during(ready: _Span, block: dict[str, Any]) -> bool:
    since = block.get("at_us", 0)
    return bool(ready.since < since + block["duration_us"] and ready.until > since)
