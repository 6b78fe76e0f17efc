"""Make a fork cheap and keep it so: what the zygote holds is shared with its children, in large
pieces, and seldom written.

Copying page tables at a fork, copying written pages after it and freeing both at the end were two
thirds of the processor time of a print cell. So, in this order:

1. ``gather``, before the libraries are imported: their objects will lie side by side on the heap.
2. ``share``, after the warm-up: stop counting references, so that using an object writes nothing;
   fill the holes, so that new objects lie elsewhere; then ask for huge pages.
"""

from __future__ import annotations

import ctypes
import gc
from sys import getrefcount
from typing import Final

from sandbox.inside import kernel, mappings

LIBRARY_BYTES: Final = 46 * 1024 * 1024  # what the libraries' small objects take, and a little
# Include/refcount.h: such a count goes neither up nor down.
_IMMORTAL: Final = 0xFFFF_FFFF
_CHUNK: Final = 1000
_BYTES_OVERHEAD: Final = 33  # of a bytes object
_LARGEST_SMALL: Final = 512  # bytes that Objects/obmalloc.c serves from its arenas
_LARGEST_HOLE_POWER: Final = 18

_fillers: list[bytes] = []


class _ArenaAllocator(ctypes.Structure):
    """PyObjectArenaAllocator of Include/cpython/objimpl.h."""

    _fields_ = [
        ("context", ctypes.c_void_p),
        ("allocate", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
    ]


def gather() -> None:
    """Take arenas for small objects from one place, the heap, instead of wherever there is room.

    For as long as this lasts nothing is freed: an arena's ``allocate(context, size)`` is
    ``realloc(NULL, size)``, and ``free(context, ...)`` is ``free(NULL)``.
    """
    usual = _ArenaAllocator()
    api, libc = ctypes.pythonapi, kernel.libc
    api.PyObject_GetArenaAllocator(ctypes.byref(usual))
    from_heap = _ArenaAllocator(None, _address(libc.realloc), _address(libc.free))
    with kernel.everything_on_heap():
        api.PyObject_SetArenaAllocator(ctypes.byref(from_heap))
        size = _LARGEST_SMALL - _BYTES_OVERHEAD
        blocks = [bytes(size) for _ in range(LIBRARY_BYTES // _LARGEST_SMALL)]
        api.PyObject_SetArenaAllocator(ctypes.byref(usual))
    _fillers.extend(blocks[::500])  # one here and there keeps every arena


def _address(function: object) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]


def share() -> None:
    """Once, before the first fork."""
    gc.collect()
    _immortalise()
    mappings.keep_at_fork(b"libpython", b"libc.so")
    kernel.return_free_memory()
    start, end = kernel.heap()
    _fill_holes(start, end)
    kernel.collapse_pages(start, end)
    gc.freeze()


def _immortalise() -> None:
    """Stop counting references to everything there is. Nothing of it would be freed anyway."""
    everything = gc.get_objects()
    for start in range(0, len(everything), _CHUNK):
        found = everything[start : start + _CHUNK]
        while found:
            fresh = []
            for each in found:
                if getrefcount(each) < _IMMORTAL:  # so each is taken once
                    ctypes.c_uint32.from_address(id(each)).value = _IMMORTAL
                    fresh.append(each)
            found = gc.get_referents(*fresh)


def _fill_holes(start: int, end: int) -> None:
    """Allocate from the largest size down, each until it no longer fits into what there is."""
    large = (2**power for power in range(_LARGEST_HOLE_POWER, 9, -1))
    small = range(_LARGEST_SMALL, _BYTES_OVERHEAD, -16)
    for size in (*large, *small):
        filler = bytes(size - _BYTES_OVERHEAD)
        while start <= id(filler) < end:
            _fillers.append(filler)
            filler = bytes(size - _BYTES_OVERHEAD)
