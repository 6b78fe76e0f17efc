"""Records one program with the inside probe, in an interpreter of its own and without a jail."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[1]
HARNESS = """
import asyncio, linecache, os, sys
sys.path.insert(0, sys.argv[1])
from sandbox.inside import telemetry
telemetry.install()
code = sys.argv[2]
linecache.cache['<cell>'] = (len(code), None, code.splitlines(True), '<cell>')
recorder = telemetry.start(int(sys.argv[3]), '<cell>')
compiled = compile(code, '<cell>', 'exec')
recorder.watch(compiled)
exec(compiled, {'__name__': '__main__'})
recorder.finish()
"""


class Event(NamedTuple):
    """As a child sends it."""

    kind: str
    at_us: int
    fields: dict[str, Any]


async def record(code: str, *arguments: str) -> list[Event]:
    """What the probe says of a program. ``arguments`` are ``sys.argv[4:]`` there."""
    read_end, write_end = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-c", HARNESS, str(ROOT), code, str(write_end), *arguments],
        pass_fds=[write_end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(write_end)
    sent = b""
    while piece := await asyncio.to_thread(os.read, read_end, 65536):
        sent += piece
    os.close(read_end)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    events = []
    while sent:
        size = int.from_bytes(sent[:4], "big")
        events += msgspec.msgpack.decode(sent[4 : 4 + size])
        sent = sent[4 + size :]
    return [Event(*event) for event in events]


def fields_of(events: list[Event], kind: str) -> list[dict[str, Any]]:
    """The fields of each event of one kind, in order."""
    return [event.fields for event in events if event.kind == kind]
