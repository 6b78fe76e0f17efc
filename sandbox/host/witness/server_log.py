"""The scratch Postgres' own log, read as it grows and kept from growing for ever.

The server writes it as JSON, a row a line, and names in each row the role it speaks of: nothing a
learner writes can make a row of another role. One file, read at an offset, emptied when nobody
follows a role, or when it is too long; ``ulimit -f`` bounds it for a supervisor that is late.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

import msgspec

MOST_BYTES: Final = 32 * 1024 * 1024
MOST_UNREAD_BYTES: Final = 8 * 1024 * 1024
MOST_ROW_BYTES: Final = 1024 * 1024
_READ_BYTES: Final = 1024 * 1024


class Row(msgspec.Struct):
    """What is used of a row."""

    timestamp: str = ""
    user: str = ""
    dbname: str = ""
    pid: int = 0
    error_severity: str = ""
    state_code: str = ""
    message: str = ""
    statement: str = ""


_decoder: Final = msgspec.json.Decoder(Row)


class ServerLog:
    """The file at ``path``, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._offset = 0
        self._rest = b""
        self.lost_rows = 0

    def close(self) -> None:
        """Give the descriptor back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def read(self) -> list[Row]:
        """The rows that are new, in order. What there is too much of is skipped and counted."""
        if self._file < 0 and not self._open():
            return []
        size = os.fstat(self._file).st_size
        if size - self._offset > MOST_UNREAD_BYTES:
            self._offset, self._rest = size, b""
            self.lost_rows += 1
        rows: list[Row] = []
        while piece := os.pread(self._file, _READ_BYTES, self._offset):
            self._offset += len(piece)
            *lines, self._rest = (self._rest + piece).split(b"\n")
            rows += [row for line in lines if (row := self._decode(line))]
            if len(self._rest) > MOST_ROW_BYTES:
                self._rest = b""
                self.lost_rows += 1
        if self._offset > MOST_BYTES:
            self.empty()
        return rows

    def empty(self) -> None:
        """Forget all there is."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            self._offset, self._rest = 0, b""

    def _open(self) -> bool:
        with contextlib.suppress(OSError):
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            if stat.S_ISREG(os.fstat(self._file).st_mode):
                return True
            self.close()
        return False

    def _decode(self, line: bytes) -> Row | None:
        try:
            return _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.lost_rows += 1
            return None
