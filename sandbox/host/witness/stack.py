"""Where in its cell a child's main thread is, read from the child's memory while it runs on.

The child has no part in it: no signal reaches it and it cannot tell. So nothing that is read can be
relied on: it may be half written, or forged. All of it is bounded, and what makes no sense is
nothing. Read where ptrace(2) would be allowed: as root, or as an ordinary user at level full.
"""

from __future__ import annotations

import os
import struct
from typing import Final, NamedTuple

from sandbox.host.witness.layout import Layout, read_layout
from sandbox.host.witness.lines import find_line
from sandbox.protocol import Landmarks

MOST_FRAMES: Final = 120
MOST_TABLE_BYTES: Final = 64 * 1024
MOST_FUNCTION_CHARACTERS: Final = 100
_MOST_KNOWN: Final = 5000
_HIGHEST: Final = 2**47
_CELL: Final = b"<cell>"


class Place(NamedTuple):
    """``line`` is None where no line of the cell is on the stack."""

    line: int | None = None
    function: str = ""


class _Senseless(Exception):
    """What lies there is not what it should be, or cannot be read."""


class Stack:
    """Reads one child's. ``line_count`` is how many lines the cell has."""

    def __init__(self, pid: int, landmarks: Landmarks, line_count: int) -> None:
        self._landmarks = landmarks
        self._line_count = line_count
        self._known: dict[int, bool] = {}
        self._memory = -1
        if pid > 0 and landmarks.thread and read_layout() is not None:
            try:
                self._memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:  # gone, or not for us
                self._memory = -1

    def close(self) -> None:
        """Give the descriptor back."""
        if self._memory >= 0:
            os.close(self._memory)
        self._memory = -1

    def find_place(self) -> Place | None:
        """The innermost line of the cell; None where that cannot be read."""
        layout = read_layout()
        if layout is None or self._memory < 0:
            return None
        try:
            return self._walk(layout)
        except (_Senseless, OSError, OverflowError, struct.error):
            return None

    def _walk(self, layout: Layout) -> Place:
        frame = self._pointer(self._landmarks.thread + layout.current_frame)
        for _ in range(MOST_FRAMES):
            if not frame:
                break
            raw = self._read(frame, layout.frame_size)
            code = _word(raw, layout.executable)
            if self._is_of_cell(layout, code):
                return self._place(layout, code, _word(raw, layout.instruction))
            frame = _word(raw, layout.previous)
        return Place()

    def _is_of_cell(self, layout: Layout, code: int) -> bool:
        """Whether this is a code object that was compiled from the cell."""
        known = self._known.get(code)
        if known is None:
            try:
                known = self._pointer(code + layout.type) == self._landmarks.code_type and (
                    self._text(layout, self._pointer(code + layout.filename)) == _CELL
                )
            except (_Senseless, OSError):  # frames between C and Python have no code
                known = False
            if len(self._known) < _MOST_KNOWN:
                self._known[code] = known
        return known

    def _place(self, layout: Layout, code: int, instruction: int) -> Place:
        raw = self._read(code, layout.code_size)
        table = self._bytes(layout, _word(raw, layout.line_table))
        (first_line,) = struct.unpack_from("i", raw, layout.first_line)
        line = find_line(table, first_line, instruction - code - layout.bytecode)
        if line is None or not 1 <= line <= self._line_count:
            return Place()
        name = self._text(layout, _word(raw, layout.name)).decode("ascii", "replace")
        return Place(line, name if name.isascii() and name.isprintable() else "")

    def _bytes(self, layout: Layout, address: int) -> bytes:
        size = self._pointer(address + layout.bytes_size)
        if size > MOST_TABLE_BYTES:
            raise _Senseless
        return self._read(address + layout.bytes_data, size) if size else b""

    def _text(self, layout: Layout, address: int) -> bytes:
        """A text that is all ASCII; of any other, bytes that look like nothing."""
        length = self._pointer(address + layout.text_length)
        size = min(length, MOST_FUNCTION_CHARACTERS)
        return self._read(address + layout.text_data, size) if size else b""

    def _pointer(self, address: int) -> int:
        return _word(self._read(address, 8), 0)

    def _read(self, address: int, size: int) -> bytes:
        if not 0 < address < _HIGHEST:
            raise _Senseless
        piece = os.pread(self._memory, size, address)
        if len(piece) < size:
            raise _Senseless
        return piece


def _word(raw: bytes, offset: int) -> int:
    word: int = struct.unpack_from("Q", raw, offset)[0]
    return word
