"""Connections to Redis, for each event loop its own."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

# Redis is out of reach, or has just started and still reads its file.
OUT_OF_REACH: Final = (RedisConnectionError, RedisTimeoutError, OSError)
ANSWER_SECONDS: Final = 2.0

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float | None, Redis]] = (
    WeakKeyDictionary()
)


def get_redis(url: str = "", *, timeout: float | None = ANSWER_SECONDS) -> Redis:
    """The client of this loop. With no ``timeout`` it is for calls that wait as long as they say.

    A call on a connection that broke while nobody used it is made again at once, and only then:
    whoever calls knows best how long to be patient.
    """
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if timeout not in clients:
        clients[timeout] = Redis.from_url(
            url or settings.REDIS_URL,
            socket_timeout=timeout,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
    return clients[timeout]
