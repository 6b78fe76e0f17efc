"""Requests to a cell's application: its own, through httpx's ASGI transport, and driven ones."""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx

from sandbox.inside.telemetry.connections import Place
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds

MAX_PATH_CHARACTERS: Final = 300


class RequestProbe:
    """Sends ``req`` events, and counts for the summary."""

    def __init__(self, writer: EventWriter, here: Callable[[], Place]) -> None:
        self.answered = 0
        self._here = here
        self._writer = writer
        self._first = self._last = 0.0
        self._waiting: dict[int, tuple[float, str, str, Place]] = {}

    @property
    def serving(self) -> float:
        """Seconds from the first request to the last answer."""
        return self._last - self._first

    def began(self, request: object, method: str, path: str) -> None:
        """A request is on its way; ``request`` is what ``ended`` will be told."""
        now = time.perf_counter()
        self._first = self._first or now
        self._waiting[id(request)] = (now, method, path, self._here())

    def ended(self, request: object, status: int | None) -> None:
        """It was answered, or nobody waits for the answer any more."""
        waiting = self._waiting.pop(id(request), None)
        if waiting is not None:
            self.answered += status is not None
            self._last = time.perf_counter()
            self._tell(*waiting, self._last, status)

    def finish(self) -> None:
        """Tell of those that never were."""
        now = time.perf_counter()
        for waiting in self._waiting.values():
            self._tell(*waiting, now, None)

    def _tell(
        self,
        began: float,
        method: str,
        path: str,
        place: Place,
        ended: float,
        status: int | None,
    ) -> None:
        fields: Fields = {
            "duration_us": microseconds(ended - began),
            "method": method,
            "path": path[:MAX_PATH_CHARACTERS],
            "status": status,
            "line": place.line,
            "lane": place.lane,
        }
        self._writer.add("req", began, fields)


active: RequestProbe | None = None


def install() -> None:
    """Wrap the transport's one method."""
    original = httpx.ASGITransport.handle_async_request

    @functools.wraps(original)
    async def wrapper(self: Any, request: httpx.Request) -> httpx.Response:
        probe = active
        if probe is None:
            return await original(self, request)
        probe.began(request, request.method, request.url.path)
        status = None
        try:
            response = await original(self, request)
            status = response.status_code
            return response
        except Exception:
            status = 500  # as a server would answer
            raise
        finally:
            probe.ended(request, status)

    httpx.ASGITransport.handle_async_request = wrapper  # type: ignore[method-assign]


def observe(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The application, each of its HTTP requests noted. For one that a server serves."""

    async def observed(scope: Any, receive: Any, send: Any) -> None:
        probe = active
        if probe is None or scope["type"] != "http":
            await app(scope, receive, send)
            return
        probe.began(scope, scope["method"], scope["path"])
        status: int | None = None

        async def send_on(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, send_on)
        finally:
            probe.ended(scope, status)

    return observed
