"""Threads: who started each, and what pools of them and aiosqlite let theirs do when."""

from __future__ import annotations

import concurrent.futures.thread
import functools
import threading
import time
from collections.abc import Callable
from queue import Queue, SimpleQueue
from typing import Any, Final

import aiosqlite.core
import anyio._backends._asyncio

from sandbox.inside.telemetry.connections import Place
from sandbox.inside.telemetry.lanes import MAX_ALIVE, MERGE_SECONDS
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds

_NOWHERE: Final = Place(None, 0)
_now = time.perf_counter


class _Worked:
    """One thread, and its segment not yet sent. Only the thread itself changes it."""

    def __init__(self, lane: int) -> None:
        self.lane = lane
        self.is_pooled = False
        self.asked = _NOWHERE
        self.since = 0.0  # of the piece of work that goes on
        self.start = self.end = self.busy = 0.0
        self.steps = 0


class ThreadProbe:
    """Sends ``lane`` and ``run`` events of threads other than the loop's."""

    def __init__(self, writer: EventWriter, loop: LoopProbe, here: Callable[[], Place]) -> None:
        self.here = here
        self._writer = writer
        self._loop = loop
        self._lanes = loop.lanes.threads
        self._known: dict[int, _Worked] = {}

    def began(self, thread: threading.Thread) -> None:
        """This thread begins."""
        target = getattr(getattr(thread, "_target", None), "__module__", None) or ""
        if len(self._known) >= MAX_ALIVE or target.startswith("asyncio."):
            return  # or asyncio.run tidying up after the cell
        place = getattr(thread, "_playground_place", _NOWHERE)
        worked = _Worked(self._loop.lanes.next_number())
        worked.asked, worked.since = place, _now()
        self._known[threading.get_ident()] = worked
        self._lanes[threading.get_ident()] = worked.lane
        fields: Fields = {
            "lane": worked.lane,
            "parent": place.lane,
            "of": "thread",
            "name": "aiosqlite connection" if target == aiosqlite.core.__name__ else thread.name,
            "line": place.line,
        }
        self._writer.add("lane", worked.since, fields)

    def ended(self) -> None:
        """This thread ends."""
        worked = self._known.pop(threading.get_ident(), None)
        self._lanes.pop(threading.get_ident(), None)
        if worked is not None:
            self._note(worked)
            self._send(worked)
            self._writer.add("lane", _now(), {"lane": worked.lane, "state": "done"})

    def took(self, place: Place) -> None:
        """A thread of a pool has a piece of work that was asked for at ``place``."""
        worked = self._known.get(threading.get_ident())
        if worked is None:
            return
        now = _now()
        if place != worked.asked or now - worked.end > MERGE_SECONDS:
            self._send(worked)
        worked.asked, worked.since = place, now

    def asks(self) -> None:
        """A thread of a pool has done what it took, if anything, and asks for more."""
        worked = self._known.get(threading.get_ident())
        if worked is None:
            return
        if worked.is_pooled:
            self._note(worked)
        worked.is_pooled, worked.since = True, 0.0

    def finish(self) -> None:
        """Tell of work that still goes on."""
        for worked in list(self._known.values()):
            self._note(worked)
            self._send(worked)

    def _note(self, worked: _Worked) -> None:
        if worked.since:
            worked.end = _now()
            worked.start = worked.start or worked.since
            worked.busy += worked.end - worked.since
            worked.steps += 1
            worked.since = 0.0

    def _send(self, worked: _Worked) -> None:
        if worked.steps:
            fields: Fields = {
                "lane": worked.lane,
                "duration_us": microseconds(worked.end - worked.start),
                "steps": worked.steps,
                "busy_us": microseconds(worked.busy),
                "line": worked.asked.line,
                "target": worked.asked.lane,
            }
            self._writer.add("run", worked.start, fields)
        worked.steps, worked.start, worked.busy = 0, 0.0, 0.0


active: ThreadProbe | None = None


def _with_place(item: Any) -> Any:
    """A piece of work on its way into a queue, and where it was asked for."""
    return (active.here() if active is not None and item is not None else None, item)


def _ask() -> None:
    if active is not None:
        active.asks()


def _take(pair: Any) -> Any:
    place, item = pair
    if active is not None and place is not None:
        active.took(place)
    return item


class _SimpleQueue(SimpleQueue[Any]):
    """Of a ThreadPoolExecutor, and of an aiosqlite connection."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(_with_place(item))

    def put_nowait(self, item: Any) -> None:
        super().put(_with_place(item))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        _ask()
        return _take(super().get(block, timeout))

    def get_nowait(self) -> Any:
        _ask()
        return _take(super().get_nowait())


class _Queue(Queue[Any]):
    """Of one of AnyIO's worker threads."""

    def _put(self, item: Any) -> None:
        super()._put(_with_place(item))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        _ask()
        return _take(super().get(block, timeout))


def install() -> None:
    """Once, in the zygote. The queues are theirs alone: no learner sees one."""
    for module, queue in ((aiosqlite.core, _SimpleQueue), (anyio._backends._asyncio, _Queue)):
        setattr(module, queue.__name__.removeprefix("_"), queue)
    _observe_executors()
    _observe_threads()


def _observe_executors() -> None:
    plain = concurrent.futures.thread.ThreadPoolExecutor.__init__

    @functools.wraps(plain)
    def __init__(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807
        plain(self, *arguments, **named)
        self._work_queue = _SimpleQueue()

    concurrent.futures.thread.ThreadPoolExecutor.__init__ = __init__  # type: ignore[method-assign]


def _observe_threads() -> None:
    plain_start, plain_life = threading.Thread.start, threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    @functools.wraps(plain_start)
    def start(self: Any) -> None:
        if active is not None:
            self._playground_place = active.here()
        plain_start(self)

    @functools.wraps(plain_life)
    def _bootstrap_inner(self: Any) -> None:
        if active is not None:
            active.began(self)
        try:
            plain_life(self)
        finally:
            if active is not None:
                active.ended()

    threading.Thread.start = start  # type: ignore[method-assign]
    threading.Thread._bootstrap_inner = _bootstrap_inner  # type: ignore[attr-defined]
