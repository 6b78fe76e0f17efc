"""The cgroup of one child: it bounds, kills and accounts for all that the child starts."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final, NamedTuple

from sandbox.protocol import INHERITED_BYTES, Limits

# Page tables, socket buffers and a child's own /tmp, beside what each process inherits. The rlimits
# must strike first: they leave the learner a traceback.
ALLOWANCE_BYTES: Final = 32 * 1024 * 1024


class Account(NamedTuple):
    """The kernel's account of a run: of its child and of all that the child started."""

    cpu_us: int = 0
    memory_peak_bytes: int = 0
    was_out_of_memory: bool = False
    tasks_refused: bool = False


class ChildCgroup:
    """The cgroup of one child."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_closed = False

    def make(self, pid: int) -> None:
        """Make it and move a process in. Takes some 10 ms: the kernel waits for all processors.

        Raises ProcessLookupError for a process that is gone.
        """
        self._path.mkdir()
        self.add(pid)

    def add(self, pid: int) -> None:
        """Move another process in, with all its threads."""
        if pid < 1:  # which the kernel would take for the writer itself
            raise ProcessLookupError(pid)
        write(self._path / "cgroup.procs", str(pid))

    def limit(self, limits: Limits) -> None:
        """Bound what it uses from now on; a write of microseconds."""
        inherited = limits.process_count * INHERITED_BYTES
        most = limits.memory_bytes + inherited + limits.disk_bytes + ALLOWANCE_BYTES
        self._set("memory.max", most)
        self._set("memory.swap.max", 0)
        self._set("memory.oom.group", 1)
        tasks = limits.process_count if limits.process_count > 1 else limits.thread_count
        self._set("pids.max", tasks)

    def kill(self) -> None:
        """SIGKILL to everything in it, also to what is being forked."""
        with contextlib.suppress(OSError):
            write(self._path / "cgroup.kill", "1")

    def account(self) -> Account:
        """What was used so far."""
        return Account(
            self._figure("cpu.stat", "usage_usec"),
            self._figure("memory.peak"),
            self._figure("memory.events", "oom_kill") > 0,
            self._figure("pids.events", "max") > 0,
        )

    def close(self) -> None:
        """Kill what is left and take the cgroup away, now or as soon as the kernel can."""
        self._is_closed = True
        self.is_gone()

    def is_gone(self) -> bool:
        """Whether it was closed and is away by now; tries again."""
        if self._is_closed:
            self.kill()
            with contextlib.suppress(OSError):
                self._path.rmdir()
        return self._is_closed and not self._path.exists()

    def _set(self, name: str, value: int) -> None:
        # Which files there are depends on the controllers, and swap's on the kernel's options.
        if (self._path / name).exists():
            write(self._path / name, str(value))

    def _figure(self, name: str, key: str = "") -> int:
        with contextlib.suppress(OSError):
            for line in (self._path / name).read_text("ascii").splitlines():
                *keys, value = line.split()
                if keys == ([key] if key else []):
                    return int(value)
        return 0


def write(file: Path, text: str) -> None:
    """One write to a control file; the kernel's answer to it as OSError."""
    with open(file, "w", encoding="ascii") as opened:
        opened.write(text)
