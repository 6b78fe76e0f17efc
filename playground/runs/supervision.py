"""Starts the supervisor and keeps it running: the only module of the site that does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
from pathlib import Path

import msgspec
from django.conf import settings

from playground.runs.exposure import LevelBelowFull, describe_exposure, must_be_full
from sandbox.client import SandboxClient, SandboxUnavailable
from sandbox.protocol import Status

_log = logging.getLogger(__name__)

START_SECONDS = 60
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0


class Supervision:
    """One supervisor process, restarted when it dies, ended with this process."""

    def __init__(self) -> None:
        # The path of a unix socket ends at some 100 bytes, so not below VAR_DIR.
        self._directory = tempfile.TemporaryDirectory(prefix="sandbox-")
        self._path = str(Path(self._directory.name) / "supervisor")
        self._ready = asyncio.Event()
        self._problem = ""
        self._task = asyncio.create_task(self._keep())

    async def client(self) -> SandboxClient:
        """A client of the running supervisor. Raises SandboxUnavailable with the reason."""
        try:
            await asyncio.wait_for(self._ready.wait(), START_SECONDS)
        except TimeoutError:
            raise SandboxUnavailable("the sandbox does not start") from None
        if self._problem:
            raise SandboxUnavailable(self._problem)
        return SandboxClient(self._path)

    async def require_level(self) -> None:
        """Where others can reach the site: wait for level full. Raises LevelBelowFull."""
        if must_be_full():
            try:
                await self.client()
            except SandboxUnavailable as error:
                raise LevelBelowFull(str(error)) from error

    async def stop(self) -> None:
        """End the supervisor."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._directory.cleanup()

    async def _keep(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while True:
            began = asyncio.get_running_loop().time()
            await self._run_once()
            if asyncio.get_running_loop().time() - began > LONGEST_DELAY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            _log.error("the sandbox supervisor ended; starting it again in %.1f s", delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
            self._ready.clear()

    async def _run_once(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        # Its environment holds none of the site's secrets.
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "sandbox", "serve", "--socket", self._path],
            *(["--runs", str(settings.WORKER_RUNS)] if settings.WORKER_RUNS else []),
            *["--log", settings.LOG_FORMAT],
            *(["--wall", settings.SANDBOX_WALL] if settings.SANDBOX_WALL else []),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we end it
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        )
        assert process.stdout is not None
        try:
            self._take_status(await process.stdout.readline())
            self._ready.set()
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()

    def _take_status(self, line: bytes) -> None:
        if not line:
            self._problem = "the sandbox does not start on this machine; the log says why"
            return
        status = msgspec.json.decode(line, type=Status)
        if status.level == "refused":
            self._problem = f"the sandbox does not start on this machine: {status.missing[0]}"
        elif status.level != "full" and must_be_full():
            self._problem = describe_exposure(status.level)
        else:
            self._problem = ""
        _log.info("jail level: %s%s", status.level, "".join(f"; {m}" for m in status.missing))
        if self._problem:
            _log.error("%s", self._problem)


_current: Supervision | None = None


def get_supervision() -> Supervision:
    """The supervision of this process, begun at the first call, on the running loop."""
    global _current
    if _current is None:
        _current = Supervision()
    return _current


def find_supervision() -> Supervision | None:
    """That of this process, if it began."""
    return _current


async def stop_supervision() -> None:
    """End it, if it began."""
    global _current
    if _current is not None:
        await _current.stop()
        _current = None
