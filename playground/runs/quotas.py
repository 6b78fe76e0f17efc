"""How much a learner, and whoever else a run counts for, may run: asked before each run.

An app above registers a provider for what it knows of, as a team; each share has to have room.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, Protocol

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.crypto import salted_hmac

from playground.accounts.models import ACCOUNT
from playground.runs.redis_clients import get_redis

HOUR_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 900  # from the click to the end: a run that nobody released is over then
_MIB: Final = 1024 * 1024


class Quota(NamedTuple):
    """What may be run; 0 is without bound."""

    runs_at_once: int = 0
    runs_per_hour: int = 0
    scratch_megabytes: int = 0


class LimitOf(NamedTuple):
    """Whose a limit is, as the end of a sentence."""

    at_once: str = "this site's limit for one learner"
    per_hour: str = "this site's limit for one learner"


class Share(NamedTuple):
    """Somebody that a run counts for.

    ``key`` is theirs alone, and their runs take turns with others' when runs have to wait.
    ``subject`` and ``verb`` begin the sentence that says what is used up: "You", "have".
    ``limit_of`` says whose limit each of the two is. Where not ``takes_turns`` it is bounded alone.
    """

    key: str
    quota: Quota
    subject: str = "You"
    verb: str = "have"
    takes_turns: bool = True
    limit_of: LimitOf = LimitOf()


Provider = Callable[[str, str, str], list[Share]]

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Called once by each app above, when it is ready.

    It is asked with the learner's key and the slugs of the pack and the card, and may ask the
    database. What it names comes behind the learner where runs take turns.
    """
    _providers.append(provider)


class OverQuota(Exception):
    """A share has no room; the message is for the learner."""


async def list_shares(
    learner: str, network: str = "", pack: str = "", card: str = ""
) -> list[Share]:
    """Whom the learner's runs of a card count for, the learner first.

    A browser nobody signed in with counts for its ``network`` as well: it can have a new session
    at any time.
    """
    own = Share(
        f"learner:{learner}",
        Quota(
            settings.RUNS_AT_ONCE_PER_LEARNER,
            settings.RUNS_PER_HOUR_PER_LEARNER,
            settings.SCRATCH_MEGABYTES_PER_LEARNER,
        ),
    )
    others = await database_sync_to_async(_ask)(learner, pack, card) if _providers else []
    if network and not learner.startswith(ACCOUNT) and settings.RUNS_PER_HOUR_PER_NETWORK:
        digest = salted_hmac("runs", network, algorithm="sha256").hexdigest()[:32]
        quota = Quota(runs_per_hour=settings.RUNS_PER_HOUR_PER_NETWORK)
        subject = "All who are not signed in on your network"
        whose = LimitOf(per_hour="this site's limit for one network")
        key = f"network:{digest}"
        others.append(Share(key, quota, subject, takes_turns=False, limit_of=whose))
    return [own, *others]


def _ask(learner: str, pack: str, card: str) -> list[Share]:
    return [share for provider in _providers for share in provider(learner, pack, card)]


def scratch_bytes(shares: Sequence[Share]) -> int:
    """The disk of a learner's scratch files: the least that anybody allows; 0: as usual."""
    bounds = [share.quota.scratch_megabytes for share in shares if share.quota.scratch_megabytes]
    return min(bounds, default=0) * _MIB


class Tally(Protocol):
    """Which runs count for whom now, and which began within the hour."""

    async def admit(self, run_id: str, shares: Sequence[Share]) -> None:
        """Count the run, if every share has room. Raises OverQuota."""

    async def release(self, run_id: str, keys: Sequence[str]) -> None:
        """The run has ended; again changes nothing."""


