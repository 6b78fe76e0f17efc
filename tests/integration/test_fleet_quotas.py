"""Quotas that all web processes count together, in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from playground.runs.quotas import OverQuota, Quota, RedisTally, Share
from playground.runs.redis_clients import get_redis

ADA = Share("learner:ada", Quota(runs_at_once=2))
HOURLY = Share("learner:hourly", Quota(runs_per_hour=2))
CLASS = Share("team:1", Quota(runs_at_once=3), "Your team Tuesdays", "has")


@pytest.fixture(autouse=True)
async def redis(settings: Any, take_redis: Callable[[], str]) -> AsyncIterator[None]:
    """Each test's own connections, as it has an event loop of its own."""
    settings.REDIS_URL = take_redis()
    yield
    await get_redis().aclose()


async def test_two_web_processes_do_not_both_take_the_last_place() -> None:
    tallies = [RedisTally(), RedisTally()]
    asked = [tallies[n % 2].admit(f"run-{n}", [ADA]) for n in range(10)]
    refused = [
        each for each in await asyncio.gather(*asked, return_exceptions=True) if each is not None
    ]
    assert len(refused) == 8
    assert all(isinstance(each, OverQuota) for each in refused)
    for number in range(10):
        await tallies[0].release(f"run-{number}", [ADA.key])
    await tallies[1].admit("next", [ADA])


async def test_every_share_has_to_have_room() -> None:
    tally = RedisTally()
    for name in "abc":
        await tally.admit(name, [Share(f"learner:{name}", Quota(runs_at_once=1)), CLASS])
    with pytest.raises(OverQuota, match="Your team Tuesdays has 3 runs going on or waiting"):
        await tally.admit("more", [Share("learner:d", Quota(runs_at_once=1)), CLASS])
    await tally.admit("more", [Share("learner:d", Quota(runs_at_once=1))])


async def test_so_many_within_an_hour() -> None:
    tally = RedisTally()
    for run_id in ("1", "2"):
        await tally.admit(run_id, [HOURLY])
        await tally.release(run_id, [HOURLY.key])
    with pytest.raises(OverQuota, match=r"begun 2 runs within an hour.* try again in 60 min"):
        await tally.admit("3", [HOURLY])
