"""In the real jail the probe finds what held the loop, on the line it stands on."""

from __future__ import annotations

from playground.benchmarks.probe_cases import programs
from playground.benchmarks.probe_witnesses import by_probe
from playground.benchmarks.running import run
from sandbox.client import SandboxClient

LEAST_NS = 5_000_000


async def test_each_block_and_its_line(sandbox_client: SandboxClient) -> None:
    """Two of the benchmark's programs: between them they hold every kind but one or two."""
    witnesses = []
    for kinds, code in list(programs(7))[:2]:
        ran = await run(
            sandbox_client, code, database="postgres", driver="psycopg", profile="heavy"
        )
        witnesses += by_probe(kinds, ran.stdout, ran.events)
    blocks = [w for w in witnesses if w.truth.ended - w.truth.began >= LEAST_NS]
    assert len(blocks) >= 15
    assert [w for w in blocks if w.duration_ns is None] == []
    assert [w for w in blocks if not w.is_right] == []
    assert sorted(w.error_ms for w in blocks)[len(blocks) // 2] < 5  # wide: others use the machine
