"""Starts a run and follows it to its end, whatever is lost on the way."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import msgspec
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from playground.runs.placing import NoWorker, channel_of, get_placing
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.streams import Events, StreamsLost, WorkerLost, get_streams
from playground.runs.under_way import UnderWay, get_runs
from sandbox.protocol import Finished, Started

WORKER_SECONDS: Final = 10.0  # for a worker to come, while there is none
AGAIN_SECONDS: Final = 5.0  # for whoever starts a run again to have done so

_LOST: Final = (
    "We lost the worker that ran your code. It is our fault, not your code's; "
    "your code is untouched: run it again."
)
_NO_WORKER: Final = (
    "No worker of ours is there to run your code. It is our fault; your code is untouched and "
    "was not run: try again in 30 s."
)
_OUT_OF_REACH: Final = (
    "Our own message store is out of reach, so we cannot say how your run ended. It is our "
    "fault; your code is untouched: run it again in a minute."
)
_BUSY: Final = (
    "We are busy: the worker that has your scratch database takes no more runs now. "
    "Your code was not run; try again in 10 s."
)
AGAIN: Final = (
    "We lost the worker that ran your code, so it was started again on another, with a fresh "
    "scratch database. It is our fault, not your code's."
)
SEEDED_ANEW: Final = (
    "Your scratch database was lost with the process that kept it, or had not been used for "
    "long. It is not your code's fault; this run began on a fresh one, seeded anew."
)


class Again(NamedTuple):
    """The run began anew: what came of it before counts no more."""

    sentence: str


class SeededAnew(NamedTuple):
    """What the learner had in the scratch database is gone."""

    sentence: str


Happening = Events | Again | SeededAnew


async def follow(run: UnderWay, *, begin: bool) -> AsyncIterator[Happening]:
    """All events from the first; the last one is ``Finished``, and says whose fault it was.

    ``begin``: nobody has started it yet.
    """
    try:
        if begin:
            await _start(run)
        async for happening in _follow_once(run):
            yield happening
        return
    except WorkerLost:
        pass
    except NoWorker:
        yield [_ours(_NO_WORKER)]
        return
    except ChannelFull:
        yield [_ours(_BUSY)]
        return
    except (StreamsLost, *OUT_OF_REACH):
        yield [_ours(_OUT_OF_REACH)]
        return
    async for happening in _follow_again(run):
        yield happening


async def _follow_again(run: UnderWay) -> AsyncIterator[Happening]:
    if await get_streams().was_stopped(run.stream_id):
        yield [Finished(at_us=0, outcome="cancelled", fault="nobody", message="Stopped.")]
        return
    try:
        if not await _is_started_again(run):
            yield [_ours(_LOST)]
            return
        yield Again(AGAIN)
        async for happening in _follow_once(run):
            yield happening
    except (WorkerLost, NoWorker, ChannelFull, StreamsLost, *OUT_OF_REACH):
        yield [_ours(_LOST)]


async def _follow_once(run: UnderWay) -> AsyncIterator[Happening]:
    async for events in get_streams().follow(run.stream_id, run.worker):
        if any(isinstance(each, Started) for each in events) and await _was_seeded_anew(
            run, events
        ):
            yield SeededAnew(SEEDED_ANEW)
        yield events


async def _start(run: UnderWay, besides: str = "") -> None:
    await get_streams().open(run.stream_id)
    run.worker = await _place(run, besides)
    await get_runs().save(run)
    layer = get_channel_layer()
    assert layer is not None
    request = msgspec.msgpack.encode(run.request_of_worker())
    await layer.send(channel_of(run.worker), {"type": "run.start", "request": request})


async def _place(run: UnderWay, besides: str) -> str:
    deadline = time.monotonic() + WORKER_SECONDS
    while True:
        try:
            return await get_placing().place(run.request.session, besides)
        except (NoWorker, *OUT_OF_REACH):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


async def _is_started_again(run: UnderWay) -> bool:
    """Start it once more, or wait for whoever else does; it has been at most once."""
    if run.tries:
        return False
    if await get_runs().may_start_again(run):
        run.tries = 1
        await _start(run, besides=run.worker)
        return True
    deadline = time.monotonic() + AGAIN_SECONDS
    while time.monotonic() < deadline:
        found = await get_runs().find(run.run_id)
        if found is not None and found.tries:
            run.tries, run.worker = found.tries, found.worker
            return True
        await asyncio.sleep(0.2)
    return False


async def _was_seeded_anew(run: UnderWay, events: Events) -> bool:
    """Whether what the learner had, and did not drop, is gone."""
    request = run.request
    [started] = [each for each in events if isinstance(each, Started)]
    if started.scratch == "none" or request.fresh or request.session != run.learner:
        return False
    kind = f"{request.database}:{hashlib.sha256(request.seed.encode()).hexdigest()[:16]}"
    is_fresh = started.scratch == "fresh"
    was_lost = await get_placing().note_scratch(request.session, kind, is_fresh=is_fresh)
    return was_lost and not run.tries  # started again, it has been said


def _ours(sentence: str) -> Finished:
    return Finished(at_us=0, outcome="sandbox_failed", fault="us", message=sentence)


async def reset(session: str) -> None:
    """Drop a learner session's scratch databases and files, where there are any."""
    placing = get_placing()
    worker = await placing.find(session)
    await placing.forget(session)
    layer = get_channel_layer()
    assert layer is not None
    if worker:
        await layer.send(channel_of(worker), {"type": "session.reset", "session": session})
