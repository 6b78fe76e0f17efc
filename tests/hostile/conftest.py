"""Jails that lack a layer, for the controls: the same attack must succeed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.conftest import serving

Without = Callable[..., SandboxClient]


@pytest.fixture(scope="session")
def without(pytestconfig: pytest.Config) -> Iterator[Without]:
    """``without("seccomp", "landlock")``: a client of a jail that lacks these layers."""
    clients: dict[frozenset[Layer], SandboxClient] = {}
    with ExitStack() as stack:

        def client(*layers: Layer) -> SandboxClient:
            key = frozenset(layers)
            if key not in clients:
                options = [word for layer in sorted(key) for word in ("--without", layer)]
                started = serving(pytestconfig, "tests.hostile.ablated", *options)
                clients[key] = SandboxClient(stack.enter_context(started))
            return clients[key]

        yield client
