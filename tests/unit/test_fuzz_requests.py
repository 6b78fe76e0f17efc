"""Whatever arrives on the supervisor's socket or from a page is answered, and nothing fails."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.runs import messages
from sandbox.host.refusal import RequestRefused
from sandbox.host.server import Server
from sandbox.protocol import (
    CancelRequest,
    Finished,
    Refused,
    Reply,
    ResetRequest,
    RunEvent,
    RunRequest,
    Status,
    StatusRequest,
    encode_frame,
)

text = st.text(max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | text
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
requests = st.one_of(
    st.builds(CancelRequest, text),
    st.builds(ResetRequest, text),
    st.builds(StatusRequest),
    st.builds(RunRequest, run_id=text, code=text, session=text, wall_seconds=st.floats()),
)
tagged = st.dictionaries(
    st.sampled_from(["type", "run_id", "code", "session", "seed", "wall_seconds", "database"]),
    st.sampled_from(["run", "reset", "cancel", "status", "postgres"]) | anything,
)
frames = st.one_of(requests.map(encode_frame), tagged.map(encode_frame), st.binary(max_size=60))
fields = st.dictionaries(
    st.sampled_from(["action", "pack", "card", "cell", "code", "driver"]),
    st.sampled_from(["run", "stop", "reset", "aiosqlite", "<script>"]) | anything,
)


class FakeSupervisor:
    """Answers at once; some requests fail as a database may."""

    def cancel(self, run_id: str) -> None:
        """Nothing runs here."""

    async def reset(self, session: str) -> None:
        """A database that is out of reach."""
        if len(session) % 2:
            raise OSError("the database is gone")

    def status(self) -> Status:
        """Nothing runs here."""
        return Status("full", [], [], 0, 0, {})

    async def run(self, request: RunRequest) -> AsyncIterator[list[RunEvent]]:
        """Refused or ended at once."""
        if not request.code:
            raise RequestRefused("no code")
        yield [Finished(at_us=0, outcome="completed", fault="nobody", message="")]


async def ask(frame: bytes) -> tuple[bytes, list[Any]]:
    """Everything the server answers to these bytes, and what nobody caught."""
    failures: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir="/tmp") as folder:
        path = str(Path(folder) / "socket")
        server = await Server(FakeSupervisor()).listen(path)  # type: ignore[arg-type]
        async with server, asyncio.timeout(5):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(frame)
            writer.write_eof()
            said = await reader.read()
            writer.close()
    return said, failures


@settings(max_examples=120, deadline=None, derandomize=True)
@given(frames)
def test_any_bytes_are_answered_or_hung_up_on(frame: bytes) -> None:
    said, failures = asyncio.run(ask(frame))
    assert failures == []
    while said:
        size = int.from_bytes(said[:4], "big")
        msgspec.msgpack.decode(said[4 : 4 + size], type=Reply)
        said = said[4 + size :]


def test_a_frame_that_claims_too_much_is_refused_before_it_is_read() -> None:
    said, _ = asyncio.run(ask(b"\xff\xff\xff\xff"))
    assert isinstance(msgspec.msgpack.decode(said[4:], type=Reply), Refused)


def test_a_request_that_fails_is_answered() -> None:
    said, failures = asyncio.run(ask(encode_frame(ResetRequest("odd"))))
    assert isinstance(msgspec.msgpack.decode(said[4:], type=Reply), Refused)
    assert failures == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(fields.map(json.dumps) | anything.map(json.dumps) | st.text(max_size=60) | st.none())
def test_any_message_of_a_page_is_ours_or_answered_with_a_short_sentence(
    said: str | None,
) -> None:
    read = decode(said)
    if isinstance(read, messages.NotOurs):
        assert len(str(read)) < messages.MAX_SENTENCE_CHARACTERS
    else:
        for name in ("pack", "card", "cell"):
            assert len(getattr(read, name)) <= messages.MAX_ADDRESS_CHARACTERS


def decode(said: str | None) -> messages.PageMessage | messages.NotOurs:
    try:
        return messages.decode(said)
    except messages.NotOurs as refused:
        return refused
