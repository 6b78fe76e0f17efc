"""What a run left in its scratch database, read in a child in which no learner's code ever runs.

What it reads is the learner's all the same: a database file is opened here, in the jail, alone.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from os import _exit
from typing import Any, Final, NoReturn

import psycopg

from sandbox.protocol import MAX_READ_ROWS, Job, Rows, Scalar, encode_frame

MOST_COLUMNS: Final = 40
MOST_CHARACTERS: Final = 2000
MOST_BYTES: Final = 256 * 1024  # of one answer
STATEMENT_SECONDS: Final = 2
_PIECES: Final = 3
_ROUNDS: Final = 40_000
# The connection's own words stand against whatever the role was altered to. Nothing is written.
_OPTIONS: Final = (
    "-c search_path=public -c default_transaction_read_only=on -c lock_timeout=1s "
    f"-c statement_timeout={STATEMENT_SECONDS}s"
)
_LARGEST_INTEGER: Final = 2**63


def run(job: Job, descriptor: int) -> NoReturn:
    """Tell how long the fixed piece of work takes, then the rows of each read; leave."""
    _send(descriptor, calibrate())
    if job.reads:
        for rows in read(job):
            _send(descriptor, rows)
    _exit(0)


def calibrate() -> int:
    """Microseconds that a fixed piece of pure Python takes, the slowest of three."""
    return max(_time_piece() for _ in range(_PIECES))


def _time_piece() -> int:
    began = time.perf_counter()
    total = 0
    for number in range(_ROUNDS):
        total += number * number % 7
    return int((time.perf_counter() - began) * 1_000_000)


def read(job: Job) -> Iterator[Rows]:
    """Each read's rows, or its problem; a database that cannot be opened is that of all."""
    dsn = job.environment.get("DSN", "")
    try:
        with closing(_connect(dsn)) as connection:
            for each in job.reads:
                yield _read(connection, each.name, each.sql)
    except (sqlite3.Error, psycopg.Error) as error:
        problem = f"the database cannot be opened: {error}"[:MOST_CHARACTERS]
        yield from (Rows(each.name, problem=problem) for each in job.reads)


def _connect(dsn: str) -> Any:
    if dsn.startswith("postgresql"):
        return psycopg.connect(dsn, options=_OPTIONS, autocommit=True, connect_timeout=2)
    if not os.path.exists(dsn):
        raise sqlite3.OperationalError("there is no database file")
    connection = sqlite3.connect(dsn, autocommit=True, timeout=1)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _read(connection: Any, name: str, sql: str) -> Rows:
    late = time.monotonic() + STATEMENT_SECONDS
    if isinstance(connection, sqlite3.Connection):
        connection.set_progress_handler(lambda: time.monotonic() > late, 10_000)
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            if cursor.description is None:
                return Rows(name, problem="the statement gives no rows")
            columns = [str(column[0])[:MOST_CHARACTERS] for column in cursor.description]
            if len(columns) > MOST_COLUMNS:
                return Rows(name, problem=f"more than {MOST_COLUMNS} columns")
            return _within_bounds(name, columns, cursor.fetchmany(MAX_READ_ROWS + 1))
    except (sqlite3.Error, psycopg.Error, ValueError) as error:
        with contextlib.suppress(psycopg.Error):
            connection.rollback()
        return Rows(name, problem=f"{type(error).__name__}: {error}"[:MOST_CHARACTERS])


def _within_bounds(name: str, columns: list[str], found: Sequence[Sequence[Any]]) -> Rows:
    rows: list[list[Scalar]] = []
    left = MOST_BYTES
    for row in found[:MAX_READ_ROWS]:
        told = [_scalar(value) for value in row]
        left -= sum(len(value.encode()) if isinstance(value, str) else 9 for value in told)
        if left < 0:
            return Rows(name, columns, rows, f"more than {MOST_BYTES // 1024} KiB")
        rows.append(told)
    problem = f"more than {MAX_READ_ROWS} rows" if len(found) > MAX_READ_ROWS else ""
    return Rows(name, columns, rows, problem)


def _scalar(value: object) -> Scalar:
    """As the two engines would tell the same thing alike."""
    match value:
        case None | float() if value is None or math.isfinite(value):
            return value
        case int() if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
            return int(value)
        case bytes() | memoryview():
            return bytes(value[: MOST_CHARACTERS // 2]).hex()
        case _:
            text = str(value)[:MOST_CHARACTERS]
            return text.encode(errors="replace").decode()


def _send(descriptor: int, message: int | Rows) -> None:
    frame = encode_frame(message)
    while frame:
        frame = frame[os.write(descriptor, frame) :]
