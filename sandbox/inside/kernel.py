"""Thin ctypes wrappers over the Linux calls that confine a child; each raises OSError."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sandbox.inside import syscalls

libc: Final = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.sbrk.restype = ctypes.c_void_p

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWIPC: Final = 0x0800_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_SLAVE: Final = 1 << 19
MS_SHARED: Final = 1 << 20
MNT_DETACH: Final = 2

MADV_COLLAPSE: Final = 25
PROT_READ: Final = 1
PROT_WRITE: Final = 2
PROT_EXEC: Final = 4
_HUGE_PAGE_BYTES: Final = 2 * 1024 * 1024
_M_MMAP_THRESHOLD: Final = -3
_LARGEST_ON_HEAP: Final = 32 * 1024 * 1024
_USUAL_ON_HEAP: Final = 128 * 1024
_HEAP_START: Final[int] = libc.sbrk(0)

PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38

_CAPABILITY_VERSION_3: Final = 0x2008_0522


def _checked(result: int, call: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def syscall(name: str, number: int, *arguments: object) -> int:
    """A raw system call; ``name`` only serves the error."""
    return _checked(libc.syscall(ctypes.c_long(number), *arguments), name)


def unshare(flags: int) -> None:
    """unshare(2)."""
    _checked(libc.unshare(flags), f"unshare {flags:#x}")


def set_namespace(descriptor: int, flags: int) -> None:
    """setns(2)."""
    _checked(libc.setns(descriptor, flags), "setns")


def mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str | None = None
) -> None:
    """mount(2)."""
    strings = [text.encode() if text is not None else None for text in (source, target, kind)]
    data = options.encode() if options is not None else None
    _checked(libc.mount(*strings, ctypes.c_ulong(flags), data), f"mount {target}")


def detach_mount(target: str) -> None:
    """umount2(2) with MNT_DETACH: gone from the tree at once, freed when last used."""
    _checked(libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument."""
    zero = ctypes.c_ulong(0)
    _checked(libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


def drop_capabilities() -> None:
    """Empty the permitted, effective and inheritable sets; the wall emptied the bounding set."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    syscall("capset", syscalls.numbers(os.uname().machine)["capset"], header, nothing)


def return_free_memory() -> None:
    """malloc_trim(3): whole free pages go back to the kernel."""
    libc.malloc_trim(0)


def collapse_pages(start: int, end: int) -> None:
    """Ask for huge pages there; a kernel that has none to give changes nothing.

    Copying and tearing down the page tables of a fork goes by huge pages then.
    """
    for address in range(start & -_HUGE_PAGE_BYTES, end, _HUGE_PAGE_BYTES):
        libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(_HUGE_PAGE_BYTES), MADV_COLLAPSE)


@contextmanager
def everything_on_heap() -> Iterator[None]:
    """Let malloc(3) put large pieces on the heap too, as it does with small ones."""
    libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_ON_HEAP)
    try:
        yield
    finally:
        libc.mallopt(_M_MMAP_THRESHOLD, _USUAL_ON_HEAP)


def heap() -> tuple[int, int]:
    """Where the heap of brk(2) starts, as of the import of this module, and where it ends."""
    return _HEAP_START, libc.sbrk(0)


def rewrite_byte(start: int, length: int, *, executable: bool) -> None:
    """Write the first byte of a read-only mapping with itself; nothing where that is forbidden."""
    area = ctypes.c_void_p(start), ctypes.c_size_t(length)
    protection = PROT_READ | (PROT_EXEC if executable else 0)
    if libc.mprotect(*area, protection | PROT_WRITE) == 0:
        byte = ctypes.c_ubyte.from_address(start)
        byte.value = byte.value
        _checked(libc.mprotect(*area, protection), "mprotect")
