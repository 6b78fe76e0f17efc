"""What the site calls: one connection to the supervisor's socket per request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from sandbox.protocol import (
    MAX_FRAME_BYTES,
    Batch,
    CancelRequest,
    Done,
    Finished,
    Refused,
    Reply,
    Request,
    ResetRequest,
    RunEvent,
    RunRecord,
    RunRequest,
    Status,
    StatusRequest,
    encode_frame,
)
from sandbox.record import assemble

_decoder = msgspec.msgpack.Decoder(Reply)


class SandboxUnavailable(Exception):
    """The supervisor cannot be reached, or it refused the request; ours to mend."""


class SandboxBusy(SandboxUnavailable):
    """The queue is full: try again in ``retry_seconds``."""

    def __init__(self, reason: str, retry_seconds: float) -> None:
        super().__init__(reason)
        self.retry_seconds = retry_seconds


class SandboxClient:
    """Talks to the supervisor that listens on ``socket_path``."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path

    async def stream(self, request: RunRequest) -> AsyncIterator[list[RunEvent]]:
        """The run's events in batches, the last one ending with ``Finished``.

        Closing the iterator cancels the run. Raises SandboxBusy and SandboxUnavailable.
        """
        async with _Connection(self._socket_path, request) as connection:
            while True:
                reply = await connection.receive()
                if not isinstance(reply, Batch):
                    raise SandboxUnavailable(f"unexpected reply {type(reply).__name__}")
                yield reply.events
                if reply.events and isinstance(reply.events[-1], Finished):
                    return

    async def record(self, request: RunRequest) -> RunRecord:
        """The run to its end, as the judge looks at it. Raises as ``stream`` does."""
        return assemble(request, [event async for batch in self.stream(request) for event in batch])

    async def cancel(self, run_id: str) -> None:
        """Stop a run, queued or running; its stream ends with ``cancelled``."""
        await self._ask(CancelRequest(run_id), Done)

    async def reset(self, session: str) -> None:
        """Drop the scratch databases and files of a learner session."""
        await self._ask(ResetRequest(session), Done)

    async def status(self) -> Status:
        """The supervisor's level, engines and load."""
        return await self._ask(StatusRequest(), Status)

    async def _ask[T](self, request: Request, kind: type[T]) -> T:
        async with _Connection(self._socket_path, request) as connection:
            reply = await connection.receive()
        if not isinstance(reply, kind):
            raise SandboxUnavailable(f"unexpected reply {type(reply).__name__}")
        return reply


class _Connection:
    """One request and the frames that answer it."""

    def __init__(self, socket_path: str, request: Request) -> None:
        self._socket_path = socket_path
        self._request = request

    async def __aenter__(self) -> _Connection:
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(self._socket_path)
        except OSError as error:
            raise SandboxUnavailable(f"no supervisor at {self._socket_path}: {error}") from error
        self._writer.write(encode_frame(self._request))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def receive(self) -> Reply:
        try:
            size = int.from_bytes(await self._reader.readexactly(4), "big")
            if size > MAX_FRAME_BYTES:
                raise SandboxUnavailable(f"the supervisor sent a frame of {size} bytes")
            reply: Reply = _decoder.decode(await self._reader.readexactly(size))
        except (OSError, asyncio.IncompleteReadError) as error:
            raise SandboxUnavailable("the supervisor went away") from error
        if isinstance(reply, Refused):
            if reply.busy:
                raise SandboxBusy(reply.reason, reply.retry_seconds)
            raise SandboxUnavailable(reply.reason)
        return reply
