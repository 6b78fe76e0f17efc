"""Which of the cell's lines and calls took the time of a step of the event loop.

``sys.monitoring`` events on the cell's own code objects: the time between two events belongs to
the earlier one. An event is only noted; what a step's events say is worked out when the step was
long. When very many come, the places they come from are switched off for a while, and the time
such a place then takes is shared out in proportion to what was measured before.
"""

from __future__ import annotations

import asyncio.base_events
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

MANY_EVENTS: Final = 400  # noted since the last restart: from then on places are counted
WORTH_RESTART_SECONDS: Final = 0.01  # a block whose line may have been switched off
HOT_HITS: Final = 50  # of one place, once they are counted

_mon: Final = sys.monitoring
_TOOL: Final = 4  # none of those that sys.monitoring has a name for: a cell may use cProfile
_EVENTS: Final = (
    _mon.events.LINE
    | _mon.events.CALL
    | _mon.events.PY_RESUME
    | _mon.events.PY_RETURN
    | _mon.events.PY_YIELD
)
# Below a step lies what started the loop, such as the cell's own asyncio.run(...).
_STEP: Final = asyncio.base_events.BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]
_now = time.perf_counter
_ident = threading.get_ident

# Code objects go by their id: to hash one is to hash all its instructions.
Line = tuple[int, int]  # of a code object
Place = tuple[int, int]  # code and instruction offset of a call


class Call(NamedTuple):
    """A call the cell made: at which instruction of the line's code, and of what."""

    offset: int
    called: Any


class Culprit(NamedTuple):
    """What took most of a step: a line of the cell (0: none) and, where one did, a call."""

    code: CodeType | None
    line: int
    call: Call | None
    parts: list[tuple[int, float]]
    """Lines and the seconds each took, the most expensive first."""


_RESUMED: Final = object()  # in place of what is called


