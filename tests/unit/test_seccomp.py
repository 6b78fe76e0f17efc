"""The system call filter, for each machine, by running its program in an interpreter of ours."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from sandbox.inside import seccomp, syscalls
from tests.unit.bpf import ALLOW, KILL, REFUSE, UNKNOWN, decide

ROOT = Path(__file__).resolve().parents[2]
MACHINES = ["x86_64", "aarch64"]
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
I386, ARM = 0x40000003, 0x40000028
X32 = 0x40000000
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
# Numbers of calls that must be refused, from the same tables: dangerous by any argument.
DANGEROUS = {
    "x86_64": {
        "fork": 57, "vfork": 58, "execve": 59, "ptrace": 101, "setsid": 112, "personality": 135,
        "pivot_root": 155, "chroot": 161, "mount": 165, "umount2": 166, "bind": 49, "listen": 50,
        "accept": 43, "accept4": 288, "shmget": 29, "keyctl": 250, "unshare": 272, "setns": 308,
        "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304,
        "process_vm_readv": 310, "kcmp": 312, "memfd_create": 319, "bpf": 321, "execveat": 322,
        "userfaultfd": 323, "pkey_mprotect": 329, "pidfd_send_signal": 424, "io_uring_setup": 425,
        "open_tree": 428, "move_mount": 429, "pidfd_open": 434, "pidfd_getfd": 438,
        "mount_setattr": 442, "process_madvise": 440, "memfd_secret": 447, "setuid": 105,
        "capset": 126, "seccomp": 317, "inotify_init1": 294, "mknod": 133, "mknodat": 259,
    },
    "aarch64": {
        "execve": 221, "ptrace": 117, "setsid": 157, "personality": 92, "pivot_root": 41,
        "chroot": 51, "mount": 40, "umount2": 39, "bind": 200, "listen": 201, "accept": 202,
        "accept4": 242, "shmget": 194, "keyctl": 219, "unshare": 97, "setns": 268,
        "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265,
        "process_vm_readv": 270, "kcmp": 272, "memfd_create": 279, "bpf": 280, "execveat": 281,
        "userfaultfd": 282, "pkey_mprotect": 288, "pidfd_send_signal": 424, "io_uring_setup": 425,
        "open_tree": 428, "move_mount": 429, "pidfd_open": 434, "pidfd_getfd": 438,
        "mount_setattr": 442, "process_madvise": 440, "memfd_secret": 447, "setuid": 146,
        "capset": 91, "seccomp": 277, "inotify_init1": 26, "mknodat": 33,
    },
}  # fmt: skip

on_each_machine = pytest.mark.parametrize("machine", MACHINES)


def answer(machine: str, call: str | int, *arguments: int) -> int:
    number = syscalls.numbers(machine)[call] if isinstance(call, str) else call
    return decide(assemble(machine), ARCHITECTURE[machine], number, *arguments)


@cache
def assemble(machine: str) -> bytes:
    return seccomp.assemble(machine)


def list_numbers(header: Path) -> dict[str, int]:
    """The ``#define``s of a header; one number two words wide has two spellings in the generic."""
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    found = {name: int(number) for name, number in defined}
    return {"newfstatat": found.get("fstatat", -1), **found}


@on_each_machine
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        assert not os.environ.get("CI"), "CI needs the kernel's headers: linux-libc-dev"
        pytest.skip(f"needs {HEADERS[machine]}, of the package linux-libc-dev")
    defined = list_numbers(HEADERS[machine])
    ours = {**syscalls.numbers(machine), **DANGEROUS[machine]}
    assert ours == {name: defined[name] for name in ours}


def test_both_machines_are_allowed_the_same_but_for_what_aarch64_never_had() -> None:
    ours = {machine: set(syscalls.numbers(machine)) for machine in MACHINES}
    assert ours["aarch64"] < ours["x86_64"]
    generic = HEADERS["aarch64"]
    if generic.exists():
        assert not (ours["x86_64"] - ours["aarch64"]) & set(list_numbers(generic))


