"""Ways to use up a machine. Each is small enough to do no harm where its limit is lifted."""

from __future__ import annotations

from typing import Final, NamedTuple

from sandbox.protocol import Layer, Outcome


class Bomb(NamedTuple):
    """Code, how its run ends, and the layers without which it gets what it wants."""

    code: str
    outcome: Outcome
    lifted: tuple[Layer, ...]
    error: str = ""


MEMORY: Final = {
    "a heap": Bomb("hoard = bytearray(400 << 20)", "out_of_memory", ("rlimits",)),
    "many small objects": Bomb(
        "hoard = [bytes(1 << 20) for _ in range(400)]", "out_of_memory", ("rlimits",)
    ),
    "a mapping of one's own": Bomb(
        "import mmap\nhoard = mmap.mmap(-1, 400 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
        "out_of_memory",
        ("rlimits",),
    ),
    "a mapping that becomes writable later": Bomb(
        "import ctypes, mmap\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.mmap.restype = ctypes.c_void_p\n"
        "place = libc.mmap(None, ctypes.c_size_t(400 << 20), 1, 0x22, -1, 0)\n"
        "if libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(400 << 20), 3):\n"
        "    raise OSError(ctypes.get_errno(), 'mprotect')",
        "out_of_memory",
        ("rlimits",),
    ),
    "stacks of threads": Bomb(
        "import threading, time\nthreading.stack_size(64 << 20)\n"
        "for _ in range(8): threading.Thread(target=time.sleep, args=(0.1,)).start()",
        "process_limit",
        ("rlimits",),
    ),
    "a stack that grows": Bomb(
        "import mmap\n"
        "hoard = mmap.mmap(-1, 400 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)",
        "raised",
        ("rlimits", "seccomp"),
        "PermissionError",
    ),
    "shared anonymous memory": Bomb(
        "import mmap\nhoard = mmap.mmap(-1, 400 << 20)",
        "raised",
        ("rlimits", "seccomp"),
        "PermissionError",
    ),
    "shared memory of a device": Bomb(
        "import mmap, os\nzero = os.open('/dev/zero', os.O_RDWR)\n"
        "hoard = mmap.mmap(zero, 400 << 20)",
        "raised",
        ("landlock", "rlimits", "seccomp"),
        "PermissionError",
    ),
    "a file without a name": Bomb(
        "import os\nos.write(os.memfd_create('hoard'), bytes(20 << 20))",
        "raised",
        ("rlimits", "seccomp"),
        "PermissionError",
    ),
    "shared memory of System V": Bomb(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.shmget(0, ctypes.c_size_t(20 << 20), 0o1600) < 0:\n"
        "    raise OSError(ctypes.get_errno(), 'shmget')",
        "raised",
        ("rlimits", "seccomp"),
        "PermissionError",
    ),
    "a message queue of POSIX": Bomb(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.mq_open(b'/hoard', 0o102, 0o600, None) < 0:\n"
        "    raise OSError(ctypes.get_errno(), 'mq_open')",
        "raised",
        ("landlock", "rlimits", "seccomp"),
        "PermissionError",
    ),
    "locking it": Bomb(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.mlock(ctypes.create_string_buffer(32768), 32768):\n"
        "    raise OSError(ctypes.get_errno(), 'mlock')",
        "raised",
        ("rlimits", "seccomp"),
        "PermissionError",
    ),
    "a huge integer": Bomb("hoard = 1 << (400 << 23)", "out_of_memory", ("rlimits",)),
}
DISK: Final = {
    "files": Bomb(
        "for number in range(20): open(f'{number}', 'wb').write(bytes(1 << 20))",
        "disk_limit",
        ("disk_quota",),
    ),
    "one file": Bomb(
        "open('large', 'wb').write(bytes(20 << 20))", "disk_limit", ("disk_quota", "rlimits")
    ),
    "temporary files": Bomb(
        "for number in range(10): open(f'/tmp/{number}', 'wb').write(bytes(1 << 20))",
        "disk_limit",
        ("disk_quota",),
    ),
    "room set aside": Bomb(
        "import os\nfor number in range(4):\n"
        "    os.posix_fallocate(os.open(f'{number}', os.O_CREAT | os.O_RDWR), 0, 8 << 20)",
        "disk_limit",
        ("disk_quota",),
    ),
    "a file without a name": Bomb(
        "import os\nhoard = [os.open('.', os.O_TMPFILE | os.O_RDWR) for _ in range(4)]\n"
        "for file in hoard: os.posix_fallocate(file, 0, 8 << 20)",
        "disk_limit",
        ("disk_quota",),
    ),
    "a sparse file": Bomb("open('sparse', 'wb').truncate(1 << 40)", "disk_limit", ("rlimits",)),
    "many empty files": Bomb(
        "for number in range(1000): open(f'{number}', 'w').close()", "disk_limit", ("disk_quota",)
    ),
    "many names of one file": Bomb(
        "import os\nopen('one', 'w').close()\n"
        "for number in range(1000): os.link('one', f'{number}')",
        "disk_limit",
        ("disk_quota",),
    ),
    "many links": Bomb(
        "import os\nfor number in range(1000): os.symlink('x' * 4000, f'{number}')",
        "disk_limit",
        ("disk_quota",),
    ),
    "deep folders": Bomb(
        "import os\nfor _ in range(1000):\n    os.mkdir('down')\n    os.chdir('down')",
        "disk_limit",
        ("disk_quota",),
    ),
    "a database": Bomb(
        "import sqlite3\nconnection = sqlite3.connect('hoard.db')\n"
        "connection.execute('CREATE TABLE hoard AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL '\n"
        "                   'SELECT i + 1 FROM n LIMIT 20) SELECT randomblob(1 << 20) FROM n')",
        "disk_limit",
        ("disk_quota", "rlimits"),
    ),
}
NUMBERS: Final = {
    "threads": Bomb(
        "import threading, time\n"
        "for _ in range(100): threading.Thread(target=time.sleep, args=(0.3,)).start()",
        "process_limit",
        ("rlimits",),
    ),
    "processes": Bomb(
        "import os\nfor _ in range(10):\n    if os.fork() == 0: os._exit(0)",
        "raised",
        ("seccomp",),
        "PermissionError",
    ),
    "descriptors": Bomb(
        "import os\nhoard = [os.dup(0) for _ in range(300)]", "raised", ("rlimits",), "OSError"
    ),
    "sockets": Bomb(
        "import socket\nhoard = [socket.socketpair() for _ in range(200)]",
        "raised",
        ("rlimits",),
        "OSError",
    ),
    "full buffers of sockets": Bomb(
        "import socket\nhoard = [socket.socketpair() for _ in range(200)]\n"
        "for one, _ in hoard:\n    one.setblocking(False)\n    one.send(bytes(100_000))",
        "raised",
        ("rlimits",),
        "OSError",
    ),
    "full buffers of pipes": Bomb(
        "import fcntl, os\nhoard = []\nfor _ in range(200):\n"
        "    read, write = os.pipe()\n    hoard.append((read, write))\n"
        "    os.set_blocking(write, False)\n    os.write(write, bytes(4096))",
        "raised",
        ("rlimits",),
        "OSError",
    ),
    "descriptors on their way": Bomb(
        "import socket\nhoard = [socket.socketpair() for _ in range(4)]\n"
        "for one, _ in hoard: socket.send_fds(one, [b'x'], [0] * 200)",
        "raised",
        ("rlimits",),
        "OSError",
    ),
    "timers of the kernel": Bomb(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\ntimer = ctypes.c_void_p()\n"
        "for _ in range(1000):\n    if libc.syscall(222, 1, None, ctypes.byref(timer)):\n"
        "        raise OSError(ctypes.get_errno(), 'timer_create')",
        "raised",
        ("seccomp",),
        "PermissionError",
    ),
}
