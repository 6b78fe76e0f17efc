"""What the kernel tells of the thread that a child's loop runs on.

Run times are readable to everyone, system calls only to root and to the owner of the child's user
namespace: the supervisor as root, or as an ordinary user at level full. Elsewhere a thread that
waits is only said to wait.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from sandbox.host.witness.calls import name_of

RUNNING: Final = "running"
_STATES: Final = {"R": RUNNING, "D": "waiting for a device", "S": "waiting"}
_WAITS: Final = ("epoll_wait", "epoll_pwait", "epoll_pwait2")
_FILES: Final = ("stat", "schedstat", "syscall")


class Mark(NamedTuple):
    """A thread at one moment. ``slices`` counts how often it was given a processor, and
    ``delay_ns`` is how long it had to wait for one.
    """

    is_asleep: bool = False
    slices: int = 0
    delay_ns: int = 0


class ThreadState:
    """Reads one thread; a thread that is gone, or cannot be read, has no state and empty marks."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._folder = f"/proc/{pid}/task/{pid}"
        self._files: dict[str, int] = {}
        if pid > 0:
            for name in _FILES:
                self._open(name)

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()

    def mark(self) -> Mark:
        """In this order: a thread that wakes up in between has more slices later."""
        run_times = self._read("schedstat").split()
        is_asleep = self._letter() == "S"
        if len(run_times) < 3:
            return Mark()
        return Mark(is_asleep, int(run_times[2]), int(run_times[1]))

    def slept_since(self, mark: Mark) -> bool:
        """Whether it was asleep then and has not had a processor for a moment since."""
        return mark.is_asleep and mark.slices > 0 and self.mark().slices == mark.slices

    def waits_for_news(self) -> bool:
        """Whether it sits where an event loop does that has nothing to do."""
        return self.describe() in _WAITS

    def describe(self) -> str:
        """``running``, the system call it sits in, or ``waiting`` where no more can be read."""
        told = self._read("syscall").split()
        if told and told[0].isdigit():
            return name_of(int(told[0]))
        return _STATES.get(self._letter(), "")

    def _letter(self) -> str:
        """Of the state; it stands behind the name, which may hold anything."""
        return self._read("stat").rpartition(") ")[2][:1]

    def _open(self, name: str) -> None:
        try:
            self._files[name] = os.open(f"{self._folder}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return

    def _read(self, name: str) -> str:
        if name not in self._files:
            return ""
        try:
            return os.pread(self._files[name], 1024, 0).decode("ascii", "replace")
        except OSError:  # gone, or not for us
            return ""
