"""Steps of the event loop: how long each took, for which task, and what that held up.

Installed once in the zygote, where it does nothing until a recorder is switched on in a child.
"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import asyncio.events
import selectors
import sys
import threading
import time
from types import FrameType
from typing import Any, Final

from sandbox.inside.telemetry import names
from sandbox.inside.telemetry.lines import LineClock
from sandbox.inside.telemetry.writer import EventWriter, Fields

BLOCK_NS: Final = 2_000_000
MERGE_NS: Final = 1_000_000
TICK_NS: Final = 50_000_000
MAX_LANES: Final = 1000
LOOP_LANE: Final = 0

_now = time.perf_counter_ns


class _Lane:
    """A task's row in the picture, and its run segment not yet sent."""

    __slots__ = ("busy", "end", "line", "number", "start", "steps")

    def __init__(self, number: int, line: int | None) -> None:
        self.number = number
        self.line = line
        self.start = self.end = self.busy = self.steps = 0


class LoopProbe:
    """Follows the loop of one thread, the one it was made on."""

    def __init__(self, writer: EventWriter, clock: LineClock, filename: str) -> None:
        self.thread = threading.get_ident()
        self.longest_block = self.blocked = self.longest_lag = 0
        self._writer = writer
        self._clock = clock
        self._filename = filename
        self._lanes: dict[int, _Lane] = {}
        self._loop_lane = _Lane(LOOP_LANE, None)
        self._lane_count = 0
        self._left_select = _now()
        self._cpu_mark = time.thread_time_ns()
        self._tick_started = self._left_select
        self._idle = self._steps = self._longest_step = 0

    # The four below run for every step or loop turn: they stay short.

    def run_handle(self, handle: asyncio.Handle, run: Any) -> None:
        """Run one handle as asyncio would, and note how long it took."""
        task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
        began = _now()
        self._clock.begin_step(began)
        run(handle)
        ended = _now()
        spent = ended - began
        self._steps += 1
        if spent > self._longest_step:
            self._longest_step = spent
        lane = self._lanes.get(id(task), self._loop_lane)
        if began - lane.end > MERGE_NS:
            self._send_segment(lane)
            lane.start = began
        lane.end = ended
        lane.busy += spent
        lane.steps += 1
        if spent >= BLOCK_NS:
            self._note_block(lane, handle, began, ended)
        else:
            self._clock.end_step()

    def enter_select(self) -> int:
        """The loop has nothing left to run: it is idle from the returned moment on."""
        now = _now()
        lag = now - self._left_select
        if lag > self.longest_lag and self._steps:
            self.longest_lag = lag
        if now - self._tick_started >= TICK_NS:
            self._tick(now)
            self._clock.restart()
        self._writer.flush_if_due(now)
        return now

    def leave_select(self, entered: int) -> None:
        """The loop goes on with what became ready."""
        self._left_select = now = _now()
        self._idle += now - entered
        self._cpu_mark = time.thread_time_ns()

    def lane_of_task(self, task: Any) -> int:
        """The lane's number, 0 for the loop itself."""
        return self._lanes.get(id(task), self._loop_lane).number

    def add_task(self, task: asyncio.Task[Any], frame: FrameType | None) -> None:
        """A task was created by the code in ``frame``."""
        self._lane_count += 1
        if self._lane_count > MAX_LANES:
            return
        coroutine = getattr(task.get_coro(), "__qualname__", "")
        if coroutine.startswith("BaseEventLoop."):
            return  # asyncio.run tidying up after the cell
        creator = _current_task()
        line = self.line_of(frame) or self.line_of_task(creator)
        lane = self._lanes[id(task)] = _Lane(self._lane_count, line)
        fields: dict[str, str | int | None] = {
            "lane": lane.number,
            "parent": self.lane_of_task(creator),
            "of": "task",
            "name": task.get_name(),
            "coroutine": coroutine,
            "line": line,
        }
        now = _now()
        lane.start = lane.end = now
        self._writer.add("lane", now, fields)
        task.add_done_callback(self._on_done)

    def line_of(self, frame: FrameType | None) -> int | None:
        """The nearest line of the cell on the stack of this step, None where there is none."""
        line = self._clock.nearest(frame)
        return line[1] if line is not None else None

    def line_of_task(self, task: Any) -> int | None:
        """The line of the cell that created the task."""
        return self._lanes.get(id(task), self._loop_lane).line

    def finish(self) -> None:
        """Send what is still held back."""
        for lane in [self._loop_lane, *self._lanes.values()]:
            self._send_segment(lane)
        if self._steps:
            self._tick(_now())

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        lane = self._lanes.pop(id(task), None)
        if lane is None:
            return
        self._send_segment(lane)
        if task.cancelled():
            state = "cancelled"
        else:
            # Looking at the exception here must not silence "was never retrieved".
            state = "raised" if task._exception is not None else "done"
        self._writer.add("lane", _now(), {"lane": lane.number, "state": state})

    def _send_segment(self, lane: _Lane) -> None:
        if lane.steps:
            fields: Fields = {
                "lane": lane.number,
                "duration_us": (lane.end - lane.start) // 1000,
                "steps": lane.steps,
                "busy_us": lane.busy // 1000,
            }
            self._writer.add("run", lane.start, fields)
        lane.steps = lane.busy = 0

    def _note_block(self, lane: _Lane, handle: asyncio.Handle, began: int, ended: int) -> None:
        spent = ended - began
        cpu_now = time.thread_time_ns()
        cpu = min(cpu_now - self._cpu_mark, spent)
        self._cpu_mark = cpu_now
        self.blocked += spent
        self.longest_block = max(self.longest_block, spent)
        culprit = self._clock.culprit(ended)
        spot = names.locate(culprit, self._filename)
        call = names.describe_call(culprit) or _callback_name(handle, culprit.line)
        self._writer.add(
            "block",
            began,
            {
                "duration_us": spent // 1000,
                "cpu_us": cpu // 1000,
                "line": culprit.line or None,
                "column": spot.column,
                "end_column": spot.end_column,
                "source": spot.source,
                "call": call,
                "lane": lane.number,
            },
        )
        self._left_select += _now() - ended  # our own work is nobody's lag

    def _tick(self, now: int) -> None:
        fields: dict[str, str | int | None] = {
            "duration_us": (now - self._tick_started) // 1000,
            "idle_us": self._idle // 1000,
            "steps": self._steps,
            "longest_step_us": self._longest_step // 1000,
        }
        self._writer.add("tick", self._tick_started, fields)
        self._tick_started = now
        self._idle = self._steps = self._longest_step = 0