@on_each_machine
def test_a_listed_call_is_allowed_and_every_other_number_refused(machine: str) -> None:
    by_argument = {syscalls.numbers(machine)[name] for name in seccomp.RULES}
    for number in range(1024):
        if number not in by_argument:
            expected = ALLOW if number in syscalls.allowed(machine) else REFUSE
            assert answer(machine, number) == expected, number


@on_each_machine
def test_dangerous_calls_are_refused_by_name(machine: str) -> None:
    for name, number in DANGEROUS[machine].items():
        assert answer(machine, number) == REFUSE, name


@pytest.mark.parametrize(
    ("machine", "other"),
    [("x86_64", I386), ("x86_64", 0xC00000B7), ("aarch64", ARM), ("aarch64", 0xC000003E)],
)
def test_a_call_by_another_machines_rules_kills(machine: str, other: int) -> None:
    read = syscalls.numbers(machine)["read"]
    assert decide(seccomp.assemble(machine), other, read) == KILL


def test_x32_calls_are_refused() -> None:
    for number in range(1024):
        assert answer("x86_64", X32 | number, 1) == REFUSE


@on_each_machine
@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_no_socket_but_unix(machine: str, call: str) -> None:
    assert answer(machine, call, 1, 2, 3) == ALLOW
    others = [family for family in range(64) if family != 1]  # the last known is AF_MCTP, 45
    assert {answer(machine, call, family, 1, 1) for family in others} == {REFUSE}
    # The kernel takes an int: what is above its 32 bits changes neither its mind nor ours.
    assert answer(machine, call, (1 << 32) | 2, 1, 1) == REFUSE


@on_each_machine
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0x003D0F00, ALLOW),  # as glibc starts a thread
        (17, REFUSE),  # SIGCHLD: a fork
        (0x01200011, REFUSE),  # as glibc forks
        (0x4111, REFUSE),  # CLONE_VFORK | CLONE_VM
        *[(0x003D0F00 | namespace, REFUSE) for namespace in (0x20000, 0x2000000)],
        *[(0x003D0F00 | (1 << bit), REFUSE) for bit in range(26, 31)],
    ],
)
def test_threads_but_no_processes_or_namespaces(machine: str, flags: int, expected: int) -> None:
    assert answer(machine, "clone", flags) == expected


@on_each_machine
def test_clone3_looks_as_if_the_kernel_had_none(machine: str) -> None:
    assert answer(machine, "clone3", 0, 88) == UNKNOWN


@on_each_machine
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0x22, ALLOW),  # private, anonymous
        (0x01, ALLOW),  # shared, of a file: SQLite's WAL index
        (0x20022, ALLOW),  # a thread's stack
        (0x21, REFUSE),
        (0x23, REFUSE),  # MAP_SHARED_VALIDATE
        (0x40021, REFUSE),  # of huge pages
        (0x40022, REFUSE),  # private, of huge pages
        (0x122, REFUSE),  # a stack that grows, which RLIMIT_DATA does not count
    ],
)
def test_no_memory_that_no_limit_counts(machine: str, flags: int, expected: int) -> None:
    assert answer(machine, "mmap", 0, 4096, 3, flags, -1, 0) == expected


@on_each_machine
@pytest.mark.parametrize(
    ("level", "option", "expected"),
    [
        (1, 16, REFUSE),
        (1, 76, REFUSE),
        *[(1, option, REFUSE) for option in (26, 50, 51, 52)],  # SO_ATTACH_*
        (1, 7, ALLOW),
        (1, 9, ALLOW),
        (6, 16, ALLOW),
    ],
)
def test_no_credentials_or_programs_are_asked_of_a_socket(
    machine: str, level: int, option: int, expected: int
) -> None:
    assert answer(machine, "setsockopt", 5, level, option) == expected


@on_each_machine
@pytest.mark.parametrize(
    ("request_code", "expected"),
    [
        (0x5421, ALLOW),  # FIONBIO
        (0x5401, ALLOW),  # TCGETS
        (0x5412, REFUSE),  # TIOCSTI
        (0x541C, REFUSE),  # TIOCLINUX
        (0x5418, REFUSE),  # TIOCSPGRP
        (0x8933, REFUSE),  # SIOCGIFINDEX
    ],
)
def test_few_device_controls(machine: str, request_code: int, expected: int) -> None:
    assert answer(machine, "ioctl", 1, request_code) == expected


