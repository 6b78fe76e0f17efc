"""The system call filter of a run that serves: one socket to listen on, and nothing more."""

from __future__ import annotations

from functools import cache

import pytest

from sandbox.inside import seccomp, syscalls
from sandbox.protocol import LISTENER
from tests.unit.bpf import ALLOW, REFUSE, decide

on_each_machine = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
on_each_call = pytest.mark.parametrize("call", ["listen", "accept", "accept4"])


def answer(
    machine: str, call: str | int, *arguments: int, may_serve: bool = True, may_fork: bool = False
) -> int:
    number = syscalls.numbers(machine)[call] if isinstance(call, str) else call
    program = assemble(machine, may_serve, may_fork)
    return decide(program, syscalls.AUDIT_ARCHITECTURE[machine], number, *arguments)


@cache
def assemble(machine: str, may_serve: bool, may_fork: bool) -> bytes:
    return seccomp.assemble(machine, may_serve=may_serve, may_fork=may_fork)


@on_each_machine
@on_each_call
@pytest.mark.parametrize("may_fork", [False, True])
def test_only_the_socket_that_was_handed_in(machine: str, call: str, may_fork: bool) -> None:
    assert answer(machine, call, LISTENER, may_fork=may_fork) == ALLOW
    assert answer(machine, call, LISTENER, may_fork=may_fork, may_serve=False) == REFUSE
    others = {*range(400), -1, -LISTENER, LISTENER << 8, 2**31} - {LISTENER}
    assert {answer(machine, call, other, may_fork=may_fork) for other in others} == {REFUSE}


@on_each_machine
@pytest.mark.parametrize("may_fork", [False, True])
def test_every_other_call_is_answered_as_without(machine: str, may_fork: bool) -> None:
    own = {syscalls.numbers(machine)[name] for name in seccomp.SERVE_RULES}
    differing = [
        number
        for number in range(600)
        for first in (1, LISTENER)
        if number not in own
        and answer(machine, number, first, 2, 3, 4, may_fork=may_fork)
        != answer(machine, number, first, 2, 3, 4, may_fork=may_fork, may_serve=False)
    ]
    assert differing == []


@on_each_machine
def test_nothing_gets_a_name(machine: str) -> None:
    bind = {"x86_64": 49, "aarch64": 200}[machine]
    assert {answer(machine, bind, number) for number in (1, 6, LISTENER)} == {REFUSE}
    assert {answer(machine, "setsockopt", LISTENER, 1, option) for option in (16, 76)} == {REFUSE}
