"""The inside half of the heartbeat: a loop that runs answers the supervisor's pings.

Evidence is what the supervisor measures with it. A cell that takes it apart is seen not to answer.
"""

from __future__ import annotations

import asyncio.base_events
import threading
from os import read, write
from typing import Any, Final

from sandbox.protocol import GOODBYE, HELLO

# High, as a cell that closes what is not its own gets the lowest numbers again for its files.
PINGS, ANSWERS = DESCRIPTORS = (250, 251)
_READ_BYTES: Final = 64

_thread = 0  # the cell's, while its loops are to answer


def install() -> None:
    """Once, in the zygote. Loops answer nothing until ``start``."""
    plain = asyncio.base_events.BaseEventLoop.run_forever

    def run_forever(self: Any) -> None:
        if threading.get_ident() != _thread or not _enter(self):
            plain(self)
            return
        try:
            plain(self)
        finally:
            _leave(self)

    asyncio.base_events.BaseEventLoop.run_forever = run_forever  # type: ignore[method-assign]


def start() -> None:
    """Loops of this thread answer from now on."""
    global _thread
    _thread = threading.get_ident()


def stop() -> None:
    """In a fork: the pings are for another process."""
    global _thread
    _thread = 0


def _enter(loop: Any) -> bool:
    """Whether it will answer: the cell may have closed the pipe, or another loop runs inside."""
    try:
        loop.add_reader(PINGS, _answer)
        write(ANSWERS, HELLO)
    except (OSError, ValueError, NotImplementedError, RuntimeError):
        return False
    return True


def _leave(loop: Any) -> None:
    if not _thread:  # a fork: it shares the pipes and the epoll of the loop it was made in
        return
    try:
        loop.remove_reader(PINGS)
        write(ANSWERS, GOODBYE)
    except (OSError, ValueError, RuntimeError):
        return


def answer_first(news: list[Any]) -> list[Any]:
    """What a selector found, without a ping, which is answered here and now.

    As a step of the loop it would be answered behind steps that were ready before: of two blocks
    with one turn of the loop between them the supervisor would see one. And it is no step of the
    cell's.
    """
    for place, (key, _) in enumerate(news):
        if key.fd == PINGS and getattr(key.data[0], "_callback", None) is _answer:
            del news[place]
            _answer()
            break
    return news


def _answer() -> None:
    """Also a step of the loop, where a cell took the probe away."""
    if not _thread:
        return
    try:
        write(ANSWERS, read(PINGS, _READ_BYTES))
    except OSError:
        return
