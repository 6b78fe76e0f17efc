"""Runs a seccomp program as the kernel would, for machines that are not at hand.

The instructions are those a filter of ours may use; any other is an error. ``struct seccomp_data``
is: number, architecture, instruction pointer, six arguments of 64 bits.
"""

from __future__ import annotations

import struct
from functools import cache

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
REFUSE, UNKNOWN = 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS


def decide(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the program answers to a call; negative arguments as C passes them."""
    words = [argument & 0xFFFF_FFFF_FFFF_FFFF for argument in (*arguments, *[0] * 6)][:6]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *words)
    instructions = _instructions(program)
    accumulator = position = 0
    while True:
        code, if_true, if_false, operand = instructions[position]
        position += 1
        if code == _RETURN:
            return operand
        if code == _LOAD:
            assert operand % 4 == 0
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif code == _AND:
            accumulator &= operand
        else:
            position += if_true if _holds(code, accumulator, operand) else if_false


@cache
def _instructions(program: bytes) -> list[tuple[int, int, int, int]]:
    return list(struct.iter_unpack("<HBBI", program))


def _holds(code: int, accumulator: int, operand: int) -> bool:
    match code:
        case 0x15:
            return accumulator == operand
        case 0x25:
            return accumulator > operand
        case 0x35:
            return accumulator >= operand
    raise AssertionError(f"no such instruction: {code:#x}")
