"""Machines of their own, as far as their network goes: namespaces with a link that can be cut."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest


class Link:
    """One wire: ``near`` is our address on it, ``far`` that of the other machine."""

    def __init__(self, number: int, namespace: str) -> None:
        # Of the range that is kept for tests of networks.
        self.near, self.far = f"198.18.{number}.1", f"198.18.{number}.2"
        self._end, other = f"near{number}-{os.getpid()}"[:15], f"far{number}-{os.getpid()}"[:15]
        call("ip", "link", "add", self._end, "type", "veth", "peer", "name", other)
        call("ip", "link", "set", other, "netns", namespace)
        call("ip", "address", "add", f"{self.near}/30", "dev", self._end)
        call("ip", "-n", namespace, "address", "add", f"{self.far}/30", "dev", other)
        call("ip", "-n", namespace, "link", "set", other, "up")
        self.mend()

    def cut(self) -> None:
        """Nothing is carried any more, and nobody is told."""
        call("ip", "link", "set", self._end, "down")

    def mend(self) -> None:
        """As it was."""
        call("ip", "link", "set", self._end, "up")


class Host:
    """A network of its own. What it reaches are its links, and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.inside = ("nsenter", f"--net=/run/netns/{name}")

    def link(self, number: int) -> Link:
        """A wire from here to there; no two have one number."""
        return Link(number, self._name)


@contextmanager
def hosts(needs: Callable[..., str], *names: str) -> Iterator[list[Host]]:
    """So many of them. Whoever may not make them is skipped on a laptop, and fails in CI."""
    needs("ip")
    needs("nsenter")
    with ExitStack() as made:
        yield [made.enter_context(_host(f"{name}-{os.getpid()}")) for name in names]


@contextmanager
def _host(name: str) -> Iterator[Host]:
    added = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if added.returncode:
        reason = f"no network namespace can be made here: {added.stderr.strip()}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    try:
        call("ip", "-n", name, "link", "set", "lo", "up")
        yield Host(name)
    finally:
        call("ip", "netns", "delete", name)  # its links go with it, once its processes are gone


def call(*command: str) -> None:
    """Do it. Raises CalledProcessError."""
    subprocess.run(command, check=True, capture_output=True)
