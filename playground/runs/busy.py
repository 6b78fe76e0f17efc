"""Processes that keep processors busy, to see whether what is judged by time still holds."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

LOOP: Final = """\
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(100_000))
"""


@contextlib.contextmanager
def keep_busy(count: int) -> Iterator[None]:
    """``count`` processes that compute until the block ends, or this process dies."""
    processes = [
        subprocess.Popen([sys.executable, "-S", "-c", LOOP], stdin=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for each in processes:
            each.kill()
            each.wait()
