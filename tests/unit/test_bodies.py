"""What is sent to the site is bounded before anything of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from playground.operating.bodies import MOST_BYTES, bound_bodies

CHUNK = 1024 * 1024


async def send_body(size: int, *, declared: bool) -> tuple[int, int, int]:
    """The status of the answer, what the application was given, and what was left unread."""
    left, given, status = size, 0, 0

    async def receive() -> dict[str, Any]:
        nonlocal left
        part = min(CHUNK, left)
        left -= part
        return {"type": "http.request", "body": bytes(part), "more_body": left > 0}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal given
        while True:
            message = await receive()
            given += len(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200})

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    headers = [(b"content-length", str(size).encode())] if declared else []
    await bound_bodies(application)({"type": "http", "headers": headers}, receive, send)
    return status, given, left


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_is_bounded_whatever_its_header_says(declared: bool) -> None:
    assert await send_body(MOST_BYTES, declared=declared) == (200, MOST_BYTES, 0)
    status, given, left = await send_body(MOST_BYTES + 1, declared=declared)
    assert (status, left) == (413, 0)
    assert given <= MOST_BYTES
    status, given, left = await send_body(200 * CHUNK, declared=declared)
    assert status == 413
    assert given <= MOST_BYTES
    assert left > 0


async def test_a_header_that_lies_changes_nothing() -> None:
    assert (await send_body(0, declared=True))[0] == 200
