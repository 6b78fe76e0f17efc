"""SQLAlchemy's own events: statements, transactions and pools of every engine."""

from __future__ import annotations

import functools
import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, QueuePool

from sandbox.inside.telemetry import sqlite, statements
from sandbox.inside.telemetry.connections import Known, Place
from sandbox.inside.telemetry.drivers import count_parameters
from sandbox.inside.telemetry.statements import StatementProbe

_BEGAN = "_playground_began"
_WAITED = "_playground_waited"
Mark = tuple[float, Place]


def install() -> None:
    """Listen on the classes, so that engines made later are heard as well."""
    event.listen(Engine, "before_cursor_execute", _before)
    event.listen(Engine, "after_cursor_execute", _after)
    event.listen(Engine, "handle_error", _failed)
    for action in ("begin", "commit", "rollback"):  # savepoints it sends as statements
        event.listen(Engine, action, _steered(action))
    event.listen(Pool, "checkout", _checked_out)
    event.listen(Pool, "checkin", _checked_in)
    event.listen(Pool, "invalidate", _invalidated)
    _observe_waits()


def _before(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    probe = statements.active
    if probe is not None and context is not None:
        setattr(context, _BEGAN, (time.perf_counter(), probe.here()))


def _after(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    probe = statements.active
    mark: Mark | None = getattr(context, _BEGAN, None)
    if probe is None or mark is None:
        return
    told = probe.note(
        *mark,
        statement,
        connection.dialect.driver,
        _known(probe, connection),
        rows=_rows(cursor),
        parameters=count_parameters(parameters, many),
    )
    sqlite.remember(cursor, told)


def _failed(failure: ExceptionContext) -> None:
    probe = statements.active
    context, connection = failure.execution_context, failure.connection
    mark: Mark | None = getattr(context, _BEGAN, None)
    if probe is None or mark is None or failure.statement is None or connection is None:
        return
    probe.note(
        *mark,
        failure.statement,
        failure.dialect.driver,
        _known(probe, connection),
        parameters=count_parameters(failure.parameters, getattr(context, "executemany", False)),
        error=failure.original_exception,
    )


def _known(probe: StatementProbe, connection: Connection) -> Known:
    if connection.invalidated:  # else asking for the DBAPI connection would raise
        return Known(0, "", None)
    return probe.connections.of(connection.connection.driver_connection)


def _rows(cursor: Any) -> int | None:
    rows = getattr(cursor, "rowcount", -1)
    if rows < 0:
        fetched = getattr(cursor, "_rows", None)  # of an adapted asynchronous driver
        return len(fetched) if fetched else None
    return int(rows)


def _steered(action: str) -> Any:
    def listener(connection: Connection) -> None:
        probe = statements.active
        if probe is not None:
            probe.note_transaction(action, _known(probe, connection), probe.here())

    return listener


def _observe_waits() -> None:
    """A connection is waited for when the pool has given out all it may, also above its size."""
    plain = QueuePool._do_get

    @functools.wraps(plain)
    def _do_get(self: Any) -> Any:
        probe = statements.active
        if probe is None or not _is_exhausted(self):
            return plain(self)
        place, began = probe.here(), time.perf_counter()
        try:
            record = plain(self)
        except PoolTimeout:
            probe.pools.wait_timeout(self, self.size(), place, time.perf_counter() - began)
            raise
        setattr(record, _WAITED, time.perf_counter() - began)
        return record

    QueuePool._do_get = _do_get  # type: ignore[method-assign]


def _is_exhausted(pool: Any) -> bool:
    return -1 < pool._max_overflow <= pool._overflow and bool(pool._pool.empty())


def _checked_out(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    probe = statements.active
    if probe is not None:
        pool = proxy._pool
        known = probe.connections.of(record.driver_connection)
        waited = record.__dict__.pop(_WAITED, 0.0)
        probe.pools.checkout(record, pool, _size(pool), known, probe.here(), waited)


def _checked_in(dbapi_connection: Any, record: Any) -> None:
    probe = statements.active
    if probe is not None:
        _end_transaction(probe, record)
        probe.pools.checkin(record, probe.here())


def _invalidated(dbapi_connection: Any, record: Any, error: BaseException | None) -> None:
    probe = statements.active
    if probe is not None:
        _end_transaction(probe, record)


def _end_transaction(probe: StatementProbe, record: Any) -> None:
    if record.driver_connection is not None:
        probe.connections.of(record.driver_connection).transaction = None


def _size(pool: Any) -> int | None:
    size = getattr(pool, "size", None)
    return size() if callable(size) else None
