"""The second system call filter: as the first one, but that code may fork, and nothing more."""

from __future__ import annotations

from functools import cache

import pytest

from sandbox.inside import seccomp, syscalls
from tests.unit.bpf import ALLOW, REFUSE, UNKNOWN, decide

MACHINES = ["x86_64", "aarch64"]
SIGCHLD = 17
CLONE_PARENT = 0x8000
NAMESPACES = [0x20000, 0x2000000, *(1 << bit for bit in range(26, 31))]

on_each_machine = pytest.mark.parametrize("machine", MACHINES)


def answer(machine: str, call: str | int, *arguments: int, may_fork: bool = True) -> int:
    number = syscalls.numbers(machine)[call] if isinstance(call, str) else call
    return decide(
        assemble(machine, may_fork), syscalls.AUDIT_ARCHITECTURE[machine], number, *arguments
    )


@cache
def assemble(machine: str, may_fork: bool) -> bytes:
    return seccomp.assemble(machine, may_fork=may_fork)


@on_each_machine
@pytest.mark.parametrize("flags", [SIGCHLD, 0x01200011, 0x4111, 0x003D0F00])
def test_forks_and_threads_are_allowed(machine: str, flags: int) -> None:
    assert answer(machine, "clone", flags) == ALLOW


@on_each_machine
@pytest.mark.parametrize("flag", [*NAMESPACES, CLONE_PARENT])
def test_no_new_namespace_and_no_other_parent(machine: str, flag: int) -> None:
    assert answer(machine, "clone", flag | SIGCHLD) == REFUSE


@on_each_machine
def test_clone3_stays_unknown(machine: str) -> None:
    assert answer(machine, "clone3", 0, 88) == UNKNOWN


@on_each_machine
def test_every_other_call_is_answered_as_without_forks(machine: str) -> None:
    forks = {syscalls.numbers(machine).get(name) for name in seccomp.FORK_RULES}
    differing = [
        number
        for number in range(600)
        if number not in forks
        and answer(machine, number, 1, 2, 3, 4)
        != answer(machine, number, 1, 2, 3, 4, may_fork=False)
    ]
    assert differing == []
    assert answer("x86_64", "fork") == answer("x86_64", "vfork") == ALLOW
    assert answer("x86_64", "fork", may_fork=False) == REFUSE
