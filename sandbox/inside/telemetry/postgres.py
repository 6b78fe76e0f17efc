"""asyncpg and psycopg: the methods that every statement of theirs passes."""

from __future__ import annotations

import sys
from typing import Any

import asyncpg
import psycopg
from asyncpg.cursor import BaseCursor
from asyncpg.prepared_stmt import PreparedStatement
from psycopg._connection_base import BaseConnection
from psycopg._cursor_base import BaseCursor as PsycopgCursor

from sandbox.inside.telemetry import fingerprints
from sandbox.inside.telemetry.drivers import (
    Sent,
    count_parameters,
    observe_async,
    observe_generator,
    observe_opening,
    observe_sync,
)


def install() -> None:
    """Once, in the zygote."""
    _install_asyncpg()
    _install_psycopg()


def _install_asyncpg() -> None:
    connection = asyncpg.Connection
    observe_opening(connection)
    for owner, name, describe in (
        (connection, "_execute", _with_arguments),
        (connection, "_executemany", _with_sets),
        (connection, "execute", _only_without_arguments),
        (connection, "_copy_in", _copy),
        (connection, "_copy_out", _copy),
        (connection, "copy_records_to_table", _copy_records),
        (PreparedStatement, "_PreparedStatement__bind_execute", _prepared),
        (PreparedStatement, "executemany", _prepared_sets),
        (PreparedStatement, "fetchmany", _prepared_sets),
        (BaseCursor, "_bind_exec", _opened_cursor),
        (BaseCursor, "_bind", _opened_cursor),
    ):
        observe_async(owner, name, "asyncpg", describe, _rows_of_asyncpg)


def _with_arguments(
    connection: Any, query: Any, arguments: Any = (), *rest: Any, **named: Any
) -> Sent:
    return Sent(connection, query, len(arguments))


def _with_sets(connection: Any, query: Any, sets: Any = (), *rest: Any, **named: Any) -> Sent:
    return Sent(connection, query, count_parameters(sets, many=True))


def _only_without_arguments(connection: Any, query: Any, *rest: Any, **named: Any) -> Sent | None:
    """With arguments it goes on to ``_execute``; a pool's reset is no statement of the cell's."""
    is_reset = sys._getframe(2).f_code.co_name == "reset"
    return None if rest or is_reset else Sent(connection, query, 0)


def _copy(connection: Any, statement: Any, *rest: Any, **named: Any) -> Sent:
    return Sent(connection, statement, 0)


def _copy_records(connection: Any, table_name: Any, *rest: Any, **named: Any) -> Sent:
    return Sent(connection, f'COPY "{table_name}" FROM STDIN', 0)


def _prepared(prepared: Any, arguments: Any = (), *rest: Any, **named: Any) -> Sent:
    return Sent(prepared._connection, prepared.get_query(), len(arguments))


def _prepared_sets(prepared: Any, sets: Any = (), *rest: Any, **named: Any) -> Sent:
    return Sent(prepared._connection, prepared.get_query(), count_parameters(sets, many=True))


def _opened_cursor(cursor: Any, *rest: Any, **named: Any) -> Sent:
    return Sent(cursor._connection, cursor._query, len(cursor._args or ()))


def _rows_of_asyncpg(subject: Any, result: Any) -> int | None:
    if isinstance(subject, BaseCursor):
        return len(result) if result is not None and subject._exhausted else None
    if type(result) is list:
        return len(result)
    if isinstance(result, tuple):  # rows, status, whether that was all
        result = result[1].decode() if isinstance(result[1], bytes) else None
    words = result.split() if isinstance(result, str) else ()
    return int(words[-1]) if words and words[-1].isdecimal() else None


def _install_psycopg() -> None:
    observe_opening(BaseConnection)
    for name in ("execute", "executemany"):
        describe = _of_cursor if name == "execute" else _many_of_cursor
        observe_async(psycopg.AsyncCursor, name, "psycopg", describe, _row_count)
        observe_sync(psycopg.Cursor, name, "psycopg", describe, _row_count)
    observe_async(psycopg.AsyncServerCursor, "execute", "psycopg", _of_cursor, _unknown)
    observe_sync(psycopg.ServerCursor, "execute", "psycopg", _of_cursor, _unknown)
    for name in ("_stream_send_gen", "_start_copy_gen"):
        observe_generator(PsycopgCursor, name, "psycopg", _of_cursor)
    observe_generator(BaseConnection, "_exec_command", "psycopg", _command)


def _of_cursor(cursor: Any, query: Any, parameters: Any = None, *rest: Any, **named: Any) -> Sent:
    parameters = named.get("params", parameters)
    return Sent(cursor._conn, _text(cursor._conn, query), count_parameters(parameters))


def _many_of_cursor(cursor: Any, query: Any, sets: Any = (), *rest: Any, **named: Any) -> Sent:
    counted = count_parameters(named.get("params_seq", sets), many=True)
    return Sent(cursor._conn, _text(cursor._conn, query), counted)


def _command(connection: Any, command: Any, *rest: Any, **named: Any) -> Sent | None:
    """BEGIN, COMMIT and the like, which psycopg sends without a cursor; nothing else."""
    text = _text(connection, command)
    return Sent(connection, text, 0) if fingerprints.read(text).action else None


def _text(connection: Any, query: Any) -> Any:
    if isinstance(query, bytes):
        return query.decode(errors="replace")
    render = getattr(query, "as_string", None)
    return render(connection) if callable(render) else query


def _row_count(cursor: Any, result: Any) -> int | None:
    return int(cursor.rowcount)


def _unknown(cursor: Any, result: Any) -> None:
    return None