class LineClock:
    """Attributes the time of steps while ``in_loop``. ``step_began`` tells when the latest did.

    All methods run on the loop's thread. ``codes`` are those of the cell, by their id.
    """

    def __init__(self, step_began: Callable[[], float]) -> None:
        self._step_began = step_began
        self._thread = threading.get_ident()
        self.in_loop = False
        self.codes: dict[int, CodeType] = {}
        self._offsets: dict[Place, int] = {}
        self.trail: list[Any] = []
        self._noted = 0
        self._counting = False
        self._hits: dict[tuple[int, int], int] = {}
        self._disabled = False
        self._clear()

    def _clear(self) -> None:
        self._spent: dict[Line | None, float] = {}
        self._calls: dict[Place, float] = {}
        self._called: dict[Place, Any] = {}
        self._hot: dict[Line, float] = {}
        self._line: Line | None = None
        self._entry: Line | None = None
        self._call: Place | None = None
        self._since = 0.0

    def watch(self, code: CodeType) -> None:
        """Observe a code object and all it contains."""
        if _mon.get_tool(_TOOL) is None:
            self._register()
        for each in _with_nested(code):
            self.codes[id(each)] = each
            _mon.set_local_events(_TOOL, each, _EVENTS)

    def stop(self) -> None:
        """Observe nothing any more."""
        if _mon.get_tool(_TOOL) is not None:
            for code in self.codes.values():
                _mon.set_local_events(_TOOL, code, 0)
            _mon.free_tool_id(_TOOL)

    def nearest(self, frame: FrameType | None) -> Line | None:
        """The nearest line of the cell at or below ``frame``, within this step of the loop."""
        codes = self.codes
        while frame is not None:
            code = frame.f_code
            if (number := id(code)) in codes:
                return (number, frame.f_lineno)
            if code is _STEP:
                break
            frame = frame.f_back
        return None

    def end_step(self) -> None:
        """The step is over, and nothing of it is to be told."""
        if self.trail:
            self._noted += len(self.trail)
            self.trail.clear()
            self._counting = self._noted > MANY_EVENTS
        if self._since:
            self._clear()

    def restart(self) -> None:
        """Switch every place on again."""
        self._noted = 0
        self._counting = False
        if self._hits:
            self._hits = {}
        if self._disabled:
            self._disabled = False
            _mon.restart_events()

    def culprit(self, began: float, ended: float) -> Culprit:
        """What took most of the step from ``began`` to ``ended``; in place of ``end_step``."""
        was_blind = self._disabled and ended - began >= WORTH_RESTART_SECONDS
        self._since = self._since or began
        self._book()
        self._switch(ended, None, None)
        self._share_out_hot_lines()
        culprit = self._found()
        self._clear()
        if was_blind:
            self.restart()
        return culprit

    def _found(self) -> Culprit:
        lines = {line: spent for line, spent in self._spent.items() if line is not None}
        if not lines:
            return Culprit(None, 0, None, [])
        ordered = sorted(lines, key=lines.__getitem__, reverse=True)
        parts = [(line, lines[code, line]) for code, line in ordered]
        number, line = ordered[0]
        code = self.codes[number]
        calls = {
            place: spent
            for place, spent in self._calls.items()
            if place[0] == number and self._line_of(*place) == line
        }
        place = max(calls, key=calls.__getitem__, default=None)
        if place is None or calls[place] * 2 < lines[number, line]:
            return Culprit(code, line, None, parts)
        return Culprit(code, line, Call(place[1], self._called[place]), parts)

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

    # What an event means: (when, id of its code, line), or (…, offset, what is called).

    def _on_line(self, code: CodeType, line: int) -> Any:
        if not self.in_loop or _ident() != self._thread:
            return None
        self.trail.append((_now(), id(code), line))
        if self._counting or len(self.trail) > MANY_EVENTS:
            return self._count(code, -line)
        return None

    def _on_call(self, code: CodeType, offset: int, called: object, argument: object) -> Any:
        if not self.in_loop or _ident() != self._thread:
            return None
        self.trail.append((_now(), id(code), offset, called))
        if self._counting or len(self.trail) > MANY_EVENTS:
            return self._count(code, offset)
        return None

    def _on_resume(self, code: CodeType, offset: int) -> Any:
        if not self.in_loop or _ident() != self._thread:
            return None
        self.trail.append((_now(), id(code), offset, _RESUMED))
        if self._counting or len(self.trail) > MANY_EVENTS:
            return self._count(code, offset)
        return None

    def _on_leave(self, code: CodeType, offset: int, value: object) -> Any:
        if not self.in_loop or _ident() != self._thread:
            return None
        line = self.nearest(sys._getframe(1).f_back)
        self.trail.append((_now(), *line) if line else (_now(), 0, 0))
        if self._counting or len(self.trail) > MANY_EVENTS:
            return self._count(code, offset)
        return None

    def _count(self, code: CodeType, number: int) -> Any:
        """Switch a place off when too much comes from it: an offset, or a line below 0."""
        self._counting = True
        if len(self.trail) > MANY_EVENTS:
            self._book()
        place = (id(code), number)
        hits = self._hits[place] = self._hits.get(place, 0) + 1
        if hits <= HOT_HITS:
            return None
        self._book()
        if number < 0:
            line = (place[0], -number)
            self._hot.setdefault(line, self._spent.get(line, 0))
        self._disabled = True
        return _mon.DISABLE

    def _book(self) -> None:
        """Work out what the events noted so far say."""
        if not self._since:
            self._since = self._step_began()
        for at, code, number, *called in self.trail:
            if not code:
                self._switch(at, self._entry, None)
            elif not called:
                self._switch(at, (code, number), None)
            elif called[0] is _RESUMED:
                line = (code, self._line_of(code, number))
                self._entry = self._entry or line
                self._switch(at, line, None)
            else:
                place = (code, number)
                self._called[place] = called[0]
                self._switch(at, (code, self._line_of(*place)), place)
        self._noted += len(self.trail)
        self.trail.clear()

    def _switch(self, now: float, line: Line | None, call: Place | None) -> None:
        """Book the time since the last event, and go on at another place."""
        elapsed = now - self._since
        self._spent[self._line] = self._spent.get(self._line, 0) + elapsed
        if self._call is not None:
            self._calls[self._call] = self._calls.get(self._call, 0) + elapsed
        self._line, self._call, self._since = line, call, now

    def _line_of(self, code: int, offset: int) -> int:
        place = (code, offset)
        line = self._offsets.get(place)
        if line is None:
            for start, end, number in self.codes[code].co_lines():
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
            self._spent[line] = spent * weight / total


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)
