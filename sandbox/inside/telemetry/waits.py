"""What a task waits for, read off the coroutines it is suspended in."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Container, Iterator
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any, Final, NamedTuple

DEEPEST: Final = 60

# The longest prefix that fits counts.
_LIBRARIES: Final = {
    "asyncpg.pool": "pool",
    "psycopg_pool": "pool",
    "sqlalchemy.pool": "pool",
    "asyncpg": "database",
    "psycopg": "database",
    "aiosqlite": "database",
    "sqlalchemy.dialects": "database",
    "httpx": "http",
    "httpcore": "http",
    "starlette.concurrency": "thread",
    "anyio.to_thread": "thread",
}
_ASYNCIO: Final = {
    "asyncio.locks": "lock",
    "asyncio.queues": "queue",
    "asyncio.threads": "thread",
    "asyncio.taskgroups": "task",
}


class Wait(NamedTuple):
    """``on``: database pool lock queue sleep task http thread other; the line of the cell."""

    on: str
    line: int | None
    target: Any
    """The task that is waited for, if it is one."""


def describe(task: asyncio.Task[Any], cell: Container[int]) -> Wait:
    """What a suspended task waits for; ``cell`` has the ids of its code objects.

    Touches nothing a learner's class could answer for.
    """
    on, line, sqlalchemy = "", None, False
    for frame in _frames(task.get_coro()):
        if id(frame.f_code) in cell:
            on, line, sqlalchemy = "", frame.f_lineno, False
            continue
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("sqlalchemy.util"):
            sqlalchemy = True  # which waits for a connection in a queue of asyncio's
        elif kind := _library(module):
            on = kind
        elif on in ("", "queue", "lock", "sleep", "task"):
            kind = _of_asyncio(module, frame.f_code.co_name)
            on = "pool" if sqlalchemy and kind == "queue" else kind or on
    target = getattr(task, "_fut_waiter", None)
    if not on:
        on = "task" if isinstance(target, _OTHER_TASKS) else "other"
    return Wait(on, line, target if isinstance(target, asyncio.Task) else None)


_OTHER_TASKS: Final = (asyncio.Task, asyncio.tasks._GatheringFuture)  # type: ignore[attr-defined]


def _frames(awaited: Any) -> Iterator[FrameType]:
    for _ in range(DEEPEST):
        if type(awaited) in _WRAPPERS:  # what __await__ of a coroutine gives, among others
            awaited = next((each for each in gc.get_referents(awaited) if _is_frame(each)), None)
        frame: FrameType | None
        if type(awaited) is CoroutineType:
            frame, awaited = awaited.cr_frame, awaited.cr_await
        elif type(awaited) is GeneratorType:
            frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
        elif type(awaited) is AsyncGeneratorType:
            frame, awaited = awaited.ag_frame, awaited.ag_await
        else:
            return
        if frame is not None:
            yield frame


def _is_frame(thing: Any) -> bool:
    return type(thing) in (CoroutineType, GeneratorType, AsyncGeneratorType)


def _wrapper_types() -> tuple[type, ...]:
    """Of objects that drive a coroutine or an async generator and tell nobody which."""

    async def coroutine() -> None: ...
    async def generator() -> AsyncGenerator[None]:
        yield

    suspended, generated = coroutine(), generator()
    wrappers = (suspended.__await__(), generated.__anext__(), generated.athrow(StopAsyncIteration))
    types = tuple(type(wrapper) for wrapper in wrappers)
    for wrapper in (*wrappers, suspended):
        wrapper.close()
    return types


_WRAPPERS: Final = _wrapper_types()


def _library(module: str) -> str:
    while module:
        if module in _LIBRARIES:
            return _LIBRARIES[module]
        module = module.rpartition(".")[0]
    return ""


def _of_asyncio(module: str, function: str) -> str:
    if module == "asyncio.tasks":
        return "sleep" if function == "sleep" else "task"
    return _ASYNCIO.get(module, "")
