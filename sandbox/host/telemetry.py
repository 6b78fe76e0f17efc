"""What a child says on its telemetry pipe, made harmless: everything in it is hostile text."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args

import msgspec

from sandbox.protocol import (
    LARGEST_FIGURE,
    MAX_CAUSES,
    MAX_TELEMETRY_BYTES,
    MAX_TELEMETRY_EVENTS,
    Cause,
    Raised,
    Summary,
    Telemetry,
    TelemetryKind,
    Value,
)

MAX_CHILD_FRAME_BYTES: Final = 1024 * 1024
MAX_TEXT_CHARACTERS: Final = 2000
MAX_VALUE_CHARACTERS: Final = 10_000
MAX_ROWS: Final = 200
MAX_COLUMNS: Final = 40
MOST_FRAMES: Final = MAX_TELEMETRY_EVENTS + 100
_KINDS: Final = frozenset(get_args(TelemetryKind))

Scalar = str | int | float | bool | None
_Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARACTERS)]


class _Shown(msgspec.Struct):
    """A cell's value as a child may send it."""

    text: Annotated[str, msgspec.Meta(max_length=MAX_VALUE_CHARACTERS)] = ""
    columns: Annotated[list[_Text], msgspec.Meta(max_length=MAX_COLUMNS)] = []
    rows: Annotated[
        list[Annotated[list[_Text | None], msgspec.Meta(max_length=MAX_COLUMNS)]],
        msgspec.Meta(max_length=MAX_ROWS),
    ] = []
    row_count: int = 0


# The fields stay undecoded until their kind is known: nothing nested is ever built for nothing.
_frame_decoder: Final = msgspec.msgpack.Decoder(list[tuple[str, int, msgspec.Raw]])
_fields_decoder: Final = msgspec.msgpack.Decoder(dict[str, Scalar])
_value_decoder: Final = msgspec.msgpack.Decoder(_Shown)
_BROKEN: Final = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)


class TelemetryReader:
    """Decodes one child's telemetry pipe; keeps what it says of its own end.

    Bytes that are no frames end the reading, never the run: a learner can break the pipe. Of a
    run's budget each of its ``workers`` has an equal part, so that none is drawn at the expense
    of another. ``offset_us`` is how long after the run this child began.
    """

    def __init__(self, worker: int = 0, workers: int = 1, offset_us: int = 0) -> None:
        self._worker = worker
        self._workers = workers
        self._offset_us = offset_us
        self.summary = Summary()
        self.raised: Raised | None = None
        self._causes: list[Cause] = []
        self.error_number = 0
        self.ended = False
        self._buffer = bytearray()
        self._bytes = 0
        self._frames = 0
        self._events = 0
        self._longest_us = 0
        self.claimed_statements = 0  # that a database server must have seen
        self._value_seen = False
        self._broken = False

    @property
    def flooded(self) -> bool:
        """More was sent than any run needs: the child is to be killed."""
        return self._bytes > 4 * MAX_TELEMETRY_BYTES // self._workers

    @property
    def claimed_us(self) -> int:
        """The longest block or lag it told of, in an event or in its summary."""
        return max(self._longest_us, self.summary.longest_block_us, self.summary.longest_lag_us)

    @property
    def buffered_bytes(self) -> int:
        """How much of an unfinished frame is kept."""
        return len(self._buffer)

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
                    at_us = min(max(at_us, 0) + self._offset_us, now_us)
                    self._take(kind, at_us, fields, now_us, events)
        except _BROKEN:
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
        self._frames += 1
        frame = bytes(self._buffer[4 : 4 + size])
        if self._frames > MOST_FRAMES or _length(frame) > MAX_TELEMETRY_EVENTS:
            raise ValueError("more than any run has to say")
        del self._buffer[: 4 + size]
        return frame

    def _take(
        self,
        kind: str,
        at_us: int,
        fields: msgspec.Raw,
        now_us: int,
        events: list[Telemetry | Value],
    ) -> None:
        match kind:
            case "summary":
                self.summary = msgspec.convert(_bounded(fields), Summary)
            case "cause" if len(self._causes) < MAX_CAUSES:
                self._causes.append(msgspec.convert(_bounded(fields), Cause))
            case "raised":
                told = _bounded(fields)
                number = told.pop("errno", 0)
                self.error_number = number if isinstance(number, int) else 0
                causes = tuple(self._causes)
                self.raised = msgspec.convert({**told, "causes": causes}, Raised)
            case "value" if not self._value_seen:
                self._value_seen = True
                shown = _value_decoder.decode(fields)
                events.append(_value(shown, now_us, self._worker))
            case "end":
                self.ended = True
            case _ if kind in _KINDS and self._events < MAX_TELEMETRY_EVENTS // self._workers:
                self._events += 1
                told = _bounded(fields)
                if kind == "sql" and "sqlite" not in str(told.get("driver")):
                    self.claimed_statements += 1
                length = told.get("duration_us")
                if kind == "block" and isinstance(length, int):
                    self._longest_us = max(self._longest_us, length)
                events.append(Telemetry(at_us, kind, told, self._worker))  # type: ignore[arg-type]


def _length(frame: bytes) -> int:
    """How many events a frame claims to hold, by the head of its msgpack array."""
    match frame[:1]:
        case b"\xdc":
            return int.from_bytes(frame[1:3], "big")
        case b"\xdd":
            return int.from_bytes(frame[1:5], "big")
    return 0  # at most 15, or no array


def _value(shown: _Shown, now_us: int, worker: int) -> Value:
    return Value(
        at_us=now_us,
        text=shown.text,
        columns=shown.columns,
        rows=shown.rows,
        row_count=_clamped(shown.row_count),
        worker=worker,
    )


def _bounded(fields: msgspec.Raw) -> dict[str, str | int | None]:
    """At most 16 fields, integers a browser can hold, texts of at most 2,000 characters."""
    told: dict[str, Any] = _fields_decoder.decode(fields)
    bounded: dict[str, str | int | None] = {}
    for name, value in list(told.items())[:16]:
        if value is None:
            bounded[name[:40]] = None
        elif isinstance(value, str):
            bounded[name[:40]] = value[:MAX_TEXT_CHARACTERS]
        else:
            bounded[name[:40]] = _clamped(value)
    return bounded


def _clamped(number: float) -> int:
    return max(-LARGEST_FIGURE, min(int(number), LARGEST_FIGURE))
