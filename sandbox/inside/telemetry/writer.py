"""Events on their way out: buffered, capped, and written between two steps of the loop."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any, Final

from sandbox.protocol import MAX_TELEMETRY_BYTES, MAX_TELEMETRY_EVENTS, Summary, encode_frame

FLUSH_NS: Final = 50_000_000
FLUSH_EVENTS: Final = 256
MOST_WAITING: Final = 2000  # within one step that never lets the loop go on
RESERVED_EVENTS: Final = 100  # of the cap, kept for blocks: the worst news must always fit

Fields = dict[str, "str | int | None"]


class EventWriter:
    """Stamps, buffers and sends events; beyond the cap it counts what it had to leave out."""

    def __init__(self, descriptor: int, workers: int = 1) -> None:
        self._descriptor = descriptor
        self._most_events = MAX_TELEMETRY_EVENTS // workers
        self._most_bytes = MAX_TELEMETRY_BYTES // workers
        self._began = time.perf_counter_ns()
        self._events: list[tuple[str, int, Fields]] = []
        self._flushed_at = self._began
        self._count = 0
        self._bytes = 0
        self.lost = 0

    def add(self, kind: str, at_ns: int, fields: Fields) -> None:
        """Note one event that began at ``at_ns`` on the performance counter."""
        cap = self._most_events if kind == "block" else self._most_events - RESERVED_EVENTS
        if self._count >= cap or self._bytes >= self._most_bytes:
            self.lost += 1
            return
        self._count += 1
        self._events.append((kind, (at_ns - self._began) // 1000, fields))
        if len(self._events) >= MOST_WAITING:
            self.flush()

    def flush_if_due(self, now_ns: int) -> None:
        """Send what waits when it is much or has waited for long."""
        waits = len(self._events)
        if waits and (waits >= FLUSH_EVENTS or now_ns - self._flushed_at >= FLUSH_NS):
            self.flush()
            self._flushed_at = now_ns

    def flush(self) -> None:
        """Send everything; a pipe the learner closed is no concern of ours."""
        events, self._events = self._events, []
        for first in range(0, len(events), FLUSH_EVENTS):
            self._send([*events[first : first + FLUSH_EVENTS]])

    def abandon(self) -> None:
        """Send all that is to come nowhere: the pipe is another process's."""
        self._events.clear()
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._descriptor, inheritable=False)
            os.close(nowhere)

    def finish(self, summary: Summary) -> None:
        """Send the rest and the summary."""
        now = time.perf_counter_ns()
        if self.lost:
            self._events.append(("tick", (now - self._began) // 1000, {"lost": self.lost}))
        self.flush()
        fields = {name: getattr(summary, name) for name in summary.__struct_fields__}
        self._send([("summary", (now - self._began) // 1000, fields)])

    def _send(self, events: list[Any]) -> None:
        try:
            frame = encode_frame(events)
        except UnicodeEncodeError:  # half a surrogate pair in a text of the cell
            frame = encode_frame([event for event in events if _is_sendable(event)])
        self._bytes += len(frame)
        try:
            while frame:
                frame = frame[os.write(self._descriptor, frame) :]
        except OSError:
            return


def _is_sendable(event: Any) -> bool:
    try:
        encode_frame(event)
    except UnicodeEncodeError:
        return False
    return True
