"""Web processes and workers with Redis between them: servers that a measure or a test may kill."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings

START_SECONDS: Final = 90
STOP_SECONDS: Final = 20
_HERE: Final = "127.0.0.1"
_BEGINNING: Final = "--- started"


class FleetFailed(Exception):
    """A server did not start; its last words are the message."""


class Server:
    """One process of the fleet. ``has_started`` says whether it can be used."""

    def __init__(
        self, command: list[str], log: Path, environment: dict[str, str], has_started: Started
    ) -> None:
        self._command = command
        self._environment = environment
        self._has_started = has_started
        self.log = log

    def run_inside(self, *command: str) -> None:
        """Start it by this command, which execs what follows."""
        self._command = [*command, *self._command]

    def start(self) -> None:
        """Start it, and return at once: see ``wait``."""
        with self.log.open("ab") as log:
            log.write(f"{_BEGINNING}\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                self._command,
                cwd=Path(settings.BASE_DIR),
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Return when it can be used. Raises FleetFailed."""
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if self._has_started(self):
                return
            time.sleep(0.03)
        raise FleetFailed(f"{' '.join(self._command)}\n{self.said()[-4000:]}")

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it without a warning, as a machine does that fails."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """End it as an operator does."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


Started = Callable[[Server], bool]


class Fleet:
    """``web`` and ``workers`` over one ``redis``; web processes share the site's database."""

    def __init__(
        self,
        folder: Path,
        *,
        web: int,
        workers: int,
        database: str = "",
        redis_at: Sequence[str] = (_HERE,),
        **environment: str,
    ) -> None:
        """``database``: as SITE_DATABASE_URL; ``redis_at``: the addresses where Redis listens.

        ``environment`` is that of every process.
        """
        self.folder = folder
        self._redis_at = redis_at
        self.redis_port = find_free_port()
        self.environment = {
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "SECRET_KEY": secrets.token_urlsafe(48),
            **environment,
        }
        self._database = database
        self.redis = self._make_redis()
        self.ports = [find_free_port() for _ in range(web)]
        self.web = [self.make_web(port) for port in self.ports]
        self.workers = [self.make_worker(f"worker-{number}") for number in range(workers)]

    @property
    def addresses(self) -> list[str]:
        """Of the web processes."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    @property
    def servers(self) -> list[Server]:
        """All, in the order in which they can be started."""
        return [self.redis, *self.workers, *self.web]

    def start(self) -> None:
        """Start all, and return when all can be used. Raises FleetFailed."""
        self.redis.start()
        self.redis.wait()
        for worker in self.workers:
            worker.start()
        for web in self.web:  # one after another: the first makes the tables
            web.start()
            web.wait()
        for worker in self.workers:
            worker.wait()

    def stop(self) -> None:
        """End all."""
        for server in reversed(self.servers):
            if hasattr(server, "process"):
                server.stop()

    def make_worker(self, name: str, **environment: str) -> Server:
        """A worker, not started. It has no key to the site's database."""
        folder = self.folder / name
        folder.mkdir()
        command = [sys.executable, "manage.py", "runworker", "sandbox"]
        its_own = {"VAR_DIR": str(folder), "SITE_DATABASE_URL": ""}
        return Server(
            command, folder / "log", {**self.environment, **its_own, **environment}, _is_ready
        )

    def make_web(self, port: int, host: str = _HERE, **environment: str) -> Server:
        """A web process, not started."""
        folder = self.folder / "site"
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "manage.py", "play", "--host", host, "--port", str(port)]
        its_own = {"VAR_DIR": str(folder), "SITE_DATABASE_URL": self._database, **environment}

        def answers(_: Server) -> bool:
            return _answers(f"http://{host}:{port}/healthz")

        return Server(
            command, self.folder / f"web-{port}.log", {**self.environment, **its_own}, answers
        )

    def _make_redis(self) -> Server:
        port = str(self.redis_port)
        program = shutil.which("redis-server")
        if program is None:
            raise FleetFailed("redis-server is missing; run `make setup`")
        command = [program, "--port", port, "--bind", *self._redis_at, "--save", ""]
        command += ["--protected-mode", "no", "--dir", str(self.folder)]

        def listens(_: Server) -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(port))):
                return True
            return False

        return Server(command, self.folder / "redis.log", {}, listens)


@contextmanager
def running_fleet(
    *, web: int = 2, workers: int = 2, database: str = "", **environment: str
) -> Iterator[Fleet]:
    """A fleet that was started, with data of its own."""
    with tempfile.TemporaryDirectory(prefix="fleet-", dir="/tmp") as folder:
        fleet = Fleet(Path(folder), web=web, workers=workers, database=database, **environment)
        try:
            fleet.start()
            yield fleet
        finally:
            fleet.stop()


def find_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _is_ready(worker: Server) -> bool:
    return "takes runs" in worker.said().rpartition(_BEGINNING)[2]


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError, urllib.error.URLError):
        urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own
        return True
    return False
