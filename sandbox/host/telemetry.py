"""What a child says on its telemetry pipe, made harmless: everything in it is hostile text."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from sandbox.protocol import (
    MAX_TELEMETRY_BYTES,
    MAX_TELEMETRY_EVENTS,
    Raised,
    Summary,
    Telemetry,
    TelemetryKind,
    Value,
)

MAX_CHILD_FRAME_BYTES: Final = 1024 * 1024
MAX_TEXT_CHARACTERS: Final = 2000
_MAX_INTEGER: Final = 2**53
_KINDS: Final = frozenset(get_args(TelemetryKind))

_frame_decoder: Final = msgspec.msgpack.Decoder(list[tuple[str, int, dict[str, Any]]])


class TelemetryReader:
    """Decodes one run's telemetry pipe; keeps what a child says of its own end.

    Bytes that are no frames end the reading, never the run: a learner can break the pipe.
    """

    def __init__(self) -> None:
        self.summary = Summary()
        self.raised: Raised | None = None
        self.error_number = 0
        self.ended = False
        self._buffer = bytearray()
        self._bytes = 0
        self._events = 0
        self._broken = False

    @property
    def flooded(self) -> bool:
        """More was sent than any run needs: the child is to be killed."""
        return self._bytes > 4 * MAX_TELEMETRY_BYTES

    def feed(self, piece: bytes, now_us: int) -> list[Telemetry | Value]:
        """The events that ``piece`` completes, clamped to the run's own time so far."""
        self._bytes += len(piece)
        if self._broken:
            return []
        self._buffer += piece
        events: list[Telemetry | Value] = []
        try:
            while (frame := self._next_frame()) is not None:
                for kind, at_us, fields in _frame_decoder.decode(frame):
                    self._take(kind, min(max(at_us, 0), now_us), fields, now_us, events)
        except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
            self._broken = True
            self._buffer.clear()
        return events

    def _next_frame(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        size = int.from_bytes(self._buffer[:4], "big")
        if size > MAX_CHILD_FRAME_BYTES:
            raise ValueError("a frame too large")
        if len(self._buffer) < 4 + size:
            return None
        frame = bytes(self._buffer[4 : 4 + size])
        del self._buffer[: 4 + size]
        return frame

    def _take(
        self,
        kind: str,
        at_us: int,
        fields: dict[str, Any],
        now_us: int,
        events: list[Telemetry | Value],
    ) -> None:
        match kind:
            case "summary":
                self.summary = msgspec.convert(fields, Summary)
            case "raised":
                self.error_number = int(fields.pop("errno", 0))
                self.raised = msgspec.convert(_bounded(fields), Raised)
            case "value":
                events.append(msgspec.convert({"at_us": now_us, **fields, "type": "value"}, Value))
            case "end":
                self.ended = True
            case _ if kind in _KINDS and self._events < MAX_TELEMETRY_EVENTS:
                self._events += 1
                events.append(Telemetry(at_us, kind, _bounded(fields)))  # type: ignore[arg-type]


def _bounded(fields: dict[str, Any]) -> dict[str, str | int | None]:
    """At most 16 fields, integers a browser can hold, texts of at most 2,000 characters."""
    bounded: dict[str, str | int | None] = {}
    for name, value in list(fields.items())[:16]:
        if value is None or isinstance(value, bool):
            bounded[name[:40]] = None if value is None else int(value)
        elif isinstance(value, int | float):
            bounded[name[:40]] = max(-_MAX_INTEGER, min(int(value), _MAX_INTEGER))
        else:
            bounded[name[:40]] = str(value)[:MAX_TEXT_CHARACTERS]
    return bounded
