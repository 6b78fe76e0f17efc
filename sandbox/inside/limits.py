"""Resource limits of one child."""

from __future__ import annotations

import resource
from typing import Final

from sandbox.protocol import INHERITED_BYTES, Limits

# Mapped but untouched: shared libraries, thread stacks, malloc arenas.
ADDRESS_SLACK_BYTES: Final = 768 * 1024 * 1024
FILE_SLACK_BYTES: Final = 1024 * 1024
OPEN_FILES: Final = 256


def apply(limits: Limits) -> None:
    """Set every rlimit, soft and hard. Units are those of setrlimit(2)."""
    memory = limits.memory_bytes // limits.process_count + INHERITED_BYTES
    tasks = limits.process_count if limits.process_count > 1 else limits.thread_count
    bounds = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_AS: memory + ADDRESS_SLACK_BYTES,
        resource.RLIMIT_DATA: memory,
        # More than the disk has: SQLite takes a full disk for one, a file too large for a fault.
        resource.RLIMIT_FSIZE: limits.disk_bytes + FILE_SLACK_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_NPROC: tasks,
        resource.RLIMIT_STACK: 8 * 1024 * 1024,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for name, bound in bounds.items():
        resource.setrlimit(name, (bound, bound))
