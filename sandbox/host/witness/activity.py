"""Who waits for whose lock, and who sits idle in a transaction: the server's catalogs, looked at
now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sandbox.host.witness.record import Record
from sandbox.host.witness.statements import Connections

WORTH_TELLING_US: Final = 20_000

# Times of day in seconds. Only what somebody waits in is looked up in the table of locks.
QUERY: Final = """
SELECT a.usename, a.pid, a.wait_event_type = 'Lock' AS is_waiting, a.wait_event, left(a.query, 500),
    CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) END AS blockers,
    extract(epoch FROM clock_timestamp())::float8 AS now,
    extract(epoch FROM CASE WHEN a.wait_event_type = 'Lock'
        THEN (SELECT min(waitstart) FROM pg_locks WHERE pid = a.pid AND NOT granted)
        ELSE a.state_change END)::float8 AS since
FROM pg_stat_activity a
WHERE a.usename = ANY($1) AND (a.wait_event_type = 'Lock' OR a.state LIKE 'idle in transaction%')
"""


class Sight(NamedTuple):
    """A backend as one look showed it."""

    role: str
    pid: int
    is_waiting: bool
    wait: str | None
    statement: str
    blockers: Sequence[int] | None
    now: float
    since: float | None


class _Span(NamedTuple):
    first: Sight
    until: float


class Activity:
    """Joins what several looks show of one run into waits with a beginning and an end."""

    def __init__(
        self, record: Record, connections: Connections, at_us: Callable[[float], int]
    ) -> None:
        self._record = record
        self._connections = connections
        self._at_us = at_us
        self._spans: dict[tuple[Any, ...], _Span] = {}

    def see(self, sights: Sequence[Sight]) -> None:
        """All that one look shows; what it no longer shows is over, and told."""
        seen: dict[tuple[Any, ...], _Span] = {}
        for sight in sights:
            if sight.since is None or self._connections.number(sight.pid) is None:
                continue
            key = (sight.pid, sight.is_waiting, sight.since)
            span = self._spans.pop(key, _Span(sight, sight.now))
            seen[key] = span._replace(until=sight.now)
        self.finish()
        self._spans = seen

    def finish(self) -> None:
        """Everything is over."""
        for first, until in self._spans.values():
            self._tell(first, until)
        self._spans = {}

    def _tell(self, first: Sight, until: float) -> None:
        assert first.since is not None
        began = self._at_us(first.since)
        spent = self._at_us(until) - began
        told = {
            "connection": self._connections.number(first.pid),
            "duration_us": spent,
            "statement": first.statement,
        }
        if first.is_waiting:
            blocker = next(iter(first.blockers or ()), 0)
            blocked_by = self._connections.known(blocker)
            wait = first.wait
            self._record.add(began, "lock", 0, **told, blocked_by=blocked_by, wait=wait)
        elif spent >= WORTH_TELLING_US:
            self._record.add(began, "idle", 0, **told)
