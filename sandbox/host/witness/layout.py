"""How CPython lays out its frames: told by the interpreter itself, at the head of ``_PyRuntime``.

``struct _Py_DebugOffsets`` of Include/internal/pycore_runtime.h, as it is in 3.13. The supervisor
runs on the same interpreter as the zygote, so it reads its own.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from functools import cache
from typing import Final, NamedTuple

_COOKIE: Final = b"xdebugpy"
_KNOWN: Final = (3, 13)
_WORDS: Final = 78
# Positions in the struct, counted in 64-bit words behind the cookie.
_FREE_THREADED, _CURRENT_FRAME = 1, 22
_FRAME_SIZE, _PREVIOUS, _EXECUTABLE, _INSTRUCTION = 27, 28, 29, 30
_CODE_SIZE, _FILENAME, _NAME, _LINE_TABLE, _FIRST_LINE, _BYTECODE = 33, 34, 35, 37, 38, 42
_TYPE, _BYTES_SIZE, _BYTES_DATA, _TEXT_LENGTH, _TEXT_DATA = 44, 64, 65, 68, 69


class Layout(NamedTuple):
    """Offsets and sizes in bytes."""

    current_frame: int
    frame_size: int
    previous: int
    executable: int
    instruction: int
    code_size: int
    filename: int
    name: int
    line_table: int
    first_line: int
    bytecode: int
    type: int
    bytes_size: int
    bytes_data: int
    text_length: int
    text_data: int


@cache
def read_layout() -> Layout | None:
    """That of this interpreter; None where it is not one we know."""
    if sys.version_info[:2] != _KNOWN or sys.implementation.name != "cpython":
        return None
    address = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    raw = ctypes.string_at(address, len(_COOKIE) + 8 * _WORDS)
    words = struct.unpack_from(f"{_WORDS}Q", raw, len(_COOKIE))
    if not raw.startswith(_COOKIE) or words[_FREE_THREADED]:
        return None
    positions = (
        *(_CURRENT_FRAME, _FRAME_SIZE, _PREVIOUS, _EXECUTABLE, _INSTRUCTION),
        *(_CODE_SIZE, _FILENAME, _NAME, _LINE_TABLE, _FIRST_LINE, _BYTECODE),
        *(_TYPE, _BYTES_SIZE, _BYTES_DATA, _TEXT_LENGTH, _TEXT_DATA),
    )
    return Layout(*(words[position] for position in positions))
