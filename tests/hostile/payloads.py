"""Attacks. Each prints ESCAPED when it gets what it wants, and raises or prints less when not."""

from __future__ import annotations

HOST_FILES = "print('ESCAPED' if open('/etc/passwd').read() else '')"
PROC = "print('ESCAPED' if open('/proc/1/status').read() else '')"
LIST_ROOT = "import os\nprint('ESCAPED' if os.listdir('/') else '')"
WRITE_USR = (
    "import os, tempfile\n"
    "place = '/opt/site' if os.path.isdir('/opt/site') else tempfile.mkdtemp()\n"
    "open(os.path.join(place, 'planted.py'), 'w').close()\nprint('ESCAPED')"
)
ENVIRONMENT = "import os\nprint('ESCAPED' if 'CONTROL_SECRET' in os.environ else '')"
TCP = "import socket\nsocket.socket(socket.AF_INET)\nprint('ESCAPED')"
UDP6 = "import socket\nsocket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\nprint('ESCAPED')"
NETLINK = "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint('ESCAPED')"
BIND_UNIX = (
    "import os, socket, tempfile\ns = socket.socket(socket.AF_UNIX)\n"
    "s.bind(os.path.join(tempfile.mkdtemp(), 's'))\nprint('ESCAPED')"
)
BIND_ABSTRACT = "import socket\nsocket.socket(socket.AF_UNIX).bind('\\0planted')\nprint('ESCAPED')"
AUTOBIND = (
    "import socket\ns = socket.socket(socket.AF_UNIX)\n"
    "s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)\nprint('ESCAPED')"
)
FORK = "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nprint('ESCAPED')"
EXEC = "import os\nos.execv('/usr/bin/env', ['/usr/bin/env', 'echo', 'ESCAPED'])"
SUBPROCESS = "import subprocess\nprint(subprocess.check_output(['/bin/echo', 'ESCAPED']).decode())"
MEMFD = "import os\nos.memfd_create('hoard')\nprint('ESCAPED')"
SHARED_ANONYMOUS = "import mmap\nmmap.mmap(-1, 4096)\nprint('ESCAPED')"


def raw_call(number: int, *arguments: int) -> str:
    """A system call by number (x86_64); ESCAPED unless the kernel said EPERM or ENOSYS."""
    listed = ", ".join(f"ctypes.c_long({argument})" for argument in arguments)
    return (
        "import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"result = libc.syscall({number}{', ' + listed if listed else ''})\n"
        "refused = result < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)\n"
        "print('refused' if refused else 'ESCAPED')"
    )


SYSTEM_CALLS = {
    "keyctl": raw_call(250, 0, -3, 0, 0, 0),
    "personality": raw_call(135, 0xFFFFFFFF),
    "io_uring_setup": raw_call(425, 4, 0),
    "userfaultfd": raw_call(323, 1),
    "shmget": raw_call(29, 0, 4096, 0o1600),
    "ptrace traceme": raw_call(101, 0, 0, 0, 0),
    "unshare user": raw_call(272, 0x10000000),
    "inotify_init1": raw_call(294, 0),
    "pidfd_open": raw_call(434, 1, 0),
    "process_vm_readv": raw_call(310, 1, 0, 0, 0, 0, 0),
}

CONFINED = {
    "host files": HOST_FILES,
    "proc": PROC,
    "listing of the root": LIST_ROOT,
    "writing into the libraries": WRITE_USR,
    "environment of the host": ENVIRONMENT,
    "tcp": TCP,
    "udp over ipv6": UDP6,
    "netlink": NETLINK,
    "binding a unix path": BIND_UNIX,
    "binding an abstract name": BIND_ABSTRACT,
    "autobinding by credentials": AUTOBIND,
    "fork": FORK,
    "exec": EXEC,
    "subprocess": SUBPROCESS,
    "memfd": MEMFD,
    "shared anonymous memory": SHARED_ANONYMOUS,
    **SYSTEM_CALLS,
}
