"""SQLAlchemy's own events: statements, transactions and pools of every engine."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.pool import Pool

from sandbox.inside.telemetry import statements

_BEGAN = "_playground_began"


def install() -> None:
    """Listen on the classes, so that engines made later are heard as well."""
    event.listen(Engine, "before_cursor_execute", _before)
    event.listen(Engine, "after_cursor_execute", _after)
    event.listen(Engine, "handle_error", _failed)
    for action in ("begin", "commit", "rollback"):
        event.listen(Engine, action, _steered(action))
    for action in ("savepoint", "rollback_savepoint", "release_savepoint"):
        event.listen(Engine, action, _steered_savepoint(action))
    event.listen(Pool, "checkout", _checked_out)
    event.listen(Pool, "checkin", _checked_in)
    event.listen(Pool, "invalidate", _invalidated)


def _before(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    if statements.active is not None and context is not None:
        setattr(context, _BEGAN, time.perf_counter())


def _after(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    probe = statements.active
    began = getattr(context, _BEGAN, None)
    if probe is not None and began is not None:
        rows = getattr(cursor, "rowcount", None)
        driver = connection.dialect.driver
        probe.note(began, statement, driver, rows=rows, parameters=parameters)


def _failed(failure: ExceptionContext) -> None:
    probe = statements.active
    began = getattr(failure.execution_context, _BEGAN, None)
    if probe is not None and began is not None and failure.statement is not None:
        driver = failure.dialect.driver
        error = failure.original_exception
        probe.note(began, failure.statement, driver, parameters=failure.parameters, error=error)


def _steered(action: str) -> Any:
    def listener(connection: Connection) -> None:
        probe = statements.active
        if probe is None:
            return
        if not connection.invalidated:  # else asking for the DBAPI connection would raise
            key = id(connection.connection.dbapi_connection)
            if action == "begin":
                probe.open_transactions.add(key)
            else:
                probe.open_transactions.discard(key)
        probe.note_transaction(action)

    return listener


def _steered_savepoint(action: str) -> Any:
    def listener(connection: Connection, name: str, *rest: Any) -> None:
        if statements.active is not None:
            statements.active.note_transaction(action.replace("_", " "))

    return listener


def _checked_out(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    probe = statements.active
    if probe is not None:
        probe.checked_out.add(id(record))
        probe.note_pool("checkout", len(probe.checked_out), _size(proxy))


def _checked_in(dbapi_connection: Any, record: Any) -> None:
    probe = statements.active
    if probe is not None:
        probe.checked_out.discard(id(record))
        probe.open_transactions.discard(id(dbapi_connection))
        probe.note_pool("checkin", len(probe.checked_out), None)


def _invalidated(dbapi_connection: Any, record: Any, error: BaseException | None) -> None:
    probe = statements.active
    if probe is not None:
        probe.open_transactions.discard(id(dbapi_connection))


def _size(proxy: Any) -> int | None:
    size = getattr(getattr(proxy, "_pool", None), "size", None)
    return size() if callable(size) else None
