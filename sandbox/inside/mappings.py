"""The mapped files of this process, as the dynamic linker knows them: there is no /proc here."""

from __future__ import annotations

import ctypes
from typing import Any, Final, NamedTuple

from sandbox.inside import kernel

_PT_LOAD: Final = 1
_PF_X, _PF_W = 1, 2
_PAGE_BYTES: Final = 4096


class _Segment(ctypes.Structure):
    """Elf64_Phdr."""

    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("file_bytes", ctypes.c_uint64),
        ("memory_bytes", ctypes.c_uint64),
        ("alignment", ctypes.c_uint64),
    ]


class _Library(ctypes.Structure):
    """The head of struct dl_phdr_info."""

    _fields_ = [
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("segments", ctypes.POINTER(_Segment)),
        ("count", ctypes.c_uint16),
    ]


_Visit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Library), ctypes.c_size_t, ctypes.c_void_p)


class Mapping(NamedTuple):
    """A read-only part of a library in memory."""

    start: int
    length: int
    executable: bool


def keep_at_fork(*libraries: bytes) -> None:
    """See to it that fork copies the page tables of these libraries' code and constants as well.

    Linux leaves those of a file out, for the child to fault in again, unless a page of the
    mapping was written (mm/memory.c, vma_needs_copy): so one byte of each is, with itself.
    """
    for mapping in _find(libraries):
        kernel.rewrite_byte(mapping.start, mapping.length, executable=mapping.executable)


def _find(libraries: tuple[bytes, ...]) -> list[Mapping]:
    found: list[Mapping] = []

    def visit(pointer: Any, _size: int, _nothing: None) -> int:
        library = pointer.contents
        if any(name in (library.name or b"") for name in libraries):
            for segment in library.segments[: library.count]:
                if segment.kind == _PT_LOAD and not segment.flags & _PF_W:
                    found.append(_mapping(library.base + segment.address, segment))
        return 0

    kernel.libc.dl_iterate_phdr(_Visit(visit), None)
    return found


def _mapping(address: int, segment: _Segment) -> Mapping:
    start = address & -_PAGE_BYTES
    return Mapping(start, address + segment.memory_bytes - start, bool(segment.flags & _PF_X))
