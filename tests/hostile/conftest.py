"""Jails that lack a layer, for the controls: the same attack must succeed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.conftest import serving

Without = Callable[..., SandboxClient]

MOST_JAILS: Final = 5  # each keeps a zygote in memory


class Jails:
    """The jails asked for last, by the layers they lack."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._jails: dict[frozenset[Layer], tuple[ExitStack, SandboxClient]] = {}

    def without(self, *layers: Layer) -> SandboxClient:
        """A client of a jail that lacks these layers."""
        key = frozenset(layers)
        stack, client = self._jails.pop(key, None) or self._raise(key)
        self._jails[key] = stack, client
        return client

    def _raise(self, key: frozenset[Layer]) -> tuple[ExitStack, SandboxClient]:
        if len(self._jails) >= MOST_JAILS:
            self._jails.pop(next(iter(self._jails)))[0].close()
        options = [word for layer in sorted(key) for word in ("--without", layer)]
        stack = ExitStack()
        started = serving(self._config, "tests.hostile.ablated", *options)
        return stack, SandboxClient(stack.enter_context(started))

    def close(self) -> None:
        """End them all."""
        for stack, _ in self._jails.values():
            stack.close()


@pytest.fixture(scope="session")
def without(pytestconfig: pytest.Config) -> Iterator[Without]:
    """``without("seccomp", "landlock")``: a client of a jail that lacks these layers."""
    jails = Jails(pytestconfig)
    yield jails.without
    jails.close()
