"""The value of a cell's last expression, as text or as a table of query results."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.inside.errors import clean

MAX_ROWS: Final = 200
MAX_COLUMNS: Final = 40
MAX_CELL_CHARACTERS: Final = 300
MAX_TEXT_CHARACTERS: Final = 10_000
MAX_TABLE_CHARACTERS: Final = 200_000

_short: Final = reprlib.Repr(maxother=MAX_CELL_CHARACTERS, maxstring=MAX_CELL_CHARACTERS)
_long: Final = reprlib.Repr(
    maxother=MAX_TEXT_CHARACTERS,
    maxstring=MAX_TEXT_CHARACTERS,
    maxlist=MAX_ROWS,
    maxdict=MAX_ROWS,
    maxtuple=MAX_ROWS,
)


def describe(value: Any) -> dict[str, Any]:
    """``text``, and for rows also ``columns``, ``rows`` (at most 200) and ``row_count``."""
    rows = _as_rows(value)
    if not rows:
        return {"text": clean(_long.repr(value)[:MAX_TEXT_CHARACTERS])[:MAX_TEXT_CHARACTERS]}
    columns = _columns(rows[0])
    return {
        "text": "",
        "columns": columns,
        "rows": _fitting(rows[:MAX_ROWS], columns),
        "row_count": len(rows),
    }


def _fitting(rows: Sequence[Any], columns: list[str]) -> list[list[str | None]]:
    """The first rows, as many as fit into one frame with room to spare."""
    shown: list[list[str | None]] = []
    room = MAX_TABLE_CHARACTERS
    for row in rows:
        texts = _texts(row, columns)
        room -= sum(len(text or "") for text in texts)
        if room < 0:
            break
        shown.append(texts)
    return shown


def _as_rows(value: Any) -> Sequence[Any]:
    """The value as a sequence of rows alike, or nothing when it is no such thing."""
    if not isinstance(value, list | tuple) or not value:
        return ()
    first = value[0]
    if not _is_row(first):
        return ()
    same = all(_is_row(row) and len(row) == len(first) for row in value[:MAX_ROWS])
    return value if same else ()


def _is_row(row: Any) -> bool:
    return hasattr(row, "_fields") or isinstance(row, Mapping | tuple) or _is_record(row)


def _is_record(row: Any) -> bool:
    """asyncpg.Record, sqlite3.Row: neither is a Mapping, both have keys()."""
    return hasattr(row, "keys") and hasattr(row, "__getitem__") and hasattr(row, "__len__")


def _columns(row: Any) -> list[str]:
    if hasattr(row, "_fields"):
        names = list(row._fields)
    elif hasattr(row, "keys"):
        names = list(row.keys())
    else:
        names = [str(number) for number in range(1, len(row) + 1)]
    return [clean(str(name)[:MAX_CELL_CHARACTERS]) for name in names[:MAX_COLUMNS]]


def _texts(row: Any, columns: list[str]) -> list[str | None]:
    cells = list(row.values()) if isinstance(row, Mapping) else list(row)
    return [_text(cell) for cell in cells[: len(columns)]]


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    text = cell[:MAX_CELL_CHARACTERS] if isinstance(cell, str) else _short.repr(cell)
    return clean(text)[:MAX_CELL_CHARACTERS]
