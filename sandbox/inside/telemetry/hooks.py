"""What asyncio runs in place of its own for a handle, a selector and a new task.

All of it is paid for by every step of every cell, so it is written out rather than split up.
"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import asyncio.events
import selectors
import sys
import threading
import time
from asyncio import format_helpers
from typing import Any, Final

from sandbox.inside.heartbeat import answer_first
from sandbox.inside.telemetry.loop import LoopProbe

CPU_MARK_SECONDS: Final = 0.001

_active: Any = None  # a LoopProbe while there is one
_watched: Any = None  # the loop that runs on its thread just now
_watched_selector: Any = None
_trail: list[Any] = []  # the probe's own


def start(probe: LoopProbe) -> None:
    """Tell this probe from now on."""
    global _active, _trail
    _active, _trail = probe, probe.clock.trail


def stop() -> None:
    """Tell nobody."""
    global _active, _watched, _watched_selector
    _active = _watched = _watched_selector = None


def install() -> None:
    """Once, in the zygote. Nothing is noted until there is an active probe."""
    _observe_loops()
    _observe_handles()
    _observe_selectors()
    _observe_tasks()


def _observe_loops() -> None:
    plain = asyncio.base_events.BaseEventLoop.run_forever

    def run_forever(self: Any) -> None:
        probe = _active
        if probe is None or threading.get_ident() != probe.thread:
            plain(self)
            return
        global _watched, _watched_selector
        before = (_watched, _watched_selector)
        _watched, _watched_selector = self, self._selector
        probe.last = probe.left_select = began = time.perf_counter()
        probe.clock.in_loop = True
        try:
            plain(self)
        finally:
            probe.clock.in_loop = before[0] is not None
            if not probe.clock.in_loop:
                probe.lag.watched += probe.last - began
            probe.clock.end_step()
            _watched, _watched_selector = before

    asyncio.base_events.BaseEventLoop.run_forever = run_forever  # type: ignore[method-assign]


def _observe_handles() -> None:
    plain = asyncio.events.Handle._run
    now = time.perf_counter

    def _run(self: Any) -> None:
        if self._loop is not _watched:
            plain(self)
            return
        probe = _active
        task: Any = getattr(self._callback, "__self__", None)
        lane = getattr(task, "_playground_lane", None)
        began = probe.last  # when the step before ended, or when the loop woke up
        if lane is not None and began - lane.end > probe.merge_seconds:
            probe.lanes.resume(lane, task, began)
            probe.last = began = now()
        try:
            self._context.run(self._callback, *self._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            _report(self, error)
        probe.last = ended = now()
        if ended - began > probe.usual_step:
            probe.note_long_step(lane, self, began, ended)
        elif _trail:
            probe.clock.end_step()
        if lane is None:
            probe.loose_steps += 1
            return
        lane.end = ended
        lane.busy += ended - began
        lane.steps += 1
        if task.done():
            probe.lanes.end_task(task, lane)

    asyncio.events.Handle._run = _run  # type: ignore[method-assign]


def _report(handle: Any, error: BaseException) -> None:
    """As Handle._run does."""
    callback = format_helpers._format_callback_source(handle._callback, handle._args)
    context = {
        "message": f"Exception in callback {callback}",
        "exception": error,
        "handle": handle,
    }
    if handle._source_traceback:
        context["source_traceback"] = handle._source_traceback
    handle._loop.call_exception_handler(context)


def _observe_selectors() -> None:
    plain = selectors.EpollSelector.select
    now, thread_time = time.perf_counter, time.thread_time

    def select(self: Any, timeout: float | None = None) -> Any:
        if self is not _watched_selector:
            return plain(self, timeout)
        probe = _active
        entered = probe.last if timeout == 0 else now()
        if entered - probe.left_select > probe.lag.usual:
            probe.note_lag(entered)
        if entered >= probe.due_at:
            probe.attend(entered)
            probe.last = entered = now()
        if entered - probe.cpu_marked_at > CPU_MARK_SECONDS:
            probe.cpu_mark, probe.cpu_marked_at = thread_time(), entered
        if timeout == 0:
            probe.left_select = entered
            # Mostly there is no news, and a frame of Python is not needed to learn that.
            news = answer_first(plain(self, timeout)) if self._selector.poll(0, 1) else []
            probe.last = now()  # asking is no part of the step that comes next
            return news
        try:
            return answer_first(plain(self, timeout))
        finally:
            probe.last = probe.left_select = left = now()
            probe.idle += left - entered

    selectors.EpollSelector.select = select  # type: ignore[method-assign]


def _observe_tasks() -> None:
    plain = asyncio.base_events.BaseEventLoop.create_task
    get_ident, task_class = threading.get_ident, asyncio.Task

    def create_task(self: Any, coroutine: Any, **named: Any) -> Any:
        if self is not _watched:
            task = plain(self, coroutine, **named)
            probe = _active  # the first task comes before its loop runs
            if probe is not None and get_ident() == probe.thread and isinstance(task, asyncio.Task):
                probe.lanes.add_task(task, coroutine, sys._getframe(1))
            return task
        if self._task_factory is None:
            # As it does itself; gather names nothing, and a call without ** is quicker.
            task = (
                task_class(coroutine, loop=self, **named)
                if named
                else task_class(coroutine, loop=self)
            )
            if task._source_traceback:  # type: ignore[attr-defined]
                del task._source_traceback[-1]  # type: ignore[attr-defined]
        else:
            task = plain(self, coroutine, **named)
        lanes = _active.lanes
        if lanes.is_full:
            name = getattr(coroutine, "__qualname__", "")
            if name in lanes.folded:
                lanes.folded[name] += 1
            else:
                lanes.fold(name)
        elif isinstance(task, task_class):
            lanes.add_task(task, coroutine, sys._getframe(1))
        return task

    asyncio.base_events.BaseEventLoop.create_task = create_task  # type: ignore[method-assign, assignment]
