"""How much a learner may run, and who is told what when it is too much."""

from __future__ import annotations

from typing import Any

import pytest

from playground.runs import quotas
from playground.runs.quotas import LocalTally, OverQuota, Quota, Share, scratch_bytes

ADA = Share("learner:ada", Quota(runs_at_once=2))
CLASS = Share("team:1", Quota(runs_at_once=3), "Your team Tuesdays", "has")


async def test_so_many_at_once_and_one_more_when_one_has_ended() -> None:
    tally = LocalTally()
    await tally.admit("1", [ADA])
    await tally.admit("2", [ADA])
    with pytest.raises(OverQuota, match="You have 2 runs going on or waiting, the most at once"):
        await tally.admit("3", [ADA])
    await tally.release("1", [ADA.key])
    await tally.admit("3", [ADA])


async def test_every_share_has_to_have_room_and_a_refused_run_counts_for_none() -> None:
    tally = LocalTally()
    others = [Share(f"learner:{name}", Quota(runs_at_once=2)) for name in "abc"]
    for one in others:
        await tally.admit(f"of {one.key}", [one, CLASS])
    for _ in range(3):
        with pytest.raises(OverQuota, match="Your team Tuesdays has 3 runs going on or waiting"):
            await tally.admit("more", [ADA, CLASS])
    await tally.admit("4", [ADA])
    await tally.admit("5", [ADA])


async def test_so_many_within_an_hour_and_again_when_the_first_is_an_hour_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    tally = LocalTally()
    hourly = [Share("learner:ada", Quota(runs_per_hour=2))]
    for run_id in ("1", "2"):
        await tally.admit(run_id, hourly)
        await tally.release(run_id, [hourly[0].key])
        now += 600
    with pytest.raises(OverQuota, match=r"begun 2 runs within an hour.* try again in 41 min"):
        await tally.admit("3", hourly)
    now += 2401
    await tally.admit("3", hourly)


async def test_what_nobody_released_is_over_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    tally = LocalTally()
    for run_id in ("1", "2"):
        await tally.admit(run_id, [ADA])
    now += quotas.LONGEST_SECONDS + 61
    await tally.admit("3", [ADA])


async def test_what_an_app_above_registers_comes_behind_the_learner(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RUNS_AT_ONCE_PER_LEARNER = 5
    monkeypatch.setattr(quotas, "_providers", [])
    quotas.register(provide)
    monkeypatch.setattr(quotas, "database_sync_to_async", _at_once)
    own = Share("learner:ada", Quota(5, 0, 0))
    assert await quotas.list_shares("ada", "", "some-pack", "crud") == [own, CLASS]
    assert await quotas.list_shares("ada", "", "some-pack", "pools") == [own]
    assert len(await quotas.list_shares("bob", "", "some-pack", "crud")) == 1


def provide(learner: str, pack: str, card: str) -> list[Share]:
    return [CLASS] if (learner, pack, card) == ("ada", "some-pack", "crud") else []


def _at_once(function: Any) -> Any:
    async def call(*arguments: Any) -> Any:
        return function(*arguments)

    return call


def test_the_disk_is_the_least_that_anybody_allows() -> None:
    assert scratch_bytes([ADA, CLASS]) == 0
    shares = [Share("a", Quota(scratch_megabytes=8)), Share("b", Quota(scratch_megabytes=4)), ADA]
    assert scratch_bytes(shares) == 4 * 1024 * 1024
