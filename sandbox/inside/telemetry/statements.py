"""One statement, from whichever driver: its line, its task, how long it took."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import Any, Final

import greenlet

from sandbox.inside.telemetry.lanes import current_task
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds

MAX_STATEMENT_CHARACTERS: Final = 500
MAX_ERROR_CHARACTERS: Final = 300
_TRANSACTION_WORDS: Final = ("begin", "commit", "rollback", "savepoint", "release", "start")


class StatementProbe:
    """Sends ``sql``, ``tx`` and ``pool`` events, and counts for the summary."""

    def __init__(self, writer: EventWriter, loop: LoopProbe) -> None:
        self.statements = 0
        self.pool_high_water = 0
        self.checked_out: set[int] = set()
        self.open_transactions: set[int] = set()
        self._writer = writer
        self._loop = loop

    def note(
        self,
        began: float,
        statement: Any,
        driver: str,
        *,
        rows: int | None = None,
        parameters: Any = (),
        error: BaseException | None = None,
    ) -> None:
        """A statement ended now. Words that only steer a transaction become ``tx`` events."""
        text = _text(statement)
        first = text.split(None, 1)[0].lower().rstrip(";") if text.strip() else ""
        if first in _TRANSACTION_WORDS and error is None:
            self.note_transaction(text.split(";")[0].lower()[:60], began)
            return
        self.statements += 1
        fields: Fields = {
            "duration_us": microseconds(time.perf_counter() - began),
            **self._place(),
            "statement": text[:MAX_STATEMENT_CHARACTERS],
            "parameters": _count(parameters),
            "rows": rows if rows is not None and rows >= 0 else None,
            "driver": driver,
            "error": _error_text(error),
        }
        self._writer.add("sql", began, fields)

    def note_transaction(self, action: str, at: float | None = None) -> None:
        """A transaction began or ended."""
        now = time.perf_counter() if at is None else at
        self._writer.add("tx", now, {"action": action, **self._place()})

    def note_pool(self, action: str, in_use: int, size: int | None) -> None:
        """A connection left its pool or came back."""
        self.pool_high_water = max(self.pool_high_water, in_use)
        fields: Fields = {"action": action, "in_use": in_use, "size": size, **self._place()}
        self._writer.add("pool", time.perf_counter(), fields)

    def note_request(self, began: float, method: str, path: str, status: int) -> None:
        """A request to the cell's own application was answered."""
        fields: Fields = {
            "duration_us": microseconds(time.perf_counter() - began),
            "method": method,
            "path": path[:MAX_ERROR_CHARACTERS],
            "status": status,
            **self._place(),
        }
        self._writer.add("req", began, fields)

    def _place(self) -> Fields:
        return {"line": self._line(), "lane": self._lane()}

    def _lane(self) -> int:
        return self._loop.lanes.number_of(current_task())

    def _line(self) -> int | None:
        """The nearest line of the cell, also across SQLAlchemy's greenlet."""
        line = self._loop.lanes.line_of(sys._getframe(1))
        if line is not None or threading.get_ident() != self._loop.thread:
            return line
        parent = greenlet.getcurrent().parent
        while line is None and parent is not None:
            frame: FrameType | None = parent.gr_frame
            line = self._loop.lanes.line_of(frame)
            parent = parent.parent
        return line if line is not None else self._loop.lanes.line_that_created(current_task())


active: StatementProbe | None = None


def called_from(*modules: str, depth: int = 8) -> bool:
    """Whether one of the nearest callers belongs to one of these packages."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and depth:
        if str(frame.f_globals.get("__name__", "")).startswith(modules):
            return True
        frame, depth = frame.f_back, depth - 1
    return False


def _text(statement: Any) -> str:
    if isinstance(statement, str):
        return statement
    if isinstance(statement, bytes):
        return statement.decode(errors="replace")
    render = getattr(statement, "as_string", None)
    return str(render(None)) if callable(render) else str(statement)


def _count(parameters: Any) -> int:
    try:
        return len(parameters) if parameters is not None else 0
    except TypeError:
        return 0


def _error_text(error: BaseException | None) -> str | None:
    if error is None:
        return None
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARACTERS]
