"""The Redis channel layer, made to outlive a restart of Redis."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels_redis.core import RedisChannelLayer
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

_log = logging.getLogger(__name__)
_LOST = (RedisConnectionError, RedisTimeoutError, OSError)
_SEND_ATTEMPTS = 5


class SturdyRedisChannelLayer(RedisChannelLayer):  # type: ignore[misc]
    """Tries again where the stock layer would end the worker or close every page's socket."""

    async def receive(self, channel: str) -> Any:
        """As the stock layer's, with patience."""
        delay = 0.1
        while True:
            try:
                return await super().receive(channel)
            except _LOST as error:
                _log.warning("Redis is out of reach, trying again: %s", error)
                await asyncio.sleep(delay)
                delay = min(2 * delay, 2.0)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """At least once: whoever receives must not mind a message twice."""
        for attempt in range(_SEND_ATTEMPTS):
            try:
                await super().send(channel, message)
            except _LOST:
                if attempt == _SEND_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)
            else:
                return
