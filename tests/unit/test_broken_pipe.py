"""``runcell | head``: whoever reads goes away, and the command ends without a word."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox import __main__ as command
from sandbox.protocol import Output, RunRequest


class Endless:
    """In a supervisor's place: a cell that never stops printing."""

    async def run(self, request: RunRequest) -> AsyncIterator[list[Output]]:
        while True:
            yield [Output(1, "stdout", "line\n" * 100)]


@pytest.mark.parametrize("as_events", [True, False])
async def test_it_ends_quietly(monkeypatch: pytest.MonkeyPatch, *, as_events: bool) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    endless: Any = Endless()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with os.fdopen(writer, "w") as out, os.fdopen(nowhere, "w") as errors:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", errors)
        status = await command._show(endless, RunRequest("r", "x"), as_events=as_events)
    assert status == 128 + signal.SIGPIPE  # and closing "out", which had text left, raised nothing
