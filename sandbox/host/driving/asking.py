"""One request over a connection of its own, timed by our clock."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

from sandbox.host.driving.answers import Answer
from sandbox.protocol import DrivenRequest, Phase, ResponseProblem

PIECE_BYTES: Final = 8 * 1024
_FULL_BACKLOG_SECONDS: Final = 0.002


async def ask(address: str, request: DrivenRequest, phase: Phase) -> Answer:
    """What came within the phase's time; its ``problem`` says how else it ended.

    Raises ValueError for a request that cannot be put into HTTP.
    """
    answer = Answer(request)
    hangs_up = 0 < phase.disconnect_seconds < phase.timeout_seconds
    seconds = phase.disconnect_seconds if hangs_up else phase.timeout_seconds
    with socket.socket(socket.AF_UNIX) as connection:
        connection.setblocking(False)
        try:
            async with asyncio.timeout(seconds):
                answer.problem = await _ask(connection, address, answer)
        except TimeoutError:
            answer.problem = "disconnected" if hangs_up else "timed out"
    return answer


async def _ask(connection: socket.socket, address: str, answer: Answer) -> ResponseProblem:
    loop = asyncio.get_running_loop()
    if not await _connect(connection, address):
        return "refused"
    # One that answers and goes before it has read all is still heard.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await loop.sock_sendall(connection, answer.question)
    while not answer.is_over:
        try:
            piece = await loop.sock_recv(connection, PIECE_BYTES)
        except OSError:
            return "connection closed"
        answer.feed(piece)
        await asyncio.sleep(0)  # a flood of one application is not to hold up the others
    return answer.problem


async def _connect(connection: socket.socket, address: str) -> bool:
    """Whether somebody listens. For a unix socket there is no waiting but for a full backlog."""
    while True:
        try:
            connection.connect(address)
        except BlockingIOError:
            await asyncio.sleep(_FULL_BACKLOG_SECONDS)
        except OSError:
            return False
        else:
            return True
