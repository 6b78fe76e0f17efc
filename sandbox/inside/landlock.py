"""Landlock: which paths a child may touch, and no signals or abstract sockets beyond itself.

Rights by ABI version: Linux Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

from sandbox.inside import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # same numbers on every machine
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_RIGHTS: Final = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
_ALL_RIGHTS_FROM_5: Final = 0xFFFF
_MAKE_DEVICES: Final = 0x40 | 0x800  # character and block devices
_FILE_RIGHTS: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | 0x4000 | 0x8000
_NET_ALL: Final = 3
_SCOPE_ALL: Final = 3

READ: Final = _READ_FILE | _READ_DIR


def version() -> int:
    """The kernel's Landlock ABI, 0 where there is none."""
    try:
        return kernel.syscall("landlock_create_ruleset", _CREATE, None, 0, 1)
    except OSError:
        return 0


def restrict(readable: list[str], writable: list[str]) -> None:
    """Allow reading below ``readable``, everything but devices below ``writable``; deny the rest.

    Needs no_new_privs; cannot be undone. Paths that do not exist are left out.
    """
    abi = version()
    handled = _ALL_RIGHTS.get(abi, _ALL_RIGHTS_FROM_5)
    attributes = struct.pack("QQQ", handled, _NET_ALL if abi >= 4 else 0, _SCOPE_ALL)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = kernel.syscall("landlock_create_ruleset", _CREATE, attributes, size, 0)
    try:
        for path in readable:
            _add(ruleset, path, READ & handled)
        for path in writable:
            _add(ruleset, path, handled & ~_EXECUTE & ~_MAKE_DEVICES)
        kernel.syscall("landlock_restrict_self", _RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _add(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, descriptor)
        kernel.syscall(
            "landlock_add_rule", _ADD, ruleset, 1, ctypes.c_char_p(rule), ctypes.c_uint32(0)
        )
    finally:
        os.close(descriptor)
