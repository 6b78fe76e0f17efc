"""A supervisor and a site of the benchmark's own, started and ended with it."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from django.conf import settings

from playground.benchmarks.fleet import find_free_port
from sandbox.client import SandboxClient

START_SECONDS = 60


@asynccontextmanager
async def supervisor(*arguments: str) -> AsyncIterator[SandboxClient]:
    """A client of a fresh supervisor. ``arguments`` are added to its command line."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as directory:
        path = f"{directory}/s"
        command = [sys.executable, "-m", "sandbox", "serve", "--socket", path, *arguments]
        process = await _start(command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        try:
            if not await asyncio.wait_for(process.stdout.readline(), START_SECONDS):
                raise RuntimeError("the supervisor did not start; its reason is above")
            yield SandboxClient(path)
        finally:
            await _end(process)


@asynccontextmanager
async def site(**environment: str) -> AsyncIterator[str]:
    """The address of a fresh site in the embedded default, with a database of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        port = find_free_port()
        command = [sys.executable, "manage.py", "play", "--port", str(port)]
        own = {"VAR_DIR": directory, "REDIS_URL": "", "SITE_DATABASE_URL": "", **environment}
        process = await _start(command, stdout=asyncio.subprocess.DEVNULL, **own)
        address = f"http://127.0.0.1:{port}"
        try:
            await asyncio.wait_for(_answers(address), START_SECONDS)
            yield address
        finally:
            await _end(process)


async def _start(command: list[str], stdout: int, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=stdout,
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, **environment},
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


async def _answers(address: str) -> None:
    def ask_until_it_answers() -> None:
        while True:
            try:
                with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - our own
                    return
            except urllib.error.URLError:
                time.sleep(0.1)

    await asyncio.to_thread(ask_until_it_answers)
