"""System calls by name, with their numbers on each machine we know.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl for x86_64, include/uapi/asm-generic/unistd.h for
aarch64. A test compares them with the headers of the C library.
"""

from __future__ import annotations

import errno
from typing import Final

AUDIT_ARCHITECTURE: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_MACHINES: Final = ("x86_64", "aarch64")

# name x86_64 aarch64; a dash where the machine lacks the call and its C library uses another.
_ALLOWED_AS_THEY_ARE: Final = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68
preadv 295 69, pwritev 296 70, lseek 8 62, sendfile 40 71, copy_file_range 326 285
open 2 -, openat 257 56, creat 85 -, close 3 57, close_range 436 436
dup 32 23, dup2 33 -, dup3 292 24, fcntl 72 25, flock 73 32, pipe 22 -, pipe2 293 59
stat 4 -, lstat 6 -, fstat 5 80, newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44
access 21 -, faccessat 269 48, faccessat2 439 439, getcwd 79 17, chdir 80 49, fchdir 81 50
getdents 78 -, getdents64 217 61, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -
unlinkat 263 35, rename 82 -, renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37
symlink 88 -, symlinkat 266 36, readlink 89 -, readlinkat 267 78
chmod 90 -, fchmod 91 52, fchmodat 268 53, umask 95 166, utimes 235 -, utimensat 280 88
truncate 76 45, ftruncate 77 46, fallocate 285 47, fsync 74 82, fdatasync 75 83

brk 12 214, munmap 11 215, mremap 25 216, mprotect 10 226, msync 26 227, mincore 27 232
madvise 28 233, membarrier 324 283

poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72
epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21, epoll_wait 232 -
epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19
connect 42 203, sendto 44 206, recvfrom 45 207, sendmsg 46 211, recvmsg 47 212, shutdown 48 210
getsockname 51 204, getpeername 52 205, getsockopt 55 209

rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136
rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132
kill 62 129, tkill 200 130, tgkill 234 131, pause 34 -, wait4 61 260, exit 60 93, exit_group 231 94

futex 202 98, futex_waitv 449 449, set_robust_list 273 99, get_robust_list 274 100
set_tid_address 218 96, rseq 334 293, arch_prctl 158 -, sched_yield 24 124
sched_getaffinity 204 123, sched_getparam 143 121, sched_getscheduler 145 120
sched_get_priority_max 146 125, sched_get_priority_min 147 126, getcpu 309 168

time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114
clock_nanosleep 230 115, nanosleep 35 101, alarm 37 -, getitimer 36 102, setitimer 38 103
times 100 153, getrusage 98 165, getrlimit 97 163, sysinfo 99 179, uname 63 160, getrandom 318 278

getpid 39 172, gettid 186 178, getppid 110 173, getpgrp 111 -, getpgid 121 155, getsid 124 156
getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158
getresuid 118 148, getresgid 120 150
"""
# Allowed or not by their arguments: the rules are in seccomp.py.
_BY_ARGUMENT: Final = """
mmap 9 222, ioctl 16 29, socket 41 198, socketpair 53 199, setsockopt 54 208
clone 56 220, clone3 435 435, fork 57 -, vfork 58 -, prctl 157 167, prlimit64 302 261
listen 50 201, accept 43 202, accept4 288 242
"""
# What the jail itself calls by number while it is put up.
_PUTTING_UP: Final = "seccomp 317 277, capset 126 91"


def _read(table: str) -> dict[str, tuple[int | None, ...]]:
    entries = (entry.split() for line in table.split("\n") for entry in line.split(",") if entry)
    return {
        name: tuple(None if number == "-" else int(number) for number in numbers)
        for name, *numbers in entries
    }


_ALLOWED: Final = _read(_ALLOWED_AS_THEY_ARE)
_NUMBERS: Final = {**_ALLOWED, **_read(_BY_ARGUMENT), **_read(_PUTTING_UP)}


def _column(machine: str) -> int:
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    return _MACHINES.index(machine)


def numbers(machine: str) -> dict[str, int]:
    """Every call of the tables that this machine has. Raises OSError for an unknown machine."""
    column = _column(machine)
    found = {name: row[column] for name, row in _NUMBERS.items()}
    return {name: number for name, number in found.items() if number is not None}


def allowed(machine: str) -> frozenset[int]:
    """Numbers of the calls that are allowed whatever their arguments."""
    return frozenset(number for name, number in numbers(machine).items() if name in _ALLOWED)
