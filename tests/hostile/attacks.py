"""How an attack is carried out, and how it tells that it got what it wanted: it prints ESCAPED."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sandbox.client import SandboxClient
from sandbox.protocol import Output, RunEvent, RunRequest
from tests.running import Ran, new_id, run

OUTSIDE_SECONDS = 20
READY_SECONDS = 30

Attack = Callable[[SandboxClient], Awaitable[bool]]


def escaped(ran: Ran) -> bool:
    """Whether the attack got what it wanted."""
    return "ESCAPED" in ran.stdout


def prints(payload: str, **fields: Any) -> Attack:
    """An attack of one run."""

    async def attack(client: SandboxClient) -> bool:
        return escaped(await run(client, payload, **fields))

    return attack


def after(first: str, payload: str, **fields: Any) -> Attack:
    """An attack on what a run of another learner session has left; ``fields`` are the other's."""

    async def attack(client: SandboxClient) -> bool:
        left = await run(client, first, session=new_id("session"), **fields)
        assert left.finished.outcome in ("completed", "raised"), left.finished
        return escaped(await run(client, payload))

    return attack


def beside(first: str, second: str) -> Attack:
    """Two runs at once. It succeeds when one of them says so, or when the first is harmed."""

    async def attack(client: SandboxClient) -> bool:
        one, other = await run_beside(client, first, second)
        return escaped(one) or escaped(other) or one.finished.outcome != "completed"

    return attack


async def run_beside(client: SandboxClient, first: str, second: str) -> tuple[Ran, Ran]:
    """Two runs at once: the second begins when the first has printed something."""
    ready = asyncio.Event()
    running = asyncio.create_task(_watch(client, first, ready))
    async with asyncio.timeout(READY_SECONDS):
        await ready.wait()
    other = await run(client, second)
    return await running, other


async def _watch(client: SandboxClient, code: str, ready: asyncio.Event) -> Ran:
    events: list[RunEvent] = []
    async for batch in client.stream(RunRequest(run_id=new_id("run"), code=code)):
        events += batch
        if any(isinstance(event, Output) for event in batch):
            ready.set()
    ready.set()
    return Ran(events)


def run_outside(payload: str, folder: Path, **options: Any) -> str:
    """What the payload says as an ordinary program of this host, with ``folder`` as its own."""
    environment = {**os.environ, "CONTROL_SECRET": "1", "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", payload],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=OUTSIDE_SECONDS,
        check=False,
        **options,
    )
    said: str = done.stdout + done.stderr
    return said
