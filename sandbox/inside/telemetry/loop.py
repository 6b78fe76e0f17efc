"""Steps of the event loop: how long each took, for which task, and what that held up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from sandbox.inside.telemetry import names
from sandbox.inside.telemetry.lag import Lag
from sandbox.inside.telemetry.lanes import MERGE_SECONDS, Lane, Lanes, lane_of
from sandbox.inside.telemetry.lines import LineClock
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds

BLOCK_SECONDS: Final = 0.002
TICK_SECONDS: Final = 0.05
MOST_PARTS: Final = 5
MOST_WAITING: Final = 1000
RECENT_BLOCKS: Final = 200

_now = time.perf_counter


class LoopProbe:
    """Follows the loop of one thread, the one it was made on. ``hooks`` calls it."""

    def __init__(self, writer: EventWriter, filename: str) -> None:
        self.thread = threading.get_ident()
        self.clock = LineClock(lambda: self.last)
        self.lanes = Lanes(writer, self.clock)
        self.loose_steps = 0
        self.merge_seconds = MERGE_SECONDS
        self.lag = Lag()
        self.longest_block = self.blocked = 0.0
        self.longest_step = self.idle = 0.0
        self.usual_step = 0.0  # a longer one is looked at
        self.last = _now()
        self.left_select = 0.0
        self.due_at = 0.0
        self.cpu_mark = self.cpu_marked_at = 0.0
        self._writer = writer
        self._filename = filename
        self._tick_started = 0.0
        self._blocks = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=RECENT_BLOCKS)

    def attend(self, now: float) -> None:
        """Twenty times a second, between two turns of the loop."""
        if self._tick_started:
            self._tick(now)
        self._tick_started = now
        self.clock.restart()
        self.merge_seconds = self.lanes.merge_seconds
        self._writer.flush()
        self.due_at = now + TICK_SECONDS

    def note_lag(self, now: float) -> None:
        """The loop asks for news again: so long nobody else could have their turn."""
        if self.left_select:
            self.lag.note(now - self.left_select)

    def note_long_step(self, lane: Lane | None, handle: Any, began: float, ended: float) -> None:
        """A step was longer than the others of this tick; a block if it was long indeed."""
        self.longest_step = max(self.longest_step, ended - began)
        self.usual_step = min(self.longest_step, BLOCK_SECONDS)
        if ended - began >= BLOCK_SECONDS:
            self.note_block(lane or self.lanes.loop, handle, began, ended)
        else:
            self.clock.end_step()

    def note_block(self, lane: Lane, handle: Any, began: float, ended: float) -> None:
        """A step was long: tell of what, and of who waited."""
        spent = ended - began
        cpu = min(time.thread_time() - self.cpu_mark, spent)
        self._blocks += 1
        self.blocked += spent
        self.longest_block = max(self.longest_block, spent)
        culprit = self.clock.culprit(began, ended)
        spot = names.locate(culprit, self._filename)
        fields: Fields = {
            "block": self._blocks,
            "duration_us": microseconds(spent),
            "cpu_us": microseconds(cpu),
            "line": culprit.line or None,
            "column": spot.column,
            "end_column": spot.end_column,
            "source": spot.source,
            "call": names.describe_call(culprit) or _callback_name(handle, culprit.line),
            "lane": lane.number,
            "parts": " ".join(
                f"{line}:{microseconds(took)}" for line, took in culprit.parts[:MOST_PARTS]
            ),
            "waiting": self._mark_ready(handle._loop, began, ended),
        }
        self._writer.add("block", began, fields)
        self.lanes.last_block, self.lanes.last_block_ended = self._blocks, ended
        self._recent.append((began, ended))
        self.cpu_mark, self.cpu_marked_at = time.thread_time(), _now()
        self.last = _now()
        self.left_select += self.last - ended  # our own work is nobody's lag

    def held_between(self, began: float, ended: float) -> float:
        """For how long a block held the loop meanwhile, with the step that is running."""
        held = 0.0
        if self.lanes.last_block_ended > began:
            for since, until in reversed(self._recent):
                if until <= began:
                    break
                held += max(0.0, min(until, ended) - max(since, began))
        in_long_step = ended - self.last >= BLOCK_SECONDS and self.clock.in_loop
        if in_long_step and threading.get_ident() == self.thread:
            held += ended - max(self.last, began)
        return held

    def finish(self) -> None:
        """Send what is still held back."""
        if self._tick_started:
            self._tick(_now())
        self.lanes.finish()

    def _mark_ready(self, loop: Any, began: float, ended: float) -> int:
        """Remember of each task that could have run since when it could; how many there are.

        A lower bound: of answers that lie unread in a socket nothing is known yet.
        """
        count = 0
        for task, since in _ready_tasks(loop, began, ended):
            lane = lane_of(task)
            count += 1
            if lane is not None and not lane.ready_since:
                lane.ready_since, lane.blocked_by = since, self._blocks
        return count

    def _tick(self, now: float) -> None:
        fields: Fields = {
            "duration_us": microseconds(now - self._tick_started),
            "idle_us": microseconds(self.idle),
            "steps": self.loose_steps + self.lanes.take_steps(),
            "longest_step_us": microseconds(self.longest_step),
            "tasks": self.lanes.alive,
        }
        self._writer.add("tick", self._tick_started, fields)
        self.loose_steps = 0
        self.idle = self.longest_step = self.usual_step = 0.0


def _ready_tasks(loop: Any, began: float, ended: float) -> Iterator[tuple[Any, float]]:
    """Tasks whose turn has come, and since when: their handle waits, or their timer is over."""
    for handle in list(getattr(loop, "_ready", ()))[:MOST_WAITING]:
        task = getattr(handle._callback, "__self__", None)
        if isinstance(task, asyncio.Task):
            yield task, began
    for timer in list(getattr(loop, "_scheduled", ()))[:MOST_WAITING]:
        if timer._when <= ended and timer._args:
            for callback, _ in getattr(timer._args[0], "_callbacks", None) or ():
                task = getattr(callback, "__self__", None)
                if isinstance(task, asyncio.Task):
                    yield task, max(began, timer._when)


def _callback_name(handle: Any, line: int) -> str:
    """For a step without a line of the cell: whose callback it was."""
    if line:
        return ""
    owner = getattr(handle._callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return getattr(owner.get_coro(), "__qualname__", "")
    return getattr(handle._callback, "__qualname__", type(handle._callback).__qualname__)
