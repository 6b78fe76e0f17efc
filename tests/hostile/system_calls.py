"""System calls by number (x86_64), with arguments that any kernel answers without a right asked.

ESCAPED means that the kernel itself was asked, whatever it said: the jail answers EPERM before.
"""

from __future__ import annotations

CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
result = libc.syscall(*[ctypes.c_long(number) for number in NUMBERS])
refused = result < 0 and ctypes.get_errno() == REFUSAL
print('refused' if refused else f'ESCAPED {result} {ctypes.get_errno()}')
"""
EPERM, ENOSYS = 1, 38


def call(*numbers: int, refusal: int = EPERM) -> str:
    """The payload of one call: its number, then its arguments; ``refusal`` is the jail's errno."""
    return CALL.replace("NUMBERS", repr(numbers)).replace("REFUSAL", str(refusal))