def _current_task() -> Any:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _callback_name(handle: asyncio.Handle, line: int) -> str:
    """For a step without a line of the cell: whose callback it was."""
    if line:
        return ""
    callback = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return getattr(owner.get_coro(), "__qualname__", "")
    return getattr(callback, "__qualname__", type(callback).__qualname__)


active: LoopProbe | None = None


def install() -> None:
    """Replace what asyncio runs for a handle, a selector and a new task."""
    run = asyncio.events.Handle._run
    select = selectors.EpollSelector.select
    create_task = asyncio.base_events.BaseEventLoop.create_task
    get_ident = threading.get_ident

    def _run(self: asyncio.Handle) -> None:
        probe = active
        if probe is None or get_ident() != probe.thread:
            run(self)
        else:
            probe.run_handle(self, run)

    def observed_select(self: Any, timeout: float | None = None) -> Any:
        probe = active
        if probe is None or get_ident() != probe.thread:
            return select(self, timeout)
        entered = probe.enter_select()
        try:
            return select(self, timeout)
        finally:
            probe.leave_select(entered)

    def observed_create_task(self: Any, *arguments: Any, **named: Any) -> Any:
        task = create_task(self, *arguments, **named)
        probe = active
        if probe is not None and get_ident() == probe.thread and isinstance(task, asyncio.Task):
            probe.add_task(task, sys._getframe(1))
        return task

    asyncio.events.Handle._run = _run  # type: ignore[method-assign]
    selectors.EpollSelector.select = observed_select  # type: ignore[method-assign]
    asyncio.base_events.BaseEventLoop.create_task = observed_create_task  # type: ignore[method-assign]
