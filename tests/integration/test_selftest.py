"""The supervisor attacks its own jail before it serves, and refuses when an attack succeeds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from sandbox.host.selftest import ATTACKS, OUTPUT
from sandbox.host.supervisor import Supervisor
from sandbox.host.zygote import ZygoteFailed
from sandbox.protocol import Layer


async def test_a_serving_supervisor_has_proven_every_part(sandbox_client: SandboxClient) -> None:
    probes = (await sandbox_client.status()).probes
    assert probes == dict.fromkeys([*ATTACKS, OUTPUT], True)
    assert len(probes) >= 12


@pytest.mark.parametrize(
    ("layer", "parts"),
    [
        ("seccomp", ["no network", "no processes", "no shared memory"]),
        ("rlimits", ["memory is limited", "threads are limited"]),
    ],
)
async def test_a_jail_with_a_hole_is_refused_by_the_name_of_the_hole(
    layer: Layer, parts: list[str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="holed-", dir="/tmp") as directory:
        supervisor = Supervisor(Path(directory), without=frozenset({layer}))
        await supervisor.start("full", warm=False)
        try:
            with pytest.raises(ZygoteFailed, match="full: the jail does not hold here") as refused:
                await supervisor.prove()
        finally:
            await supervisor.stop()
    for part in parts:
        assert part in str(refused.value)
