"""The system calls a child may make, as one BPF program assembled once in the zygote.

Anything not listed fails with EPERM. Arguments are checked where a call is only partly wanted:
unix sockets only, threads but no processes, no anonymous shared memory.
Numbers: arch/x86/entry/syscalls/syscall_64.tbl; other machines get no filter and no full level.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Final

from sandbox.inside import kernel

_ALLOWED_X86_64: Final = frozenset(
    {
        *range(9),  # read write open close stat fstat lstat poll lseek
        *range(10, 16),  # mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn
        *range(17, 29),  # pread64 ... access pipe select sched_yield mremap msync mincore madvise
        *range(32, 41),  # dup dup2 pause nanosleep timers getpid sendfile
        42,  # connect
        *range(44, 49),  # sendto recvfrom sendmsg recvmsg shutdown
        *(51, 52, 55),  # getsockname getpeername getsockopt
        *range(60, 64),  # exit wait4 kill uname
        *range(72, 92),  # fcntl flock fsync ... rename mkdir link unlink symlink readlink chmod
        *range(95, 101),  # umask gettimeofday getrlimit getrusage sysinfo times
        *(102, 104, 107, 108, 110, 111, 115, 118, 120, 121, 124),  # get*id
        *(127, 128, 130, 131, 137, 138, 143, 145, 146, 147, 158, 186),  # signals statfs sched_get*
        *(200, 201, 202, 204, 213, 217, 218, 228, 229, 230, 231, 232, 233, 234, 235),
        *(257, 258, *range(262, 272), 273, 274, 280, 281, 284, 285),  # *at ppoll robust_list
        *(290, 291, 292, 293, 295, 296, 309, 316, 318, 324, 326, 332, 334),
        *(436, 439, 441, 449),  # close_range faccessat2 epoll_pwait2 futex_waitv
    }
)
_CLONE3_X86_64: Final = 435
_AUDIT_ARCH_X86_64: Final = 0xC000003E
_SECCOMP_X86_64: Final = 317

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | errno.EPERM
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS

_LOAD, _AND, _EQUAL, _ABOVE, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x06
_NUMBER, _ARCH, _ARG0, _ARG1, _ARG2, _ARG3 = 0, 4, 16, 24, 32, 40

_AF_UNIX: Final = 1
_CLONE_THREAD: Final = 0x0001_0000
_CLONE_NEW_ANY: Final = 0x7E02_0000
_MAP_SHARED_ANONYMOUS: Final = 0x21
_SOL_SOCKET: Final = 1
_SO_PASSCRED, _SO_PASSPIDFD = 16, 76  # either one autobinds an abstract name on connect
_IOCTLS: Final = (0x5421, 0x5450, 0x5451, 0x5401, 0x541B, 0x5413)  # FIONBIO ... TIOCGWINSZ
_PRCTLS: Final = (15, 16, 0x53564D41)  # PR_SET_NAME PR_GET_NAME PR_SET_VMA

Instruction = tuple[int, int, int, int]


def _when(number: int, *checks: Instruction) -> list[Instruction]:
    """Run ``checks`` (which must return) for one call, else go on."""
    return [(_EQUAL, 0, len(checks), number), *checks]


def _allow_if_argument(number: int, offset: int, values: tuple[int, ...]) -> list[Instruction]:
    matches: list[Instruction] = []
    for value in values:
        matches += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return _when(number, (_LOAD, 0, 0, offset), *matches, (_RETURN, 0, 0, _REFUSE))


def _allow_if_masked(number: int, offset: int, mask: int, value: int) -> list[Instruction]:
    return _when(
        number,
        (_LOAD, 0, 0, offset),
        (_AND, 0, 0, mask),
        (_EQUAL, 0, 1, value),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    )


def _refuse_if_masked(number: int, offset: int, mask: int, value: int) -> list[Instruction]:
    return _when(
        number,
        (_LOAD, 0, 0, offset),
        (_AND, 0, 0, mask),
        (_EQUAL, 0, 1, value),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )


def _refuse_credential_passing(number: int) -> list[Instruction]:
    return _when(
        number,
        (_LOAD, 0, 0, _ARG1),
        (_EQUAL, 1, 0, _SOL_SOCKET),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _ARG2),
        (_EQUAL, 2, 0, _SO_PASSCRED),
        (_EQUAL, 1, 0, _SO_PASSPIDFD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    )


def _ranges(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, both ends included: a shorter program installs faster."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def assemble() -> bytes:
    """The filter for this machine as ``struct sock_filter[]``; OSError where there is no table."""
    if os.uname().machine != "x86_64":
        raise OSError(errno.ENOSYS, f"no system call table for {os.uname().machine}")
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _AUDIT_ARCH_X86_64),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    program += _refuse_if_masked(9, _ARG3, _MAP_SHARED_ANONYMOUS, _MAP_SHARED_ANONYMOUS)  # mmap
    program += _allow_if_argument(16, _ARG1, _IOCTLS)
    program += _allow_if_argument(41, _ARG0, (_AF_UNIX,))  # socket
    program += _allow_if_argument(53, _ARG0, (_AF_UNIX,))  # socketpair
    program += _refuse_credential_passing(54)  # setsockopt
    program += _allow_if_masked(56, _ARG0, _CLONE_THREAD | _CLONE_NEW_ANY, _CLONE_THREAD)
    program += _allow_if_argument(157, _ARG0, _PRCTLS)
    program += _allow_if_argument(302, _ARG0, (0,))  # prlimit64 of itself
    # glibc falls back to clone, whose flags a filter can read.
    program += _when(_CLONE3_X86_64, (_RETURN, 0, 0, _UNKNOWN))
    for first, last in _ranges(_ALLOWED_X86_64):
        program += [(_AT_LEAST, 0, 2, first), (_ABOVE, 1, 0, last), (_RETURN, 0, 0, _ALLOW)]
    program.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install(program: bytes) -> None:
    """Confine this thread and all it starts. Needs no_new_privs; cannot be undone."""
    buffer = ctypes.create_string_buffer(program, len(program))
    description = _Program(len(program) // 8, ctypes.addressof(buffer))
    kernel.syscall("seccomp", _SECCOMP_X86_64, 1, 0, ctypes.byref(description))
