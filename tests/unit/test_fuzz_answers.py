"""Whatever an application answers, and whatever a child that reads says: bounded, and no error."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.host.driving.answers import (
    MOST_BYTES,
    MOST_EVENTS,
    MOST_HEADER_CHARACTERS,
    MOST_HEADERS,
    Answer,
)
from sandbox.host.driving.reading import split, understand
from sandbox.protocol import (
    MAX_BODY_BYTES,
    MAX_READ_ROWS,
    NOT_READ,
    DrivenRequest,
    Read,
    Response,
    Rows,
    encode_frame,
)

heads = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 404 \r\n",
        b"HTTP/1.1 000 no\r\n",
        b"HTTP/1.1 999 no\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n",
    ]
)
lines = st.one_of(
    st.sampled_from(
        [
            b"content-length: 5\r\n",
            b"content-length: -5\r\n",
            b"content-length: " + b"9" * 5000 + b"\r\n",
            b"content-length: 5\r\ncontent-length: 6\r\n",
            b"transfer-encoding: chunked\r\n",
            b"transfer-encoding: gzip\r\n",
            b"connection: upgrade\r\nupgrade: x\r\n",
            b"x: \xff\xfe\r\n",
            b": empty\r\n",
            b" folded\r\n",
            b"\0: \0\r\n",
        ]
    ),
    st.binary(max_size=30),
)
bodies = st.one_of(
    st.sampled_from(
        [
            b"12345",
            b"5\r\n12345\r\n0\r\n\r\n",
            b"ffffffffffffffff\r\n",
            b"fffffffffffffffffffffffff\r\n",
            b"1;" + b"x" * 20_000,
            b"0\r\nlate: header\r\n\r\n",
            b"1\r\ny\r\n" * 3000,
            b"y" * 200_000,
        ]
    ),
    st.binary(max_size=60),
)
answers = st.builds(
    lambda head, headers, body, rest: head + b"".join(headers) + b"\r\n" + body + rest,
    heads,
    st.lists(lines, max_size=4),
    bodies,
    st.binary(max_size=20),
)
said = st.one_of(answers, st.binary(max_size=100))


@settings(deadline=None)
@given(said, st.integers(1, 5000), st.sampled_from(["GET", "HEAD", "POST", "CONNECT"]))
def test_any_answer_ends_within_its_bounds(said: bytes, size: int, method: str) -> None:
    target = "app:80" if method == "CONNECT" else "/"
    answer = Answer(DrivenRequest(method, target))
    for start in range(0, len(said), size):
        if answer.is_over:
            break
        answer.feed(said[start : start + size])
    if not answer.is_over:
        answer.feed(b"")
    assert answer.is_over
    assert answer.status == 0 or 200 <= answer.status < 1000
    assert len(answer.body().encode()) <= MAX_BODY_BYTES
    assert len(answer.headers) <= MOST_HEADERS
    assert all(len(value) <= MOST_HEADER_CHARACTERS for value in answer.headers.values())
    response = Response("phase", 1, 0, 0, answer.status, answer.headers, answer.body())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(response), type=Response) == response


@pytest.mark.parametrize("piece", [b"1\r\ny\r\n" * 1000, b"1000\r\n" + b"y" * 4096 + b"\r\n"])
def test_a_flood_is_cut_off(piece: bytes) -> None:
    answer = Answer(DrivenRequest())
    answer.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    fed = 0
    while not answer.is_over:
        answer.feed(piece)
        fed += len(piece)
    assert answer.problem == "too large"
    assert fed <= MOST_BYTES + 2 * len(piece) or fed <= 6 * MOST_EVENTS


@pytest.mark.parametrize(
    "request_",
    [
        DrivenRequest("GE T"),
        DrivenRequest(path="/ü"),
        DrivenRequest(path="/a\r\nx: y"),
        DrivenRequest(headers={"a b": "c"}),
        DrivenRequest(headers={"a": "b\nc"}),
        DrivenRequest(headers={"Content-Length": "0"}, body="longer"),
        DrivenRequest(headers={"Transfer-Encoding": "chunked"}),
    ],
)
def test_a_request_that_is_no_http_is_an_error_of_its_author(request_: DrivenRequest) -> None:
    with pytest.raises(ValueError, match=r"."):
        Answer(request_)


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
anything = st.recursive(
    scalars | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
rows = st.builds(
    Rows,
    st.text(max_size=5),
    st.lists(st.text(max_size=5), max_size=3),
    st.lists(st.lists(st.integers(-5, 5) | st.text(max_size=3), max_size=3), max_size=3),
)
frames = st.lists(st.one_of(anything, rows, st.integers(0, 10**9)).map(encode_frame), max_size=4)
READS = [Read("one", ""), Read("two", "")]


@settings(deadline=None)
@given(st.one_of(frames.map(b"".join), st.binary(max_size=60)), st.integers(0, 40))
def test_whatever_the_reading_child_says_each_read_is_told(said: bytes, cut: int) -> None:
    whole = said[: len(said) - cut]
    calibration_us, found = understand(split(whole), READS)
    assert 0 <= calibration_us <= 2**53
    assert [each.name for each in found] == ["one", "two"]
    assert all(len(each.rows) <= MAX_READ_ROWS for each in found)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=list[Rows]) is not None


def test_what_was_said_in_order_is_understood() -> None:
    frames = [encode_frame(1234)[4:], encode_frame(Rows("x", ["a"], [[1], ["b"]]))[4:]]
    assert understand(frames, READS) == (
        1234,
        [Rows("one", ["a"], [[1], ["b"]]), Rows("two", problem=NOT_READ)],
    )
