"""Which worker a run goes to, with a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from pytest_django import Settings

from playground.runs import placing
from playground.runs.placing import Announcement, NoWorker, RedisPlacing
from playground.runs.redis_clients import get_redis

pytestmark = pytest.mark.integration

ABSENT_SECONDS = 2.0


@pytest.fixture(autouse=True)
async def own_redis(take_redis: Callable[[], str], settings: Settings) -> AsyncIterator[None]:
    settings.REDIS_URL = take_redis()
    yield
    await get_redis().aclose()


async def place_among(workers: str, places: RedisPlacing, session: str = "anna") -> str:
    for worker in workers:
        await placing.announce(Announcement(worker))
    return await places.place(session)


async def test_a_learner_stays_with_the_worker_whoever_is_first_at_an_empty_redis() -> None:
    places = RedisPlacing()
    kept = await place_among("ab", places)
    await get_redis().flushdb()
    assert await place_among(kept, places) == kept
    await get_redis().flushdb()
    with pytest.raises(NoWorker):
        await place_among("ab".replace(kept, ""), places)
    assert await place_among("ab", places) == kept


async def test_a_worker_that_never_comes_back_to_an_empty_redis_is_awaited_once() -> None:
    places = RedisPlacing()
    kept = await place_among("ab", places)
    other = "ab".replace(kept, "")
    await placing.withdraw(other)
    assert await places.place("bert") == kept
    await get_redis().flushdb()
    with pytest.raises(NoWorker):
        await place_among(other, places)
    await asyncio.sleep(ABSENT_SECONDS)
    assert await place_among(other, places) == other
    assert await place_among(other, places, "bert") == other


async def test_a_worker_that_ends_while_redis_is_there_is_not_awaited() -> None:
    places = RedisPlacing()
    kept = await place_among("ab", places)
    await placing.withdraw(kept)
    assert await places.place("anna") == "ab".replace(kept, "")
    for worker in "ab":
        await placing.withdraw(worker)
    with pytest.raises(NoWorker):
        await places.place("anna")
