"""Each layer of the jail is there for a reason: without it, an attack that it stops succeeds.

An attack may be stopped by several layers at once; ``also`` names those taken away in both jails,
so that the layer under test is the only difference.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.hostile import payloads
from tests.hostile.conftest import Without
from tests.running import run


class Witness(NamedTuple):
    """An attack that ``layer`` stops when the layers in ``also`` are gone."""

    layer: Layer
    payload: str
    also: tuple[Layer, ...] = ()


WITNESSES = [
    Witness("seccomp", payloads.NETLINK),
]


@pytest.mark.parametrize("witness", WITNESSES, ids=lambda witness: witness.layer)
async def test_a_layer_is_what_stops_its_attack(
    sandbox_client: SandboxClient, without: Without, witness: Witness
) -> None:
    whole = without(*witness.also) if witness.also else sandbox_client
    assert "ESCAPED" not in (await run(whole, witness.payload)).stdout
    lacking = without(witness.layer, *witness.also)
    assert "ESCAPED" in (await run(lacking, witness.payload)).stdout
