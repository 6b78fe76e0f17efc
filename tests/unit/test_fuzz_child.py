"""Every byte a child may send, on each of its descriptors: the run ends, and all is bounded."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
import termios
from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.host import telemetry
from sandbox.host.run import LiveRun
from sandbox.host.telemetry import MAX_CHILD_FRAME_BYTES, MOST_FRAMES, TelemetryReader
from sandbox.host.witness import heartbeat
from sandbox.host.witness.heartbeat import MOST_ANSWER_BYTES
from sandbox.host.zygote import Child, ZygoteFailed
from sandbox.protocol import (
    GOODBYE,
    HELLO,
    MAX_FRAME_BYTES,
    MAX_TELEMETRY_BYTES,
    MAX_TELEMETRY_EVENTS,
    Batch,
    Exited,
    Finished,
    Job,
    Limits,
    Outcome,
    Output,
    RunEvent,
    Started,
    Summary,
    Telemetry,
    Value,
    Witness,
    encode_frame,
)

LIMITS = Limits(wall_seconds=5.0, output_bytes=300)
NOW_US = 1_000_000
LARGEST_INTEGER = 2**53

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
anything = st.recursive(
    scalars | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
own_names = ["text", "columns", "rows", "row_count", "at_us", "type", "message", "line", "errno"]
names = st.sampled_from([*own_names, *Summary.__struct_fields__, "duration_us"])
kinds = st.sampled_from(["value", "summary", "raised", "cause", "end", "block", "sql", "unknown"])
events = st.tuples(kinds, st.integers(-(2**63), 2**64 - 1), st.dictionaries(names, anything))
frames = st.one_of(
    st.lists(events, max_size=4).map(encode_frame),
    anything.map(encode_frame),
    st.binary(max_size=80),
)
pipes = st.sampled_from(["stdout", "stderr", "telemetry", "answers"])
words = st.sampled_from([HELLO, GOODBYE, b"12345678", b"", b"123"])
statuses = st.sampled_from([0, 1 << 8, 255 << 8, *range(1, 32), 64])
few = settings(max_examples=60, deadline=None, derandomize=True)


def check(event: RunEvent) -> None:
    """The event keeps to what the protocol promises its readers."""
    msgspec.json.encode(event)
    match event:
        case Telemetry(_, _, fields) | Witness(_, _, fields):
            assert len(fields) <= 16
            assert all(is_bounded(value) for value in fields.values())
        case Value(_, text, columns, rows, count):
            assert len(text) <= telemetry.MAX_VALUE_CHARACTERS
            assert len(columns) <= telemetry.MAX_COLUMNS
            assert len(rows) <= telemetry.MAX_ROWS
            assert is_bounded(count)
        case Finished():
            assert event.outcome in get_args(Outcome)
            assert is_bounded(event.witness.longest_lag_us)
            assert all(
                is_bounded(getattr(event.summary, name)) for name in Summary.__struct_fields__
            )
        case _:
            pass


def is_bounded(value: str | int | None) -> bool:
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    return value is None or len(value) <= telemetry.MAX_TEXT_CHARACTERS


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(frames, max_size=5))
def test_any_telemetry_is_read_without_an_error_and_within_bounds(pieces: list[bytes]) -> None:
    reader = TelemetryReader()
    for piece in pieces:
        for event in reader.feed(piece, NOW_US):
            check(event)
            assert 0 <= event.at_us <= NOW_US
        assert reader.buffered_bytes <= MAX_CHILD_FRAME_BYTES + 4


async def live(said: Sequence[tuple[str, bytes]], status: int) -> list[list[RunEvent]]:
    """A run whose child says this and then ends with that status of wait(2)."""
    child = Child(1)
    ends = {
        "stdout": child._stdout_inside,
        "stderr": child._stderr_inside,
        "telemetry": child._telemetry_inside,
        "answers": child._answers_inside,
    }
    run = LiveRun([child], LIMITS, Started())

    async def speak() -> None:
        for pipe, piece in said:
            await asyncio.to_thread(os.write, ends[pipe], piece)
        child.close_inside_ends()
        child.exited.set_result(Exited(child.number, status, 0, 0))

    speaking = asyncio.create_task(speak())
    try:
        async with asyncio.timeout(10):
            return [batch async for batch in run.events()]
    finally:
        await speaking
        child.close()


@few
@given(st.lists(st.tuples(pipes, frames | st.binary(max_size=400)), max_size=6), statuses)
def test_any_bytes_on_any_pipe_end_in_one_outcome(
    said: list[tuple[str, bytes]], status: int
) -> None:
    batches = asyncio.run(live(said, status))
    told = [event for batch in batches for event in batch]
    assert [type(event) for event in told].count(Finished) == 1
    assert isinstance(told[-1], Finished)
    for event in told:
        check(event)
    kept = "".join(event.text for event in told if isinstance(event, Output))
    assert len(kept) <= LIMITS.output_bytes


@few
@given(st.lists(words | st.binary(max_size=40), max_size=9))
def test_any_answers_to_pings_are_no_error_and_no_answer(said: list[bytes]) -> None:
    [*_, last] = asyncio.run(live([("answers", piece) for piece in said], 0))[-1]
    assert isinstance(last, Finished)
    assert last.witness.heartbeat != "on"


@pytest.mark.parametrize(("most", "unread"), [(4096, 6 * 4096), (MOST_ANSWER_BYTES, 0)])
async def test_a_flood_of_answers_is_not_read_on(
    monkeypatch: pytest.MonkeyPatch, most: int, unread: int
) -> None:
    monkeypatch.setattr(heartbeat, "MOST_ANSWER_BYTES", most)
    child = Child(1)
    for _ in range(8):
        os.write(child._answers_inside, HELLO * 512)
    batches = LiveRun([child], LIMITS, Started()).events()
    await anext(batches)
    for _ in range(20):  # turns of the loop
        await asyncio.sleep(0)
    left = fcntl.ioctl(child.answers, termios.FIONREAD, bytes(4))
    child.close_inside_ends()
    child.exited.set_result(Exited(child.number, 0, 0, 0))
    assert isinstance([batch async for batch in batches][-1][-1], Finished)
    child.close()
    assert int.from_bytes(left, sys.byteorder) == unread


def test_a_forged_end_does_not_choose_the_outcome() -> None:
    lies = encode_frame([["end", 0, {}], ["raised", 0, {"type": "OSError", "message": ""}]])
    [*_, last] = asyncio.run(live([("telemetry", lies)], 11))[-1]
    assert isinstance(last, Finished)
    assert last.outcome == "raised"
    [*_, told] = asyncio.run(live([("stdout", bytes(1000)), ("telemetry", lies)], 9))[-1]
    assert isinstance(told, Finished)
    assert told.outcome == "output_limit"


def test_no_batch_is_larger_than_a_frame_may_be() -> None:
    wide = {f"field {number}": "x" * 2000 for number in range(15)}
    frame = encode_frame([["sql", 0, wide]] * 30)
    said = [("telemetry", frame)] * (2 * MAX_TELEMETRY_BYTES // len(frame))
    for batch in asyncio.run(live(said, 0)):
        assert len(encode_frame(Batch(batch))) < MAX_FRAME_BYTES


@pytest.mark.parametrize(
    "piece",
    [
        b"\x00\x00\x00\x01\x90" * (MOST_FRAMES + 10),
        encode_frame([["tick", 0, {}]] * (MAX_TELEMETRY_EVENTS + 1)),
        encode_frame([["value", 0, {"text": ""}]] * 5000),
        encode_frame([["value", 0, {"text": "x" * 20_000}]]),
        encode_frame([["value", 0, {"rows": [["x"]] * 300}]]),
        encode_frame([["block", 0, {"nested": [[[]]] * 1000}]]),
    ],
    ids=["empty frames", "events", "values", "a long value", "rows", "nesting"],
)
def test_what_no_run_has_to_say_is_not_kept(piece: bytes) -> None:
    assert len(TelemetryReader().feed(piece, NOW_US)) <= 1


async def answer(said: bytes) -> Any:
    child = Child(1)
    child._job_inside.sendall(said)
    child.close_inside_ends()
    try:
        return await child.begin(Job("", {}, "", LIMITS))
    finally:
        child.close()


@few
@given(st.binary(max_size=40))
def test_a_child_that_does_not_say_it_is_locked_is_no_child(said: bytes) -> None:
    if said[:16] == b"locked":
        return
    with pytest.raises(ZygoteFailed):
        asyncio.run(answer(said))
