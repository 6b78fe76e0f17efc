"""The content of a recording: a run's code and events, bounded and compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

import msgspec

from sandbox.protocol import (
    MAX_CODE_BYTES,
    Finished,
    Output,
    Queued,
    RunEvent,
    Started,
    Telemetry,
    Value,
    Witness,
    to_json,
)

# Telemetry has a cap of 2 MiB before its field names, output one of its own: this is beyond both.
MOST_BYTES: Final = 6 * 1024 * 1024
_MOST_UNPACKED: Final = MOST_BYTES + 2 * MAX_CODE_BYTES
_FAST: Final = 3


class Recorded(msgspec.Struct, frozen=True):
    """What ran and what came of it, in the order of its page; ``is_cut``: the rest was too much."""

    code: str
    events: list[RunEvent]
    is_cut: bool = False

    @property
    def finished(self) -> Finished:
        """How it ended. Raises ValueError for a run that has not."""
        last = self.events[-1] if self.events else None
        if not isinstance(last, Finished):
            raise ValueError("this run has not ended")
        return last

    @property
    def has_picture(self) -> bool:
        """Whether an event loop ran."""
        return has_picture(self.events)


_decoder = msgspec.msgpack.Decoder(Recorded)
_SHOWN: Final = (Started, Output, Value, Telemetry, Witness, Finished)


def list_shown(events: Iterable[RunEvent]) -> list[RunEvent]:
    """What a page shows of a run that is judged; what it is judged by is the judge's alone."""
    return [event for event in events if isinstance(event, _SHOWN)]


def has_run(events: Iterable[RunEvent]) -> bool:
    """Whether there is anything to record: a run that got a place and came to an end."""
    kinds = {type(event) for event in events}
    return {Started, Finished} <= kinds


def has_picture(events: Iterable[RunEvent]) -> bool:
    """Whether an event loop ran."""
    return any(isinstance(event, Telemetry) for event in events)


def cut(code: str, events: Iterable[RunEvent], most_bytes: int = MOST_BYTES) -> Recorded:
    """The run within the bound: the picture is cut short before output and end are."""
    kept: list[RunEvent] = []
    left = most_bytes
    is_cut = False
    for event in events:
        if isinstance(event, Queued):
            continue
        size = len(msgspec.msgpack.encode(event))
        if size > left and not isinstance(event, Started | Output | Value | Finished):
            is_cut = True
            continue
        left -= size
        kept.append(event)
    return Recorded(code, kept, is_cut)


def pack(recorded: Recorded) -> bytes:
    """For the database."""
    return zlib.compress(msgspec.msgpack.encode(recorded), _FAST)


def unpack(content: bytes | memoryview) -> Recorded:
    """From the database."""
    unpacked = zlib.decompressobj().decompress(content, _MOST_UNPACKED)
    return _decoder.decode(unpacked)


def list_lines(recorded: Recorded) -> list[bytes]:
    """The events as ``runcell --events`` writes them: a JSON object each."""
    return [to_json(event) for event in recorded.events]
