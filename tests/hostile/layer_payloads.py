"""What each layer of the jail stops. Each prints ESCAPED when it gets what it wants."""

from __future__ import annotations

MANY_THREADS = """
import threading, time
for _ in range(100):  # the limit is 64
    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
print('ESCAPED')
import os
os._exit(0)
"""

READ_PASSWD = "print('ESCAPED' if open('/etc/passwd').read() else '')"

LIST_PROCESSES = """
import os
others = [name for name in os.listdir('/proc') if name.isdecimal()]
print('ESCAPED' if open(f'/proc/{others[0]}/cmdline').read() else '')
"""

RAW_SOCKET = "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nprint('ESCAPED')"

FIND_PLANTED = "import os\nprint('ESCAPED' if os.path.isdir('/planted') else '')"

WRITE_20_MEGABYTES = """
for number in range(20):  # no file of its own is too large; the limit is 16 MiB
    open(f'part{number}', 'wb').write(bytes(1 << 20))
print('ESCAPED')
"""

FIND_PIDS = """
import os
for pid in range(1, 1000):
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except ProcessLookupError:
        continue
    if pid != os.getpid():
        print('ESCAPED')
        break
"""

STAY_ALIVE = "import time\nprint('ready')\ntime.sleep(0.7)\nprint('alive')"
KILL_OWN_GROUP = "import os, signal\nos.kill(0, signal.SIGKILL)\nprint('sent')"

WAIT_FOR_ANOTHERS_FILE = """
import os, time
print('ready')
for _ in range(100):
    if os.path.exists('/scratch/secret'):
        print('ESCAPED')
        break
    time.sleep(0.01)
"""
WRITE_FILE = "import time\nopen('secret', 'w').close()\ntime.sleep(0.2)"

LEAVE_SHARED_MEMORY = """
import ctypes
assert ctypes.CDLL(None).shmget(0x5EC2E7, 4096, 0o1600) >= 0
"""
FIND_SHARED_MEMORY = """
import ctypes
print('ESCAPED' if ctypes.CDLL(None).shmget(0x5EC2E7, 0, 0) >= 0 else '')
"""

NAME_HOST = """
import ctypes
ctypes.CDLL(None).sethostname(b'planted', 7)
"""
FIND_NAME = "import os\nprint('ESCAPED' if os.uname().nodename == 'planted' else '')"

FIND_IN_TMP = "import os\nprint('ESCAPED' if os.path.exists('/tmp/secret') else '')"
FIND_SESSIONS = "import glob\nprint('ESCAPED' if glob.glob('/sessions/*/secret') else '')"

REACH_POSTGRES = """
import socket
socket.socket(socket.AF_UNIX).connect('/pg/.s.PGSQL.5432')
print('ESCAPED')
"""

HOLD_FILE_OPEN = """
import time
secret = open('/scratch/secret', 'w+')
secret.write('mine')
secret.flush()
print('ready')
time.sleep(0.7)
"""
READ_ANOTHERS_FILES = """
import contextlib, glob, os
for path in glob.glob('/proc/[0-9]*/fd/*'):
    with contextlib.suppress(OSError):
        if os.readlink(path) == '/scratch/secret' and open(path).read() == 'mine':
            print('ESCAPED')
"""

MOUNT = """
import ctypes
done = ctypes.CDLL(None).mount(b'tmpfs', b'/tmp', b'tmpfs', ctypes.c_ulong(0), None) == 0
print('ESCAPED' if done else '')
"""

TAKE_400_MEGABYTES = "hoard = bytearray(400 << 20)\nprint('ESCAPED')"

LIST_ROOT = "import os\nprint('ESCAPED' if os.listdir('/') else '')"
OPEN_TERMINAL = "import os\nos.open('/dev/ptmx', os.O_RDONLY | os.O_NOCTTY)\nprint('ESCAPED')"

LISTEN_ABSTRACT = """
import socket
listener = socket.socket(socket.AF_UNIX)
try:
    listener.bind('\\0sibling')
    listener.listen()
    listener.settimeout(1)
    print('ready')
    listener.accept()
except OSError as error:
    print(error)
"""
CALL_ABSTRACT = """
import socket
socket.socket(socket.AF_UNIX).connect('\\0sibling')
print('ESCAPED')
"""

NETLINK = "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint('ESCAPED')"

HOARD_MEMFD = """
import os
hoard = [os.memfd_create(f'hoard{number}') for number in range(40)]
for descriptor in hoard:  # 400 MB that no limit of the process counts
    os.write(descriptor, bytes(10_000_000))
print('ESCAPED')
"""

GROW_A_STACK = """
import mmap
# MAP_GROWSDOWN: a stack, which RLIMIT_DATA does not count.
hoard = mmap.mmap(-1, 400 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)
hoard[::4096] = bytes(len(hoard) // 4096)
print('ESCAPED')
"""

FORK = "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nprint('ESCAPED')"

CALL_PORT = """
import socket
socket.create_connection(('127.0.0.1', PORT), 5)
print('ESCAPED')
"""

SIGNAL_PID = """
import os
try:
    os.kill(PID, 0)
except PermissionError:
    print('ESCAPED')  # it is there
else:
    print('ESCAPED')
"""

PUT_UP = """
import os, sys
from sandbox.inside import kernel, landlock, seccomp
steps = {
    'capabilities': kernel.drop_capabilities,
    'no_new_privs': lambda: kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1),
    'landlock': lambda: landlock.restrict(['/usr'], []),
    'seccomp': lambda: seccomp.install(seccomp.assemble(os.uname().machine)),
}
try:
    for step in sys.argv[1:]:
        steps[step]()
except OSError as error:
    os.write(1, f'refused: {error}'.encode())
else:
    os.write(1, b'put up')
os._exit(0)
"""
