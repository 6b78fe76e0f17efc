"""No privilege is gained: no mount, no namespace, no new program, no rarely used door."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.hostile.attacks import escaped, run_outside
from tests.hostile.conftest import Without
from tests.hostile.system_calls import ENOSYS, call
from tests.running import run

pytestmark = pytest.mark.skipif(
    os.uname().machine != "x86_64", reason="the calls are x86_64's; tests/unit has aarch64's"
)

# Refused inside; asked of the kernel outside, where an ordinary user may at least ask.
CALLS = {
    "mount": call(165, 1, 1, 1, 0, 0),
    "umount": call(166, 0, 0x100000),
    "unshare of nothing": call(272, 1),
    "setns": call(308, -1, 0),
    "chroot": call(161, 0),
    "mount by a tree": call(428, -1, 0, 0),
    "bpf": call(321, 0, 1, 1 << 20),
    "io_uring": call(426, -1, 0, 0, 0, 0, 0),
    "userfaultfd": call(323, 1),
    "personality": call(135, 0xFFFFFFFF),
    "perf_event_open": call(298, 0, 0, -1, -1, 1 << 62),
    "setuid": call(105, os.getuid()),
    "setgid": call(106, os.getgid()),
    "setresuid": call(117, -1, -1, -1),
    "capset": call(126, 0, 0),
    "capget": call(125, 0, 0),
    "prctl dumpable": call(157, 4, 1, 0, 0, 0),
    "prctl seccomp": call(157, 22, 99, 0, 0, 0),
    "prctl no new privileges": call(157, 39, 0, 0, 0, 0),
    "prctl death signal": call(157, 1, 0, 0, 0, 0),
    "prctl speculation": call(157, 52, 0, 0, 0, 0),
    "seccomp": call(317, 99, 0, 0),
    "clone3": call(435, 0, 0, refusal=ENOSYS),
    "a system call of x32": call(0x40000000 | 39),
    "a second page key": call(330, 1 << 20, 0),
    "memfd_create": call(319, 0, 1 << 20),
    "memfd_secret": call(447, -1),
    "execveat of a descriptor": call(322, -1, 0, 0, 0, 0x1000),
    "a handle of a file": call(303, -1, 0, 0, 0, 0),
    "an extended attribute": call(188, 0, 0, 0, 0, 0),
    "terminal input": call(16, 1, 0x5412, 0),
    "terminal input, with higher bits": call(16, 1, (1 << 32) | 0x5412, 0),
    "quotas": call(179, 0, 0, 0, 0),
    "fanotify": call(301, -1, 0, -1, 0),
    "inotify": call(294, 0),
    "a timer of the kernel": call(222, 99, 0, 0),
    "a timer by descriptor": call(283, 99, 0),
    "shared memory of System V": call(29, 0, 4096, 0o1600),
    "a message queue of System V": call(68, 0, 0o1600),
    "semaphores of System V": call(64, 0, 1, 0o1600),
    "a message queue of POSIX": call(240, 0, 0, 0, 0),
    "a larger heap of huge pages": call(9, 0, 0, 3, 0x40022, -1, 0),
    "landlock": call(444, 0, 0, 1),
}
# The kernel asks for a right first, so only who has it can tell its refusal from the jail's.
ROOTS_CALLS = {
    "fsopen": (21, call(430, 0, 0x1000)),
    "pivot_root": (21, call(155, 0, 0)),
    "open_by_handle_at": (2, call(304, -1, 0, 0)),
    "init_module": (16, call(175, 0, 0, 0)),
    "finit_module": (16, call(313, -1, 0, 0)),
    "delete_module": (16, call(176, 0, 0)),
    "kexec_load": (22, call(246, 0, 1 << 20, 0, 0)),
    "reboot": (22, call(169, 0, 0, 0, 0)),
    "swapon": (21, call(167, 0, 0)),
    "sethostname": (21, call(170, 0, -1)),
    "settimeofday": (25, call(164, 0, 1)),
    "syslog": (34, call(103, -1, 0, 0)),
}
calls = pytest.mark.parametrize("payload", CALLS.values(), ids=CALLS)


@calls
async def test_the_call_is_refused(sandbox_client: SandboxClient, payload: str) -> None:
    assert (await run(sandbox_client, payload)).stdout == "refused\n"


@calls
def test_control_outside_the_kernel_is_asked(payload: str, tmp_path: Path) -> None:
    assert "ESCAPED" in run_outside(payload, tmp_path)


@pytest.mark.parametrize(("right", "payload"), ROOTS_CALLS.values(), ids=ROOTS_CALLS)
async def test_a_call_of_roots_is_refused(
    sandbox_client: SandboxClient, tmp_path: Path, right: int, payload: str
) -> None:
    assert (await run(sandbox_client, payload)).stdout == "refused\n"
    if has_right(right):
        assert "ESCAPED" in run_outside(payload, tmp_path)


def has_right(number: int) -> bool:
    """Whether these tests hold a capability."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(line.split()[1], 16) >> number & 1)


