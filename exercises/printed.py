"""Errors in what a run printed on stderr: tracebacks and warnings. Everything in it is hostile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_STDERR_CHARACTERS: Final = 64 * 1024
MAX_LINE_CHARACTERS: Final = 2000
MAX_CHAINS: Final = 50
MESSAGE_LINES: Final = 4

_HEADER: Final = "Traceback (most recent call last):"
_GROUP: Final = "Exception Group "
_JOINT: Final = "The above exception was the direct cause of the following exception:"
_FRAME: Final = re.compile(r'  File "<cell>", line (\d{1,6})')
_RAISED: Final = re.compile(r"([A-Za-z_][\w.]{0,200})(?:: (.*))?$")
_WARNED: Final = re.compile(r"(?:<cell>:(\d{1,6}): )?([A-Za-z]\w{0,60}Warning): (.*)")
_PLACE: Final = re.compile(r"<cell>:(\d{1,6})")


class Seen(NamedTuple):
    """One exception or warning. ``line`` is 0 when it is not known."""

    type: str
    message: str
    line: int = 0


def read_chains(stderr: str) -> Iterator[list[Seen]]:
    """What was printed, one chain for each, the outermost exception first."""
    reader = _Reader()
    for line in stderr[-MAX_STDERR_CHARACTERS:].splitlines():
        reader.take(line[:MAX_LINE_CHARACTERS])
    reader.end_chain()
    yield from reader.chains[:MAX_CHAINS]


def find_line(stderr: str, start: int) -> int:
    """The first line of the cell that is named soon after ``start``, 0 if none."""
    found = _PLACE.search(stderr, start, start + 500)
    return int(found[1]) if found else 0


class _Reader:
    """Follows tracebacks line by line, also those set off by the margin of a group."""

    def __init__(self) -> None:
        self.chains: list[list[Seen]] = []
        self._chain: list[Seen] = []
        self._margin: str | None = None
        self._line = 0
        self._more = 0  # lines that may still belong to the last message

    def take(self, line: str) -> None:
        if _HEADER in line:
            self._begin(line)
        elif self._margin is not None:
            self._frame(line[len(self._margin) :] if line.startswith(self._margin) else "")
        elif line.strip(" |") == _JOINT:
            self._more = -1
        elif found := _WARNED.match(line):
            self.end_chain()
            self._chain = [Seen(found[2], found[3], int(found[1] or 0))]
        elif self._more > 0:
            self._go_on(line)

    def end_chain(self) -> None:
        if self._chain and len(self.chains) < MAX_CHAINS:
            self.chains.append(self._chain)
        self._chain, self._more = [], 0

    def _begin(self, line: str) -> None:
        if self._more >= 0:
            self.end_chain()
        before = line[: line.index(_HEADER)]
        self._margin = before.removesuffix(_GROUP).replace("+", "|")
        self._line = self._more = 0

    def _frame(self, text: str) -> None:
        if found := _FRAME.match(text):
            self._line = int(found[1])
        elif text and not text[0].isspace():
            self._margin = None
            if found := _RAISED.match(text):
                self._chain.insert(0, Seen(found[1], found[2] or "", self._line))
                self._more = MESSAGE_LINES - 1

    def _go_on(self, line: str) -> None:
        if not line.strip(" |"):
            self._more = 0
            return
        self._more -= 1
        last = self._chain[0]
        self._chain[0] = last._replace(message=f"{last.message}\n{line}")
