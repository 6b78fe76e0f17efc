"""Requests that a cell sends to its own application through httpx's ASGI transport."""

from __future__ import annotations

import functools
import time
from typing import Any

import httpx

from sandbox.inside.telemetry import statements


def install() -> None:
    """Wrap the transport's one method."""
    original = httpx.ASGITransport.handle_async_request

    @functools.wraps(original)
    async def wrapper(self: Any, request: httpx.Request) -> httpx.Response:
        probe = statements.active
        if probe is None:
            return await original(self, request)
        began = time.perf_counter()
        status = 500
        try:
            response = await original(self, request)
            status = response.status_code
            return response
        finally:
            probe.note_request(began, request.method, request.url.path, status)

    httpx.ASGITransport.handle_async_request = wrapper  # type: ignore[method-assign]
