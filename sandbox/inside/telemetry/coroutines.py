"""Coroutines that were made and never awaited: Python tells where one was dropped."""

from __future__ import annotations

import linecache
import re
import sys
import warnings
from types import FunctionType
from typing import Any, Final

from sandbox.inside.telemetry.lanes import current_task
from sandbox.inside.telemetry.loop import LoopProbe
from sandbox.inside.telemetry.writer import EventWriter, Fields

MOST_TOLD: Final = 50


class CoroutineProbe:
    """Sends a ``lane`` event for each, and counts for the summary."""

    def __init__(self, writer: EventWriter, loop: LoopProbe, filename: str) -> None:
        self.never_awaited = 0
        self._lines: set[int | None] = set()
        self._writer = writer
        self._loop = loop
        self._filename = filename

    def note(self, coroutine: Any) -> None:
        """This one is gone, and nobody awaited it."""
        self.never_awaited += 1
        if self.never_awaited > MOST_TOLD:
            return
        name = str(getattr(coroutine, "__qualname__", ""))
        dropped = self._loop.lanes.line_of(sys._getframe(1))
        line = self._line_of_call(name.rpartition(".")[2], dropped)
        self._lines.add(line)
        fields: Fields = {
            "lane": self._loop.lanes.number_of(current_task()),
            "of": "coroutine",
            "state": "never_awaited",
            "coroutine": name,
            "line": line,
        }
        self._writer.add("lane", self._loop.last, fields)

    def _line_of_call(self, name: str, dropped: int | None) -> int | None:
        """Where the coroutine was made: the one line left that calls it without an ``await``.

        One that is kept in a variable is dropped later, by the function's end or by the collector.
        """
        call = re.compile(rf"(?<!def )(?<!await )\b{re.escape(name)}\(")
        lines = linecache.getlines(self._filename)
        calling = [number for number, text in enumerate(lines, start=1) if call.search(text)]
        left = [line for line in calling if line not in self._lines]
        return left[0] if dropped not in calling and len(left) == 1 else dropped


active: CoroutineProbe | None = None


def install() -> None:
    """Put a function of ours where the interpreter's own, which it finds by name, warns."""
    plain: FunctionType = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]

    def warn(message: str, category: type[Warning], stacklevel: int, source: Any) -> None:
        if active is not None:
            active.note(source)
        warnings.warn(message, category, stacklevel + 1, source)

    names = {**plain.__globals__, "warn": warn}
    warnings._warn_unawaited_coroutine = FunctionType(plain.__code__, names)  # type: ignore[attr-defined]
