"""Whatever bytes a child sends, the reader stays whole and what it passes on is bounded."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sandbox.host.telemetry import MAX_TEXT_CHARACTERS, TelemetryReader
from sandbox.protocol import (
    MAX_CAUSES,
    MAX_TELEMETRY_BYTES,
    MAX_TELEMETRY_EVENTS,
    Telemetry,
    Value,
    encode_frame,
    to_json,
)

NOW_US = 1_000_000
fields = st.dictionaries(
    st.text(max_size=60),
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    max_size=30,
)
kinds = st.sampled_from(["block", "sql", "summary", "raised", "cause", "value", "end", "other"])
events = st.lists(st.tuples(kinds, st.integers(-(2**40), 2**40), fields), max_size=5)


def feed(reader: TelemetryReader, message: Any) -> list[Telemetry | Value]:
    return reader.feed(encode_frame(message), NOW_US)


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes(pieces: list[bytes]) -> None:
    reader = TelemetryReader()
    for piece in pieces:
        for event in reader.feed(piece, NOW_US):
            assert 0 <= event.at_us <= NOW_US


@given(events)
def test_any_well_formed_events(message: list[tuple[str, int, dict[str, Any]]]) -> None:
    for event in feed(TelemetryReader(), message):
        assert 0 <= event.at_us <= NOW_US
        if isinstance(event, Telemetry):
            assert len(event.fields) <= 16
            texts = [value for value in event.fields.values() if isinstance(value, str)]
            assert all(len(text) <= MAX_TEXT_CHARACTERS for text in texts)
        msgspec.json.encode(event)


def test_a_frame_may_come_in_pieces() -> None:
    reader = TelemetryReader()
    frame = encode_frame([["block", 5, {"line": 3}]])
    received = [event for byte in frame for event in reader.feed(bytes([byte]), NOW_US)]
    assert received == [Telemetry(5, "block", {"line": 3})]


def test_events_are_capped() -> None:
    reader = TelemetryReader()
    message = [["tick", 0, {}]] * 1000
    count = sum(len(feed(reader, message)) for _ in range(MAX_TELEMETRY_EVENTS // 1000 + 2))
    assert count == MAX_TELEMETRY_EVENTS


def test_a_frame_that_claims_too_much_ends_the_reading_only() -> None:
    reader = TelemetryReader()
    assert reader.feed(b"\xff\xff\xff\xff", NOW_US) == []
    assert feed(reader, [["tick", 0, {}]]) == []
    assert not reader.ended


def test_what_a_child_says_of_its_end() -> None:
    reader = TelemetryReader()
    raised = {"type": "ValueError", "message": "no", "line": 3, "errno": 28}
    feed(reader, [["raised", 0, raised], ["summary", 0, {"statements": 4}], ["end", 0, {}]])
    assert reader.raised is not None
    assert (reader.raised.type, reader.raised.line) == ("ValueError", 3)
    assert (reader.error_number, reader.summary.statements, reader.ended) == (28, 4, True)


def test_what_is_behind_an_exception_is_kept_up_to_a_limit() -> None:
    reader = TelemetryReader()
    behind = [["cause", 0, {"type": "E", "message": "x" * 9000, "line": n}] for n in range(99)]
    feed(reader, [*behind, ["raised", 0, {"type": "ValueError", "message": "no", "line": 3}]])
    assert reader.raised is not None
    assert [cause.line for cause in reader.raised.causes] == list(range(MAX_CAUSES))
    assert {len(cause.message) for cause in reader.raised.causes} == {MAX_TEXT_CHARACTERS}


def test_a_worker_is_told_by_the_supervisor_and_never_by_the_child() -> None:
    forged = [["sql", 5, {"statement": "SELECT 1", "worker": 3}]]
    alone = feed(TelemetryReader(), forged)
    second = feed(TelemetryReader(worker=2, workers=4, offset_us=7), forged)
    assert "worker" not in json.loads(to_json(alone[0]))
    assert json.loads(to_json(second[0])) == {
        **json.loads(to_json(alone[0])),
        "at_us": 12,
        "worker": 2,
    }


def test_each_worker_has_its_part_of_the_budget() -> None:
    reader = TelemetryReader(worker=1, workers=4)
    events = feed(reader, [["tick", 1, {}]] * MAX_TELEMETRY_EVENTS)
    assert len(events) == MAX_TELEMETRY_EVENTS // 4
    reader.feed(bytes(MAX_TELEMETRY_BYTES), 1)
    assert reader.flooded
