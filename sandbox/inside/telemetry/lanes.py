"""Rows of the picture: tasks, and what each did when.

Steps of one lane are told as one segment while they follow each other closely. Of very many tasks
the first have lanes of their own; the rest are only counted, and run on the lane of the loop.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from types import FrameType
from typing import Any, Final

from sandbox.inside.telemetry import waits
from sandbox.inside.telemetry.lines import LineClock
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds

MERGE_SECONDS: Final = 0.001
MAX_LANES: Final = 1000
WORTH_TELLING_SECONDS: Final = 0.01  # of waiting for one's turn, with no block to blame
MAX_ALIVE: Final = 128  # more at once no page has room for
MAX_FOLDED: Final = 50
MANY_SEGMENTS: Final = 4000  # from then on only those with a larger gap between them are told
LOOP_LANE: Final = 0

_now = time.perf_counter


class Lane:
    """One row, and its run segment not yet sent."""

    __slots__ = (
        "began",
        "blocked_by",
        "busy",
        "end",
        "line",
        "number",
        "ready_since",
        "start",
        "steps",
    )

    def __init__(self, number: int, line: int | None) -> None:
        self.number = number
        self.line = line
        self.began = False
        self.start = self.end = self.busy = self.ready_since = 0.0
        self.steps = self.blocked_by = 0


class Lanes:
    """All lanes of one run."""

    def __init__(self, writer: EventWriter, clock: LineClock) -> None:
        self.loop = Lane(LOOP_LANE, None)
        self.is_full = False
        self._alive: set[Lane] = set()
        self._steps_sent = self._steps_taken = 0
        self.merge_seconds = MERGE_SECONDS
        self.last_block, self.last_block_ended = 0, 0.0
        self._writer = writer
        self._clock = clock
        self._numbers = itertools.count(1)
        self._detailed = self._segments = 0
        self.folded: dict[str, int] = {}
        self.threads: dict[int, int] = {}
        """The lanes of threads other than the loop's, by the threads' numbers."""

    def next_number(self) -> int:
        """Of a new lane."""
        return next(self._numbers)

    def number_of(self, task: Any) -> int:
        """The lane of a task, 0 for the loop itself."""
        return (lane_of(task) or self.loop).number

    def line_of(self, frame: FrameType | None) -> int | None:
        """The nearest line of the cell on the stack of this step, None where there is none."""
        line = self._clock.nearest(frame)
        return line[1] if line is not None else None

    def line_that_created(self, task: Any) -> int | None:
        """The line of the cell that created the task."""
        return (lane_of(task) or self.loop).line

    def add_task(self, task: Any, coroutine: Any, frame: FrameType | None) -> None:
        """A task was created by the code in ``frame``."""
        if self.is_full:
            self.fold(getattr(coroutine, "__qualname__", ""))
            return
        name = getattr(coroutine, "__qualname__", "")
        if name.startswith("BaseEventLoop."):
            return  # asyncio.run tidying up after the cell
        self._detailed += 1
        creator = current_task()
        line = self.line_of(frame) or self.line_that_created(creator)
        lane = task._playground_lane = Lane(next(self._numbers), line)
        self._alive.add(lane)
        self._note_fullness()
        lane.start = lane.end = now = _now()
        fields: Fields = {
            "lane": lane.number,
            "parent": self.number_of(creator),
            "of": "task",
            "name": task.get_name(),
            "coroutine": name,
            "line": line,
        }
        self._writer.add("lane", now, fields)
        if task.done():  # an eager one
            self.end_task(task, lane)

    def fold(self, name: str) -> None:
        """A task of the coroutine ``name`` was created that gets no lane."""
        if name in self.folded:
            self.folded[name] += 1
        elif len(self.folded) < MAX_FOLDED:
            self.folded[name] = 1

    def _note_fullness(self) -> None:
        self.is_full = self._detailed >= MAX_LANES or len(self._alive) >= MAX_ALIVE

    def end_task(self, task: Any, lane: Lane) -> None:
        """The task is done."""
        self._alive.discard(lane)
        self._note_fullness()
        self.send_segment(lane)
        if task.cancelled():
            state = "cancelled"
        else:
            # Looking at the exception here must not silence "was never retrieved".
            state = "raised" if task._exception is not None else "done"
        self._writer.add("lane", _now(), {"lane": lane.number, "state": state})

    def resume(self, lane: Lane, task: Any, now: float) -> None:
        """A lane goes on at ``now`` after a gap: say what the gap was."""
        self.send_segment(lane)
        if lane.ready_since < lane.end:  # it ran since: what held it up is over
            lane.ready_since, lane.blocked_by = 0.0, 0
        if not lane.began or task._fut_waiter is None:  # new, or it only let others go first
            if self.last_block_ended > lane.end:
                lane.blocked_by = lane.blocked_by or self.last_block
            if lane.blocked_by or now - lane.end > WORTH_TELLING_SECONDS:
                self._send_ready(lane, lane.end, now)
        else:
            since = min(max(lane.ready_since, lane.end), now) if lane.ready_since else now
            self._send_await(lane, task, since)
            if lane.ready_since:
                self._send_ready(lane, since, now)
        lane.ready_since, lane.blocked_by = 0.0, 0
        lane.start = now

    def send_segment(self, lane: Lane) -> None:
        """Tell what ran since the last gap."""
        if lane.steps:
            lane.began = True
            self._count_segment()
            fields: Fields = {
                "lane": lane.number,
                "duration_us": microseconds(lane.end - lane.start),
                "steps": lane.steps,
                "busy_us": microseconds(lane.busy),
            }
            self._writer.add("run", lane.start, fields)
            self._steps_sent += lane.steps
        lane.steps, lane.busy = 0, 0.0

    @property
    def alive(self) -> int:
        """How many tasks with a lane are not done."""
        return len(self._alive)

    def take_steps(self) -> int:
        """How many steps were made since this was asked last."""
        steps = self._steps_sent + sum(lane.steps for lane in self._alive)
        taken, self._steps_taken = steps - self._steps_taken, steps
        return taken

    def finish(self) -> None:
        """Send what is still held back, and what is still waited for."""
        for lane in self._alive:
            self.send_segment(lane)
        for name, count in self.folded.items():
            folded: Fields = {"lane": LOOP_LANE, "of": "task", "state": "folded"}
            self._writer.add("lane", _now(), {**folded, "coroutine": name, "count": count})

    def _send_await(self, lane: Lane, task: Any, until: float) -> None:
        if until - lane.end < self.merge_seconds:
            return
        self._count_segment()
        wait = waits.describe(task, self._clock.codes)
        fields: Fields = {
            "lane": lane.number,
            "duration_us": microseconds(until - lane.end),
            "on": wait.on,
            "line": wait.line,
            "target": self.number_of(wait.target) if wait.target is not None else None,
        }
        self._writer.add("await", lane.end, fields)

    def _send_ready(self, lane: Lane, since: float, until: float) -> None:
        self._count_segment()
        fields: Fields = {
            "lane": lane.number,
            "duration_us": microseconds(until - since),
            "blocked_by": lane.blocked_by or None,
        }
        self._writer.add("ready", since, fields)

    def _count_segment(self) -> None:
        """Coarser when there are many: the picture has room for some thousands."""
        self._segments += 1
        if self._segments >= MANY_SEGMENTS:
            self._segments = 0
            self.merge_seconds *= 4


def lane_of(task: Any) -> Lane | None:
    """The lane of a task that has one. It hangs on the task: looking it up costs least so."""
    lane = getattr(task, "_playground_lane", None)
    return lane if isinstance(lane, Lane) else None


def current_task() -> Any:
    """The task that runs, None outside a loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
