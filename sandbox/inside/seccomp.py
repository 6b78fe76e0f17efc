"""The system calls a child may make, as one BPF program assembled once in the zygote.

Anything not listed fails with EPERM. Arguments are checked where a call is only partly wanted:
unix sockets only, threads but no processes (in another program for runs whose limits let them
fork), no socket that listens (in another for runs that serve: the one that was handed in), no
memory that no limit counts. Only the low half of an argument is looked at: the kernel itself reads
no more of any that is checked here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Final

from sandbox.inside import kernel, syscalls
from sandbox.protocol import LISTENER

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | errno.EPERM
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS

_LOAD, _AND, _EQUAL, _ABOVE, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x06
_NUMBER, _ARCH, _ARG0, _ARG1, _ARG2, _ARG3 = 0, 4, 16, 24, 32, 40

_AF_UNIX: Final = 1
_CLONE_THREAD: Final = 0x0001_0000
_CLONE_NEW_ANY: Final = 0x7E02_0000
_CLONE_PARENT: Final = 0x8000
_MAP_SHARED_ANONYMOUS: Final = 0x21
# Both are memory that RLIMIT_DATA does not count: a stack that grows, and the host's huge pages.
_MAP_UNCOUNTED: Final = 0x100 | 0x40000
_SOL_SOCKET: Final = 1
_SOCKET_OPTIONS: Final = (
    *(16, 76),  # SO_PASSCRED SO_PASSPIDFD: either one autobinds an abstract name on connect
    *(26, 50, 51, 52),  # SO_ATTACH_*: programs for the kernel to run
)
_IOCTLS: Final = (0x5421, 0x5450, 0x5451, 0x5401, 0x541B, 0x5413)  # FIONBIO ... TIOCGWINSZ
_PRCTLS: Final = (15, 16, 0x53564D41)  # PR_SET_NAME PR_GET_NAME PR_SET_VMA

Instruction = tuple[int, int, int, int]


def _allow_if_argument(offset: int, values: tuple[int, ...]) -> list[Instruction]:
    matches: list[Instruction] = []
    for value in values:
        matches += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [(_LOAD, 0, 0, offset), *matches, (_RETURN, 0, 0, _REFUSE)]


def _if_masked(offset: int, mask: int, value: int, then: int, otherwise: int) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, offset),
        (_AND, 0, 0, mask),
        (_EQUAL, 0, 1, value),
        (_RETURN, 0, 0, then),
        (_RETURN, 0, 0, otherwise),
    ]


def _refuse_socket_options() -> list[Instruction]:
    refused: list[Instruction] = []
    for option in _SOCKET_OPTIONS:
        refused += [(_EQUAL, 0, 1, option), (_RETURN, 0, 0, _REFUSE)]
    return [
        (_LOAD, 0, 0, _ARG1),
        (_EQUAL, 1, 0, _SOL_SOCKET),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _ARG2),
        *refused,
        (_RETURN, 0, 0, _ALLOW),
    ]


def _refuse_uncounted_memory() -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _ARG3),
        (_AND, 0, 0, _MAP_UNCOUNTED),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _REFUSE),
        *_if_masked(_ARG3, _MAP_SHARED_ANONYMOUS, _MAP_SHARED_ANONYMOUS, _REFUSE, _ALLOW),
    ]


# Each rule ends in a return whatever the arguments are.
RULES: Final[dict[str, list[Instruction]]] = {
    "mmap": _refuse_uncounted_memory(),
    "ioctl": _allow_if_argument(_ARG1, _IOCTLS),
    "socket": _allow_if_argument(_ARG0, (_AF_UNIX,)),
    "socketpair": _allow_if_argument(_ARG0, (_AF_UNIX,)),
    "setsockopt": _refuse_socket_options(),
    "clone": _if_masked(_ARG0, _CLONE_THREAD | _CLONE_NEW_ANY, _CLONE_THREAD, _ALLOW, _REFUSE),
    "prctl": _allow_if_argument(_ARG0, _PRCTLS),
    "prlimit64": _allow_if_argument(_ARG0, (0,)),  # of itself
    # glibc falls back to clone, whose flags a filter can read.
    "clone3": [(_RETURN, 0, 0, _UNKNOWN)],
}
# In their place where the code may fork: any process but in a new namespace or beside its parent.
FORK_RULES: Final[dict[str, list[Instruction]]] = {
    "clone": _if_masked(_ARG0, _CLONE_NEW_ANY | _CLONE_PARENT, 0, _ALLOW, _REFUSE),
    "fork": [(_RETURN, 0, 0, _ALLOW)],
    "vfork": [(_RETURN, 0, 0, _ALLOW)],
}
# In their place where the code serves. No other socket of a child ever has a name to listen on,
# whatever number it is given: bind stays refused.
SERVE_RULES: Final[dict[str, list[Instruction]]] = {
    name: _allow_if_argument(_ARG0, (LISTENER,)) for name in ("listen", "accept", "accept4")
}


def _ranges(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, both ends included: a shorter program installs faster."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def assemble(machine: str, *, may_fork: bool = False, may_serve: bool = False) -> bytes:
    """The filter for a machine as ``struct sock_filter[]``; OSError where there is no table.

    1. A call made by the rules of another machine (32 bits, say) kills: its numbers mean others.
    2. The calls with a rule of their own.
    3. The calls allowed as they are; all others are refused.
    """
    numbers = syscalls.numbers(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, syscalls.AUDIT_ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    rules = {
        **RULES,
        **(FORK_RULES if may_fork else {}),
        **(SERVE_RULES if may_serve else {}),
    }
    for name, rule in rules.items():
        if name not in numbers:  # fork and vfork, where clone alone is left
            continue
        program += [(_EQUAL, 0, len(rule), numbers[name]), *rule]
    for first, last in _ranges(syscalls.allowed(machine)):
        program += [(_AT_LEAST, 0, 2, first), (_ABOVE, 1, 0, last), (_RETURN, 0, 0, _ALLOW)]
    program.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install(program: bytes) -> None:
    """Confine this thread and all it starts. Needs no_new_privs; cannot be undone."""
    buffer = ctypes.create_string_buffer(program, len(program))
    description = _Program(len(program) // 8, ctypes.addressof(buffer))
    number = syscalls.numbers(os.uname().machine)["seccomp"]
    kernel.syscall("seccomp", number, 1, 0, ctypes.byref(description))
