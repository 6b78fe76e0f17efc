"""Runs that no page shows, on the site's workers: as somebody's work, counted and in turn."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from typing import Final

import msgspec
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from playground.runs import quotas
from playground.runs.following import reset
from playground.runs.placing import NoWorker, channel_of, get_placing
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.streams import StreamsLost, WorkerLost, get_streams
from sandbox.protocol import RunEvent, RunRecord, RunRequest
from sandbox.record import assemble

ATTEMPTS: Final = 5  # while the failure is ours
PAUSE_SECONDS: Final = 2.0
ROOM_SECONDS: Final = 60.0  # for runs of the same learner to end

_LOST: Final = (WorkerLost, StreamsLost, NoWorker, ChannelFull, *OUT_OF_REACH)


class NoRoom(Exception):
    """A quota has been used up for longer than we wait; the message is for whoever it is."""


class WorkersLost(Exception):
    """None could be had, several times over. Ours to mend."""


class WorkersClient:
    """What runs a request, as ``playground.runs.grading.Runner``, for the learner of that key."""

    def __init__(self, learner: str) -> None:
        self._learner = learner

    async def record(self, request: RunRequest) -> RunRecord:
        """The run to its end; again, while the failure is ours. Raises NoRoom and WorkersLost."""
        record: RunRecord | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS)
            anew = msgspec.structs.replace(request, run_id=secrets.token_hex(16))
            with contextlib.suppress(*_LOST):
                record = await self._record_counted(anew)
                if record.outcome != "sandbox_failed":
                    return record
        if record is None:
            raise WorkersLost
        return record

    async def reset(self, session: str) -> None:
        """Drop what the run left."""
        with contextlib.suppress(*_LOST):  # then it ends by itself
            await reset(session)

    async def _record_counted(self, request: RunRequest) -> RunRecord:
        shares = await quotas.list_shares(self._learner)
        await _admit(request.run_id, shares)
        fair_by = [share.key for share in shares if share.takes_turns]
        try:
            return await _record(msgspec.structs.replace(request, fair_by=fair_by))
        finally:
            with contextlib.suppress(*OUT_OF_REACH):
                keys = [share.key for share in shares]
                await quotas.get_tally().release(request.run_id, keys)


async def _admit(run_id: str, shares: list[quotas.Share]) -> None:
    deadline = time.monotonic() + ROOM_SECONDS
    while True:
        try:
            await quotas.get_tally().admit(run_id, shares)
        except quotas.OverQuota as over:
            if time.monotonic() > deadline:
                raise NoRoom(str(over)) from over
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


async def _record(request: RunRequest) -> RunRecord:
    streams, layer = get_streams(), get_channel_layer()
    assert layer is not None
    await streams.open(request.run_id)
    worker = await get_placing().place(request.session)
    message = {"type": "run.start", "request": msgspec.msgpack.encode(request)}
    await layer.send(channel_of(worker), message)
    told: list[RunEvent] = []
    try:
        async for events in streams.follow(request.run_id, worker):
            told += events
    except asyncio.CancelledError:
        with contextlib.suppress(*OUT_OF_REACH):
            await streams.request_stop(request.run_id)
        raise
    return assemble(request, told)
