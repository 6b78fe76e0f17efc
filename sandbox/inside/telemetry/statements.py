"""One statement, from whichever driver: its line, its task, how long it took."""

from __future__ import annotations

import sys
import threading
import time
from asyncio import current_task
from types import FrameType
from typing import Any, Final

import greenlet

from sandbox.inside.telemetry import fingerprints
from sandbox.inside.telemetry.connections import CELL, KEEPERS, Connections, Known, Place
from sandbox.inside.telemetry.lanes import LOOP_LANE
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.pools import Holding, Pools
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds

MAX_STATEMENT_CHARACTERS: Final = 500
MAX_ERROR_CHARACTERS: Final = 300
MOST_FINGERPRINTS: Final = 2000
_DEEPEST: Final = 80


class StatementProbe:
    """Sends ``sql``, ``tx`` and ``pool`` events, and counts for the summary."""

    def __init__(self, writer: EventWriter, loop: LoopProbe) -> None:
        self.statements = 0
        self.connections = Connections()
        self.pools = Pools(writer)
        self.connections_left_out = self.transactions_left_open = 0
        self._times: dict[str, int] = {}
        self._writer = writer
        self._loop = loop
        self._nearest = loop.clock.nearest
        self._threads = loop.lanes.threads

    @property
    def most_repeated(self) -> int:
        """How often the commonest statement ran."""
        return max(self._times.values(), default=0)

    def opened(self, connection: Any) -> None:
        """A driver opened a connection, for the cell or for one of KEEPERS."""
        self.connections.opened(connection, _keeper(), self.here())

    def note(
        self,
        began: float,
        place: Place,
        statement: Any,
        driver: str,
        known: Known,
        *,
        rows: int | None = None,
        parameters: int | None = 0,
        error: BaseException | None = None,
    ) -> Fields | None:
        """A statement ended now. One that only steers a transaction becomes a ``tx`` event.

        ``place`` is that of its beginning: a task that is cancelled has lost the way it came.
        Returns the event's fields while they may still be changed: until the next turn of the loop.
        """
        ended = time.perf_counter()
        text = statement if type(statement) is str else _text(statement)
        reading = fingerprints.read(text)
        if reading.action and error is None:
            self.note_transaction(reading.action, known, place, began)
            return None
        if reading.action in ("commit", "rollback"):
            known.transaction = None  # it is over, though not as it was meant to be
        self.statements += 1
        fingerprint = reading.fingerprint
        if fingerprint in self._times:
            self._times[fingerprint] += 1
        elif len(self._times) < MOST_FINGERPRINTS:
            self._times[fingerprint] = 1
        fields: Fields = {
            "duration_us": int((ended - began) * 1_000_000),
            "line": place.line,
            "lane": place.lane,
            "statement": text[:MAX_STATEMENT_CHARACTERS],
            "parameters": parameters,
            "rows": rows if rows is not None and rows >= 0 else None,
            "driver": driver,
            "error": None if error is None else _error_text(error),
            "connection": known.number,
            "fingerprint": fingerprint,
            "overlap_us": microseconds(self._loop.held_between(began, ended)),
        }
        self._writer.add("sql", began, fields)
        return fields

    def note_transaction(
        self, action: str, known: Known, place: Place, at: float | None = None
    ) -> None:
        """A transaction began or ended."""
        if action == "begin":
            known.transaction = known.transaction or place
        elif action in ("commit", "rollback"):
            known.transaction = None
        self._tell_transaction(action, known, place, at)

    def finish(self) -> None:
        """Tell what is left out and left open."""
        still_open = self.connections.still_open()
        left_out = self.pools.still_out() + [
            Holding(0, None, known.number, known.opened)
            for known in still_open
            if known.keeper == CELL and known.opened is not None
        ]
        for held in left_out:
            self.pools.leave_out(held)
        left_open = [known for known in still_open if known.transaction is not None]
        for known in left_open:
            self._tell_transaction("left_open", known, known.transaction)
        self.connections_left_out = len(left_out)
        self.transactions_left_open = len(left_open)

    def here(self) -> Place:
        """The nearest line of the cell, also across SQLAlchemy's greenlet, and the lane."""
        try:
            task = current_task()
        except RuntimeError:  # no loop here
            task = None
        lane = getattr(task, "_playground_lane", None)
        if lane is not None:
            number = lane.number
        else:
            number = self._threads.get(threading.get_ident(), LOOP_LANE)
        found = self._nearest(sys._getframe(1))
        if found is not None:
            return Place(found[1], number)
        if threading.get_ident() != self._loop.thread:
            return Place(None, number)
        parent = greenlet.getcurrent().parent
        while parent is not None:
            if (found := self._nearest(parent.gr_frame)) is not None:
                return Place(found[1], number)
            parent = parent.parent
        return Place(lane.line if lane is not None else None, number, is_own=False)

    def _tell_transaction(
        self, action: str, known: Known, place: Place | None, at: float | None = None
    ) -> None:
        line, lane, _ = place or (None, 0, False)
        fields: Fields = {
            "action": action,
            "line": line,
            "lane": lane,
            "connection": known.number,
        }
        self._writer.add("tx", time.perf_counter() if at is None else at, fields)


active: StatementProbe | None = None


def called_from(module: str, depth: int = 8) -> bool:
    """Whether one of the nearest callers belongs to this package."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and depth:
        if str(frame.f_globals.get("__name__", "")).startswith(module):
            return True
        frame, depth = frame.f_back, depth - 1
    return False


def _keeper() -> str:
    """For whom a connection is opened here."""
    frame: FrameType | None = sys._getframe(2)
    for _ in range(_DEEPEST):
        if frame is None:
            break
        module = str(frame.f_globals.get("__name__", ""))
        for keeper in KEEPERS:
            if module.startswith(keeper):
                return keeper
        frame = frame.f_back
    return CELL


def _text(statement: Any) -> str:
    if isinstance(statement, str):
        return str(statement)
    if isinstance(statement, bytes):
        return statement.decode(errors="replace")
    render = getattr(statement, "as_string", None)
    return str(render(None)) if callable(render) else str(statement)


def _error_text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARACTERS]