OPEN: tuple[Layer, ...] = ("capabilities", "landlock", "seccomp", "user_namespace")
# In a jail without these layers, a learner has the right that the wall itself has.
WITH_THE_WALLS_RIGHT = {
    "mounting": (
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "done = libc.mount(b'tmpfs', b'/tmp', b'tmpfs', ctypes.c_ulong(0), None) == 0\n"
        "print('ESCAPED' if done else '')"
    ),
    "unmounting": (
        "import ctypes\nprint('' if ctypes.CDLL(None).umount2(b'/tmp', 2) else 'ESCAPED')"
    ),
    "a user namespace": "import os\nos.unshare(os.CLONE_NEWUSER)\nprint('ESCAPED')",
    "a mount namespace": "import os\nos.unshare(os.CLONE_NEWNS)\nprint('ESCAPED')",
    "a network namespace": "import os\nos.unshare(os.CLONE_NEWNET)\nprint('ESCAPED')",
    "the namespaces of pid 1": (
        "import os\nos.setns(os.pidfd_open(1), os.CLONE_NEWUTS)\nprint('ESCAPED')"
    ),
    "another root": (
        "import ctypes, os\nos.mkdir('/tmp/root')\nos.mkdir('/tmp/root/old')\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.mount(b'tmpfs', b'/tmp/root', b'tmpfs', ctypes.c_ulong(0), None)\n"
        "os.mkdir('/tmp/root/old')\n"
        "print('' if libc.syscall(155, b'/tmp/root', b'/tmp/root/old') else 'ESCAPED')"
    ),
    "a process in a new namespace": (
        "import ctypes, os\nCLONE_NEWPID, SIGCHLD = 0x20000000, 17\n"
        "pid = ctypes.CDLL(None).syscall(56, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0)\n"
        "if pid == 0: os._exit(0)\nprint('ESCAPED' if pid > 0 else '')"
    ),
}


@pytest.mark.parametrize("payload", WITH_THE_WALLS_RIGHT.values(), ids=WITH_THE_WALLS_RIGHT)
async def test_the_walls_own_right_is_not_the_learners(
    sandbox_client: SandboxClient, without: Without, payload: str
) -> None:
    assert not escaped(await run(sandbox_client, payload))
    assert escaped(await run(without(*OPEN), payload))


NEW_PROGRAMS = {
    "exec": "import os\nos.execv('/usr/bin/env', ['/usr/bin/env', 'echo', 'ESCAPED'])",
    "a subprocess": "import subprocess\nprint(subprocess.check_output(['/bin/echo', 'ESCAPED']))",
    "a shell": "import os\nos.system('echo ESCAPED')",
    "posix_spawn": (
        "import os\npid = os.posix_spawn('/bin/echo', ['/bin/echo', 'ESCAPED'], {})\n"
        "os.waitpid(pid, 0)"
    ),
    "a program in memory": (
        "import os, shutil, sys\nmemory = os.memfd_create('program')\n"
        "os.write(memory, open('/bin/echo', 'rb').read())\n"
        "os.execve(memory, ['echo', 'ESCAPED'], {})"
    ),
    "a process by the multiprocessing module": (
        "import multiprocessing\n"
        "process = multiprocessing.get_context('fork').Process(target=print, args=('ESCAPED',))\n"
        "process.start()\nprocess.join()"
    ),
}


@pytest.mark.parametrize("payload", NEW_PROGRAMS.values(), ids=NEW_PROGRAMS)
async def test_no_program_is_started(
    sandbox_client: SandboxClient, tmp_path: Path, payload: str
) -> None:
    assert not escaped(await run(sandbox_client, payload))
    assert "ESCAPED" in run_outside(payload, tmp_path)


BY_32_BITS = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
code.write(bytes.fromhex('b814000000cd80c3'))  # getpid by int 0x80
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
print('ready')
call()
print('ESCAPED')
"""


async def test_a_32_bit_call_ends_the_run_on_the_spot(
    sandbox_client: SandboxClient, without: Without
) -> None:
    ran = await run(sandbox_client, BY_32_BITS)
    assert (ran.stdout, ran.finished.outcome) == ("ready\n", "raised")
    control = await run(without("seccomp"), BY_32_BITS)
    if "SIGSEGV" in control.finished.message:
        pytest.skip("this kernel takes no 32-bit calls at all")
    assert "SIGSYS" in ran.finished.message
    assert escaped(control)


async def test_a_library_of_ones_own_is_not_loaded(
    sandbox_client: SandboxClient, tmp_path: Path
) -> None:
    """Native code is no escape (ctypes gives it anyway), but no file of a learner's is executed."""
    code = (
        "import ctypes, shutil, sqlite3, _ctypes, glob, sys\n"
        "source = _ctypes.__file__\nshutil.copyfile(source, 'own.so')\n"
        "ctypes.CDLL('./own.so')\nprint('ESCAPED')"
    )
    assert not escaped(await run(sandbox_client, code))
    assert "ESCAPED" in run_outside(code, tmp_path)
