"""Names of the system calls in which a thread waits.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import os
from typing import Final

# name x86_64 aarch64; a dash where the machine lacks the call.
_TABLE: Final = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68
open 2 -, openat 257 56, close 3 57, flock 73 32, fcntl 72 25, fsync 74 82, fdatasync 75 83
fallocate 285 47, ftruncate 77 46, sendfile 40 71, copy_file_range 326 285
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72
epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441
connect 42 203, accept 43 202, accept4 288 242, sendto 44 206, recvfrom 45 207
sendmsg 46 211, recvmsg 47 212
futex 202 98, futex_waitv 449 449, wait4 61 260, waitid 247 95, pause 34 -
nanosleep 35 101, clock_nanosleep 230 115, rt_sigtimedwait 128 137, rt_sigsuspend 130 133
"""
_COLUMNS: Final = {"x86_64": 1, "aarch64": 2}


def _read(column: int) -> dict[int, str]:
    rows = (entry.split() for line in _TABLE.split("\n") for entry in line.split(",") if entry)
    return {int(row[column]): row[0] for row in rows if row[column] != "-"}


_column: Final = _COLUMNS.get(os.uname().machine)
_NAMES: Final = _read(_column) if _column else {}


def name_of(number: int) -> str:
    """The call's name, or its number."""
    return _NAMES.get(number, f"system call {number}")