class LocalTally:
    """For a site of one process."""

    def __init__(self) -> None:
        self._going_on: dict[str, dict[str, float]] = {}
        self._begun: dict[str, deque[float]] = {}
        self._swept_at = 0.0

    async def admit(self, run_id: str, shares: Sequence[Share]) -> None:
        """As the protocol says."""
        now = time.time()
        self._sweep(now)
        for share in shares:
            going_on = self._going_on.get(share.key, {})
            begun = self._begun.get(share.key, deque())
            while begun and begun[0] <= now - HOUR_SECONDS:
                begun.popleft()
            if 0 < share.quota.runs_at_once <= len(going_on):
                raise OverQuota(_say_at_once(share))
            if 0 < share.quota.runs_per_hour <= len(begun):
                raise OverQuota(_say_per_hour(share, begun[0] + HOUR_SECONDS - now))
        for share in shares:
            self._going_on.setdefault(share.key, {})[run_id] = now + LONGEST_SECONDS
            if share.quota.runs_per_hour:
                self._begun.setdefault(share.key, deque()).append(now)

    async def release(self, run_id: str, keys: Sequence[str]) -> None:
        """As the protocol says."""
        for key in keys:
            self._going_on.get(key, {}).pop(run_id, None)

    def _sweep(self, now: float) -> None:
        """Forget, once a minute, whom nothing is known of any more."""
        if now - self._swept_at < 60:
            return
        self._swept_at = now
        for runs in self._going_on.values():
            for run_id in [each for each, until in runs.items() if until < now]:
                del runs[run_id]
        self._going_on = {key: runs for key, runs in self._going_on.items() if runs}
        recent = now - HOUR_SECONDS
        self._begun = {key: at for key, at in self._begun.items() if at and at[-1] > recent}


# All shares are looked at and counted in one step: two web processes do not both take the last.
_ADMIT: Final = """
local now, until_, hour = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 1, #KEYS, 2 do
  local at_once, per_hour = tonumber(ARGV[4 + i]), tonumber(ARGV[5 + i])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  redis.call('ZREMRANGEBYSCORE', KEYS[i + 1], '-inf', now - hour)
  if at_once > 0 and redis.call('ZCARD', KEYS[i]) >= at_once then
    return {(i + 1) / 2, '0'}
  end
  if per_hour > 0 and redis.call('ZCARD', KEYS[i + 1]) >= per_hour then
    local oldest = redis.call('ZRANGE', KEYS[i + 1], 0, 0, 'WITHSCORES')[2]
    return {(i + 1) / 2, tostring(oldest + hour - now)}
  end
end
for i = 1, #KEYS, 2 do
  redis.call('ZADD', KEYS[i], until_, ARGV[4])
  redis.call('EXPIRE', KEYS[i], math.ceil(until_ - now))
  if tonumber(ARGV[5 + i]) > 0 then
    redis.call('ZADD', KEYS[i + 1], now, ARGV[4])
    redis.call('EXPIRE', KEYS[i + 1], hour)
  end
end
return {0, '0'}
"""


class RedisTally:
    """For all web processes together."""

    async def admit(self, run_id: str, shares: Sequence[Share]) -> None:
        """As the protocol says."""
        now = time.time()
        keys = [f"{kind}:{share.key}" for share in shares for kind in ("going-on", "begun")]
        bounds = [
            bound
            for share in shares
            for bound in (share.quota.runs_at_once, share.quota.runs_per_hour)
        ]
        arguments: list[float | str] = [now, now + LONGEST_SECONDS, HOUR_SECONDS, run_id, *bounds]
        answer: Any = get_redis().eval(_ADMIT, len(keys), *keys, *arguments)
        number, seconds = await answer
        if number and (wait := float(seconds)):
            raise OverQuota(_say_per_hour(shares[number - 1], wait))
        if number:
            raise OverQuota(_say_at_once(shares[number - 1]))

    async def release(self, run_id: str, keys: Sequence[str]) -> None:
        """As the protocol says."""
        removals: list[Any] = [get_redis().zrem(f"going-on:{key}", run_id) for key in keys]
        await asyncio.gather(*removals)


@cache
def get_tally() -> Tally:
    """The tally of this site."""
    return RedisTally() if settings.REDIS_URL else LocalTally()


def name_runs(count: int) -> str:
    """So many of them, in words."""
    return f"{count} run{'' if count == 1 else 's'}"


def _say_at_once(share: Share) -> str:
    runs = name_runs(share.quota.runs_at_once)
    return (
        f"{share.subject} {share.verb} {runs} going on or waiting, the most at once: "
        f"{share.limit_of.at_once}. Your code was not run: there is room as soon as one of them "
        "ends, so stop one of yours, or try again in 10 s."
    )


def _say_per_hour(share: Share, wait_seconds: float) -> str:
    runs, minutes = name_runs(share.quota.runs_per_hour), int(wait_seconds // 60) + 1
    return (
        f"{share.subject} {share.verb} begun {runs} within an hour, the most there may be: "
        f"{share.limit_of.per_hour}. Your code was not run; try again in {minutes} min, when there "
        "is room."
    )
