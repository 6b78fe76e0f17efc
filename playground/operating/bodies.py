"""No more of a request's body than any page of ours sends: Django keeps all of it on disk first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_DRAINED_BYTES: Final = 64 * 1024 * 1024
_SENTENCE: Final = (
    f"This is over {MOST_BYTES // 1024**2} MiB, the most that may be sent here. Nothing of it was "
    "kept: go back, and send less.\n"
)

Application = Callable[[Any, Any, Any], Awaitable[None]]


class _TooLarge(Exception):
    pass


def bound_bodies(application: Application) -> Application:
    """Answer 413 to a larger one, whatever its header says; it is kept nowhere."""

    async def entry(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        left = MOST_BYTES

        async def receive_bounded() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        try:
            if _declared(scope) > MOST_BYTES:
                raise _TooLarge
            await application(scope, receive_bounded, send)
        except _TooLarge:
            await _drain(receive)
            await _refuse(send)

    return entry


def _declared(scope: MutableMapping[str, Any]) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() else 0


async def _drain(receive: Any) -> None:
    """A browser hears the answer once it was let finish; within reason."""
    drained = 0
    while drained < MOST_DRAINED_BYTES:
        message = await receive()
        drained += len(message.get("body", b""))
        if not message.get("more_body"):
            return


async def _refuse(send: Any) -> None:
    body = _SENTENCE.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
