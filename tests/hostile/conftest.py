"""The jail as two kinds of users start it, and jails that lack a layer, for the controls."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.conftest import serving

MOST_JAILS: Final = 8  # each keeps a zygote in memory
_HIGHEST_PID_OF_A_WALL: Final = 500


class Jails:
    """The jails asked for last, by the layers they lack."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._jails: dict[frozenset[Layer], tuple[ExitStack, SandboxClient]] = {}

    def __call__(self, *layers: Layer) -> SandboxClient:
        """A client of a jail that lacks these layers."""
        key = frozenset(layers)
        self.raise_at_once(key)
        return self._jails[key][1]

    def raise_at_once(self, *keys: frozenset[Layer]) -> None:
        """Raise those of these jails that are not there, on as many processors as there are."""
        there = {key: self._jails.pop(key) for key in keys if key in self._jails}
        self._jails.update(there)  # as the latest
        lacking = [key for key in keys if key not in there]
        while self._jails and len(self._jails) + len(lacking) > MOST_JAILS:
            oldest = next(iter(self._jails))
            self._jails.pop(oldest)[0].close()
        with ThreadPoolExecutor() as threads:
            self._jails.update(zip(lacking, threads.map(self._raise, lacking), strict=True))

    def _raise(self, key: frozenset[Layer]) -> tuple[ExitStack, SandboxClient]:
        options = [word for layer in sorted(key) for word in ("--without", layer)]
        stack = ExitStack()
        started = serving(self._config, "tests.hostile.ablated", *options)
        return stack, SandboxClient(stack.enter_context(started))

    def close(self) -> None:
        """End them all."""
        for stack, _ in self._jails.values():
            stack.close()


Without = Jails

WHO: Final = ["as invoked", "as an ordinary user"] if os.geteuid() == 0 else ["as invoked"]


@pytest.fixture(scope="session")
def ordinary_socket(pytestconfig: pytest.Config) -> Iterator[str]:
    """The socket of a supervisor that an ordinary user started."""
    with serving(pytestconfig, "sandbox", "serve", "--level", "full", ordinary=True) as path:
        yield path


@pytest.fixture(params=WHO)
def sandbox_client(request: pytest.FixtureRequest) -> SandboxClient:
    """The whole jail, as root starts it and as an ordinary user does."""
    name = "supervisor_socket" if request.param == "as invoked" else "ordinary_socket"
    return SandboxClient(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def without(pytestconfig: pytest.Config) -> Iterator[Without]:
    """``without("seccomp", "landlock")``: a client of a jail that lacks these layers."""
    jails = Jails(pytestconfig)
    yield jails
    jails.close()


@pytest.fixture
def host_port() -> Iterator[int]:
    """A TCP port of this host's loopback that answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def host_process() -> Iterator[int]:
    """The pid of a process of this host; higher than any pid inside a wall of a few tests."""
    while True:
        process = subprocess.Popen(["/bin/sleep", "60"])
        try:
            if process.pid > _HIGHEST_PID_OF_A_WALL:
                yield process.pid
                return
        finally:
            process.kill()
            process.wait()
