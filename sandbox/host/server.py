"""The supervisor's unix socket: one request a connection, answered by frames."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from sandbox.host.refusal import RequestRefused
from sandbox.host.supervisor import Supervisor
from sandbox.protocol import (
    MAX_FRAME_BYTES,
    Batch,
    CancelRequest,
    Done,
    Finished,
    Refused,
    Request,
    ResetRequest,
    RunEvent,
    RunRequest,
    StatusRequest,
    encode_frame,
)

_log = logging.getLogger(__name__)
_decoder = msgspec.msgpack.Decoder(Request)


class Server:
    """Serves one supervisor to everyone who may open its socket (its owner alone)."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def listen(self, path: str) -> asyncio.Server:
        """Start listening; the socket is readable and writable by its owner only."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o600)  # before it listens; a umask would reach whatever starts meanwhile
        return await asyncio.start_unix_server(self._answer, sock=listener)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                request = await _receive(reader)
                if isinstance(request, RunRequest):
                    await self._run(request, reader, writer)
                else:
                    _send(writer, await self._carry_out(request))
            except RequestRefused as refusal:
                _send(writer, Refused(str(refusal), refusal.busy, refusal.retry_seconds))
            except (msgspec.MsgspecError, ValueError) as error:
                _send(writer, Refused(f"not a request: {error}"))
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # whoever asked has left
            except Exception:  # one request that fails is no reason to leave its caller waiting
                _log.exception("a request failed")
                _send(writer, Refused("the sandbox failed; its log says why"))
            await writer.drain()
        writer.close()

    async def _carry_out(self, request: CancelRequest | ResetRequest | StatusRequest) -> Any:
        match request:
            case CancelRequest(run_id):
                self._supervisor.cancel(run_id)
            case ResetRequest(session):
                await self._supervisor.reset(session)
            case StatusRequest():
                return self._supervisor.status()
        return Done()

    async def _run(
        self, request: RunRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Stream the run; when the caller hangs up, the run is cancelled."""
        sending = asyncio.create_task(_send_all(self._supervisor.run(request), writer))
        hung_up = asyncio.create_task(reader.read(1))
        await asyncio.wait([sending, hung_up], return_when=asyncio.FIRST_COMPLETED)
        hung_up.cancel()
        if not sending.done():
            self._supervisor.cancel(request.run_id)
        await sending


async def _send_all(batches: AsyncIterator[list[RunEvent]], writer: asyncio.StreamWriter) -> None:
    async for events in batches:
        _send(writer, Batch(events))
        if not isinstance(events[-1], Finished):
            with contextlib.suppress(ConnectionError):
                await writer.drain()


def _send(writer: asyncio.StreamWriter, reply: Any) -> None:
    if not writer.is_closing():
        writer.write(encode_frame(reply))


async def _receive(reader: asyncio.StreamReader) -> Request:
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {size} bytes")
    request: Request = _decoder.decode(await reader.readexactly(size))
    return request
