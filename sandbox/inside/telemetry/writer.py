"""Events on their way out: buffered, capped, and written between two steps of the loop."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import Any, Final

from sandbox.protocol import MAX_TELEMETRY_BYTES, MAX_TELEMETRY_EVENTS, Summary, encode_frame

FRAME_EVENTS: Final = 256
MOST_WAITING: Final = 2000  # within one step that never lets the loop go on
RESERVED_PART: Final = 20  # a twentieth of the cap is for blocks: the worst news must always fit

Fields = dict[str, "str | int | None"]


def microseconds(seconds: float) -> int:
    """As events tell times. Inside, they are floats: asyncio's own unit, and quicker to compare."""
    return int(seconds * 1_000_000)


class EventWriter:
    """Stamps, buffers and sends events; beyond the cap it counts what it had to leave out.

    Any thread may add.
    """

    def __init__(self, descriptor: int, workers: int = 1) -> None:
        self._descriptor = descriptor
        self._most_events = MAX_TELEMETRY_EVENTS // workers
        self._most_bytes = MAX_TELEMETRY_BYTES // workers
        self._began = time.perf_counter()
        self._events: list[tuple[str, int, Fields]] = []
        self._count = 0
        self._bytes = 0
        self._sending = threading.Lock()
        self.lost = 0

    def add(self, kind: str, at: float, fields: Fields) -> None:
        """Note one event that began at ``at`` on the performance counter."""
        reserved = 0 if kind == "block" else self._most_events // RESERVED_PART
        if self._count >= self._most_events - reserved or self._bytes >= self._most_bytes:
            self.lost += 1
            return
        self._count += 1
        self._events.append((kind, microseconds(at - self._began), fields))
        if len(self._events) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Send everything; a pipe the learner closed is no concern of ours."""
        if not self._sending.acquire(blocking=False):
            return
        try:
            while events := self._events[:FRAME_EVENTS]:
                del self._events[: len(events)]
                self._send(events)
        finally:
            self._sending.release()

    def abandon(self) -> None:
        """Send all that is to come nowhere: the pipe is another process's."""
        self._events.clear()
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._descriptor, inheritable=False)
            os.close(nowhere)

    def finish(self, summary: Summary) -> None:
        """Send the rest and the summary."""
        now = time.perf_counter()
        if self.lost:
            self._events.append(("tick", microseconds(now - self._began), {"lost": self.lost}))
        self.flush()
        fields = {name: getattr(summary, name) for name in summary.__struct_fields__}
        self._send([("summary", microseconds(now - self._began), fields)])

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
