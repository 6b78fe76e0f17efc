"""Which of the cell's lines and calls took the time of a step of the event loop.

``sys.monitoring`` events on the cell's own code objects: the time between two events belongs to
the earlier one. A place that fires too often in a step is switched off for the rest of it, and
the time it then takes is shared out in proportion to what was measured before.
"""

from __future__ import annotations

import asyncio.base_events
import sys
import threading
import time
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

HOT_HITS: Final = 300
RESTART_NS: Final = 50_000_000

_mon: Final = sys.monitoring
_TOOL: Final = _mon.PROFILER_ID
_EVENTS: Final = (
    _mon.events.LINE
    | _mon.events.CALL
    | _mon.events.PY_RESUME
    | _mon.events.PY_RETURN
    | _mon.events.PY_YIELD
)
# Below a step lies what started the loop, such as the cell's own asyncio.run(...).
_STEP: Final = asyncio.base_events.BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]
_now = time.perf_counter_ns

Line = tuple[CodeType, int]
Place = tuple[CodeType, int]  # code and instruction offset of a call


class Call(NamedTuple):
    """A call the cell made: where, of what, on what."""

    place: Place
    called: Any
    first_argument: Any


class Culprit(NamedTuple):
    """What took most of a step: a line of the cell (0: none) and, where one did, a call."""

    code: CodeType | None
    line: int
    call: Call | None


class LineClock:
    """Attributes the time inside steps. All methods run on the loop's thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._codes: set[CodeType] = set()
        self._offsets: dict[Place, int] = {}
        self._in_step = False
        self._restarted_at = 0
        self._disabled = False
        self._clear()

    def _clear(self) -> None:
        self._spent: dict[Line | None, int] = {}
        self._calls: dict[Place, int] = {}
        self._called: dict[Place, Call] = {}
        self._hits: dict[Place, int] = {}
        self._hot: dict[Line, int] = {}
        self._line: Line | None = None
        self._entry: Line | None = None
        self._call: Place | None = None
        self._since = 0

    def watch(self, code: CodeType) -> None:
        """Observe a code object and all it contains."""
        if _mon.get_tool(_TOOL) is None:
            self._register()
        for each in _with_nested(code):
            self._codes.add(each)
            _mon.set_local_events(_TOOL, each, _EVENTS)

    def stop(self) -> None:
        """Observe nothing any more."""
        if _mon.get_tool(_TOOL) is not None:
            for code in self._codes:
                _mon.set_local_events(_TOOL, code, 0)
            _mon.free_tool_id(_TOOL)

    def nearest(self, frame: FrameType | None) -> Line | None:
        """The nearest line of the cell at or below ``frame``, within this step of the loop."""
        while frame is not None and frame.f_code is not _STEP:
            if frame.f_code in self._codes:
                return (frame.f_code, frame.f_lineno)
            frame = frame.f_back
        return None

    def begin_step(self, now: int) -> None:
        """A step of the loop begins."""
        if self._disabled and now - self._restarted_at >= RESTART_NS:
            self._disabled = False
            self._restarted_at = now
            _mon.restart_events()
        if self._spent or self._hits:
            self._clear()
        self._line = self._entry = self._call = None
        self._since = now
        self._in_step = True

    def end_step(self) -> None:
        """The step is over; ``culprit`` tells of it until the next one begins."""
        self._in_step = False

    def culprit(self, ended: int) -> Culprit:
        """What took most of the step that ended at ``ended``."""
        self._switch(ended, None, None)
        self._share_out_hot_lines()
        line = max(self._spent, key=self._spent.__getitem__, default=None)
        if line is None:
            return Culprit(None, 0, None)
        calls = {
            place: spent
            for place, spent in self._calls.items()
            if place[0] is line[0] and self._line_of(*place) == line[1]
        }
        place = max(calls, key=calls.__getitem__, default=None)
        if place is None or calls[place] * 2 < self._spent[line]:
            return Culprit(line[0], line[1], None)
        return Culprit(line[0], line[1], self._called[place])

    def _register(self) -> None:
        _mon.use_tool_id(_TOOL, "playground")
        for event, callback in (
            (_mon.events.LINE, self._on_line),
            (_mon.events.CALL, self._on_call),
            (_mon.events.PY_RESUME, self._on_resume),
            (_mon.events.PY_RETURN, self._on_leave),
            (_mon.events.PY_YIELD, self._on_leave),
        ):
            _mon.register_callback(_TOOL, event, callback)

    def _switch(self, now: int, line: Line | None, call: Place | None) -> None:
        """Book the time since the last event, and go on at another place."""
        elapsed = now - self._since
        self._spent[self._line] = self._spent.get(self._line, 0) + elapsed
        if self._call is not None:
            self._calls[self._call] = self._calls.get(self._call, 0) + elapsed
        self._line, self._call, self._since = line, call, now

    def _too_often(self, place: Place) -> bool:
        hits = self._hits[place] = self._hits.get(place, 0) + 1
        return hits > HOT_HITS

    def _on_line(self, code: CodeType, line: int) -> Any:
        if not self._in_step or threading.get_ident() != self._thread:
            return None
        here = (code, line)
        self._switch(_now(), here, None)
        if self._too_often((code, -line)):
            self._hot.setdefault(here, self._spent.get(here, 0))
            self._disabled = True
            return _mon.DISABLE
        return None

    def _on_call(self, code: CodeType, offset: int, called: object, argument: object) -> Any:
        if not self._in_step or threading.get_ident() != self._thread:
            return None
        place = (code, offset)
        first = None if argument is _mon.MISSING else argument
        self._called[place] = Call(place, called, first)
        self._switch(_now(), (code, self._line_of(code, offset)), place)
        if self._too_often(place):
            self._disabled = True
            return _mon.DISABLE
        return None

    def _on_resume(self, code: CodeType, offset: int) -> Any:
        if not self._in_step or threading.get_ident() != self._thread:
            return None
        line = (code, self._line_of(code, offset))
        if self._entry is None:
            self._entry = line
        self._switch(_now(), line, None)
        if self._too_often((code, offset)):
            self._disabled = True
            return _mon.DISABLE
        return None

    def _on_leave(self, code: CodeType, offset: int, value: object) -> Any:
        if not self._in_step or threading.get_ident() != self._thread:
            return None
        self._switch(_now(), self.nearest(sys._getframe(1).f_back) or self._entry, None)
        if self._too_often((code, offset)):
            self._disabled = True
            return _mon.DISABLE
        return None

    def _line_of(self, code: CodeType, offset: int) -> int:
        place = (code, offset)
        line = self._offsets.get(place)
        if line is None:
            for start, end, number in code.co_lines():
                if start <= offset < end:
                    line = number or 0
            self._offsets[place] = line = line or 0
        return line

    def _share_out_hot_lines(self) -> None:
        weights = {line: weight for line, weight in self._hot.items() if weight > 0}
        total = sum(weights.values())
        if not total:
            return
        spent = sum(self._spent.get(line, 0) for line in weights)
        for line, weight in weights.items():
            self._spent[line] = spent * weight // total


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)
