"""A short soak: nothing leaks, and every run ends as it should. The long one: soak.py."""

from __future__ import annotations

from tests.hostile.soak import soak


async def test_mixed_runs_leak_nothing_and_end_as_they_should() -> None:
    report = await soak(runs=300, warm_runs=100, seed=2)
    assert (report["leaks"], report["surprises"]) == ([], [])
