"""A run that looks through all memory it can read, without /proc.

The needle travels turned by one in every byte, and so does what is searched: what looks for a
secret must not be where it is found.
"""

from __future__ import annotations

SCAN = """
import ctypes, gc, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
libc.sbrk.restype = ctypes.c_void_p
read_end, write_end = os.pipe()
turn = bytes((byte + 1) % 256 for byte in range(256))
STEP = 65536
scanned, found = {}, 0

def copy(address):
    # The kernel says EFAULT where a plain read would be the end of this process.
    if address <= 0 or libc.write(write_end, address, STEP) <= 0:
        return b''
    return os.read(read_end, STEP)

def walk(address, direction):
    global found
    while address not in scanned:
        piece = copy(address)
        scanned[address] = len(piece)
        found += piece.translate(turn).count(NEEDLE)
        if len(piece) < STEP:
            break
        address += direction * STEP

def scan():
    seeds = {id(thing) // STEP * STEP for thing in gc.get_objects()}
    for module in list(sys.modules.values()):
        for thing in list(vars(module).values()):
            seeds.add(id(thing) // STEP * STEP)
    seeds.add(libc.sbrk(0) // STEP * STEP - STEP)
    seeds.add(ctypes.addressof(ctypes.c_char.in_dll(libc, 'environ')) // STEP * STEP)
    seeds.add(ctypes.cast(libc.write, ctypes.c_void_p).value // STEP * STEP)
    seeds.add(ctypes.c_void_p.in_dll(libc, 'environ').value // STEP * STEP)
    for seed in seeds:
        walk(seed, 1)
        walk(seed - STEP, -1)

scan()
print('found', found)
print('megabytes', sum(scanned.values()) >> 20)
"""


def scan_for(secret: str) -> str:
    """Prints how often the secret is found, and how many megabytes were looked through."""
    turned = bytes((byte + 1) % 256 for byte in secret.encode())
    return SCAN.replace("NEEDLE", repr(turned))


def scan_for_own_password() -> str:
    """The same for the password of the database that the run itself was lent."""
    return SCAN.replace("NEEDLE", "DSN.split(':')[2].split('@')[0].encode().translate(turn)")
