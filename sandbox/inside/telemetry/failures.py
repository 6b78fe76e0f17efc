"""Exceptions of the cell's own application: its client may see no more of one than a 500."""

from __future__ import annotations

import functools
import time
from typing import Any, Final

import httpx

from sandbox.inside import errors
from sandbox.inside.telemetry.lanes import current_task
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.writer import EventWriter

MOST_FAILURES: Final = 50


class FailureProbe:
    """Sends an ``error`` event for each request that the application failed."""

    def __init__(self, writer: EventWriter, loop: LoopProbe, filename: str) -> None:
        self._writer = writer
        self._loop = loop
        self._filename = filename
        self._left = MOST_FAILURES

    def note_request(self, scope: dict[str, Any], error: BaseException) -> None:
        """The application raised this instead of answering."""
        if not self._left:
            return
        self._left -= 1
        told = errors.describe(error, self._filename)
        fields = {
            "of": "request",
            "error": f"{told['type']}: {told['message']}",
            "line": told["line"] or None,
            "lane": self._loop.lanes.number_of(current_task()),
            "method": str(scope.get("method", "")),
            "path": str(scope.get("path", ""))[: errors.MAX_NAME_CHARACTERS],
        }
        self._writer.add("error", time.perf_counter(), fields)


active: FailureProbe | None = None


def install() -> None:
    """Observe every application that is given to httpx's transport."""
    plain = httpx.ASGITransport.__init__

    @functools.wraps(plain)
    def __init__(self: Any, app: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807
        plain(self, _observed(app), *arguments, **named)

    httpx.ASGITransport.__init__ = __init__  # type: ignore[method-assign]


def _observed(app: Any) -> Any:
    @functools.wraps(app, updated=())
    async def observed(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if active is not None:
                active.note_request(scope, error)
            raise

    return observed
