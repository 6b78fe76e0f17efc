"""The statements of one run's role, from the rows of the server's log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sandbox.host.witness.record import Record
from sandbox.host.witness.server_log import Row

_TIMED: Final = re.compile(
    r"duration: (\d{1,12}\.\d{1,6}) ms  (parse|bind|execute|statement)(?: [^:\n]{0,80})?: ",
    re.ASCII,
)
# How a pool makes a connection as new, before it lends it again: no statement of the cell.
_RESET: Final = "SELECT pg_advisory_unlock_all()"
MOST_CONNECTIONS: Final = 1000


class Connections:
    """Numbers the backends of a run, from 1, in the order in which they are heard of."""

    def __init__(self, but: int) -> None:
        """``but`` is a backend of ours in the same role."""
        self._but = but
        self._numbers: dict[int, int] = {}

    def number(self, pid: int) -> int | None:
        """None for one that is not the run's own."""
        if pid == self._but or len(self._numbers) >= MOST_CONNECTIONS:
            return None
        return self._numbers.setdefault(pid, len(self._numbers) + 1)

    def known(self, pid: int) -> int | None:
        """The number of one that was heard of before."""
        return self._numbers.get(pid)


class Statements:
    """Counts and records; ``at_us`` tells the time of the run at a time of day in seconds."""

    def __init__(
        self, record: Record, connections: Connections, at_us: Callable[[float], int]
    ) -> None:
        self._record = record
        self._connections = connections
        self._at_us = at_us
        self._prepared_us: dict[int, int] = {}
        self.count = 0

    def take(self, row: Row) -> None:
        """One row of the role: a statement's time comes in up to three, and counts once."""
        connection = self._connections.number(row.pid)
        if connection is None:
            return
        if row.error_severity == "ERROR" and row.statement:
            self._add(row, connection, row.statement, None, f"{row.state_code} {row.message}")
            return
        timed = _TIMED.match(row.message)
        if timed is None:
            return
        spent = int(float(timed[1]) * 1000)
        if timed[2] in ("parse", "bind"):
            self._prepared_us[row.pid] = self._prepared_us.get(row.pid, 0) + spent
            return
        text = row.message[timed.end() :]
        if not text.startswith(_RESET):
            self._add(row, connection, text, spent + self._prepared_us.pop(row.pid, 0), None)

    def _add(
        self, row: Row, connection: int, text: str, spent: int | None, error: str | None
    ) -> None:
        self.count += 1
        ended = self._at_us(_seconds(row.timestamp))
        self._record.add(
            ended - (spent or 0),
            "statement",
            0,
            statement=text,
            duration_us=spent,
            error=error,
            connection=connection,
        )


def _seconds(timestamp: str) -> float:
    """As the server writes it: ``2026-11-25 23:40:21.123 UTC``."""
    return datetime.fromisoformat(timestamp.removesuffix(" UTC")).replace(tzinfo=UTC).timestamp()
