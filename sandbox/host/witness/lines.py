"""Which line an instruction belongs to: CPython's table of locations, as hostile bytes.

Format: InternalDocs/code_objects.md of CPython 3.11 to 3.14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_NOWHERE, _LONG, _NO_COLUMNS, _ONE_LINE = 15, 14, 13, 10
_UNIT_BYTES: Final = 2


def find_line(table: bytes, first_line: int, offset: int) -> int | None:
    """The line of the instruction ``offset`` bytes into the code; None where it has none."""
    line, start = first_line, 0
    for kind, length, delta in _entries(table):
        line += delta
        start += length * _UNIT_BYTES
        if offset < start:
            return None if kind == _NOWHERE else line
    return None


def _entries(table: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, length in code units and change of line. Only an entry's first byte has bit 7 set."""
    position = 0
    while position < len(table):
        head = table[position]
        position += 1
        body = position
        while position < len(table) and not table[position] & 0x80:
            position += 1
        kind = head >> 3 & 15
        yield kind, (head & 7) + 1, _line_delta(kind, table[body:position])


def _line_delta(kind: int, body: bytes) -> int:
    if kind in (_LONG, _NO_COLUMNS):
        return _signed(body)
    return kind - _ONE_LINE if _ONE_LINE <= kind < _NO_COLUMNS else 0


def _signed(body: bytes) -> int:
    """The first number: six bits a byte, the low ones first, the lowest of all its sign."""
    number = shift = 0
    for byte in body[:6]:
        number |= (byte & 63) << shift
        shift += 6
        if not byte & 64:
            break
    return -(number >> 1) if number & 1 else number >> 1
