"""Keeps one address from flooding the site with edits.

Counted in each process alone: it guards the site's load and no secret.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import Final

MOST: Final = 400
SECONDS: Final = 10  # a class behind one address types less
_MOST_REMEMBERED: Final = 10_000


class Flood:
    """For each name a bucket of ``most`` that fills up again within so many seconds."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def may_pass(self, name: str) -> bool:
        """Whether one more is let through."""
        now = time.monotonic()
        with self._lock:
            left, then = self._left.pop(name, (float(self._most), now))
            left = min(self._most, left + (now - then) * self._most / self._seconds)
            self._left[name] = (max(left - 1, 0.0), now)
            if len(self._left) > _MOST_REMEMBERED:
                self._left.popitem(last=False)
        return left >= 1