@on_each_machine
@pytest.mark.parametrize(
    ("option", "expected"),
    [(15, ALLOW), (16, ALLOW), (0x53564D41, ALLOW), (4, REFUSE), (22, REFUSE), (38, REFUSE)],
)
def test_few_process_controls(machine: str, option: int, expected: int) -> None:
    assert answer(machine, "prctl", option, 1) == expected


@on_each_machine
def test_limits_of_nobody_else(machine: str) -> None:
    assert answer(machine, "prlimit64", 0, 7) == ALLOW
    assert {answer(machine, "prlimit64", pid, 7) for pid in (1, 2, -1)} == {REFUSE}


def test_a_machine_without_a_table_has_no_filter() -> None:
    with pytest.raises(OSError, match="no system call table for riscv64"):
        seccomp.assemble("riscv64")


# Harmless with these arguments, whether they are allowed or not.
SAMPLE = [
    ("getpid", 39), ("socket", 41, 1, 1, 0), ("socket", 41, 2, 1, 0), ("socket", 41, 16, 3, 0),
    ("mmap", 9, 0, 4096, 3, 0x22, -1, 0), ("mmap", 9, 0, 4096, 3, 0x21, -1, 0),
    ("setsockopt", 54, -1, 1, 16, 0, 0), ("setsockopt", 54, -1, 1, 9, 0, 0),
    ("ioctl", 16, -1, 0x5412), ("ioctl", 16, -1, 0x5421), ("prctl", 157, 16, 0),
    ("prctl", 157, 3), ("prlimit64", 302, 0, 99), ("prlimit64", 302, 1, 99), ("clone3", 435, 0, 0),
    ("keyctl", 250, -1), ("memfd_create", 319, 0, -1), ("unshare", 272, 0), ("setns", 308, -1, 0),
    ("bpf", 321, -1, 0, 0), ("ptrace", 101, -1, -1), ("mount", 165, 0, 0, 0, 0, 0),
    ("x32 getpid", X32 | 39), ("personality", 135, 0xFFFFFFFF), ("openat", 257, -1, 0, 0),
]  # fmt: skip
TRY = """
import ctypes, sys
from sandbox.inside import kernel, seccomp
libc = ctypes.CDLL(None, use_errno=True)
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
program = seccomp.assemble("x86_64")
calls = eval(sys.argv[1])
seccomp.install(program)
for _, *words in calls:
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(word) for word in words])
    print(ctypes.get_errno() if result == -1 else 0)
"""
BY_32_BITS = """
import ctypes, mmap, sys
from sandbox.inside import kernel, seccomp
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
code.write(bytes.fromhex("b814000000cd80c3"))  # getpid by int 0x80
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
if sys.argv[1] == "confined":
    seccomp.install(seccomp.assemble("x86_64"))
call()
print("ESCAPED")
"""
on_x86_64 = pytest.mark.skipif(
    os.uname().machine != "x86_64", reason="the sample is of x86_64's numbers"
)


def in_fresh_interpreter(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@on_x86_64
def test_the_kernel_answers_as_the_interpreter_does() -> None:
    ran = in_fresh_interpreter(TRY, repr(SAMPLE))
    assert ran.returncode == 0, ran.stderr
    expected = {REFUSE: errno.EPERM, UNKNOWN: errno.ENOSYS}
    for (name, number, *arguments), said in zip(SAMPLE, ran.stdout.split(), strict=True):
        decided = answer("x86_64", int(number), *map(int, arguments))
        if decided == ALLOW:
            assert int(said) not in expected.values(), name
        else:
            assert int(said) == expected[decided], name


@on_x86_64
def test_a_32_bit_call_kills_for_real() -> None:
    ran = in_fresh_interpreter(BY_32_BITS, "confined")
    assert "ESCAPED" not in ran.stdout
    control = in_fresh_interpreter(BY_32_BITS, "free")
    if control.returncode == 0:
        assert ran.returncode == -signal.SIGSYS
    else:
        assert control.returncode == -signal.SIGSEGV  # a kernel without 32 bits at all
