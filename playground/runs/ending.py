"""What is kept of a run that ended, by whichever web process saw it end: once, by its run_id."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.db import database_sync_to_async

from playground.progress import operations as progress
from playground.progress import shown
from playground.runs import addresses, answers, fragments, grading, operations, recordings, titles
from playground.runs import queries as kept
from playground.runs.following import Again, SeededAnew, follow, reset
from playground.runs.grading import Grade
from playground.runs.messages import CheckAnswer, NotOurs, RunCell
from playground.runs.models import Recording
from playground.runs.quotas import get_tally
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.under_way import UnderWay, get_runs
from sandbox.protocol import Finished, RunEvent
from sandbox.record import assemble

_log = logging.getLogger(__name__)


@asynccontextmanager
async def counted(run: UnderWay) -> AsyncIterator[None]:
    """At the end the run counts for nobody's quota any more."""
    try:
        yield
    finally:
        with contextlib.suppress(*OUT_OF_REACH):
            await get_tally().release(run.run_id, run.counted_by)


async def judge(run: UnderWay, told: list[RunEvent]) -> Grade | None:
    """What is said of an answer; None where it was stopped before anything could be said."""
    assert isinstance(run.message, CheckAnswer)
    if not told or not isinstance(told[-1], Finished) or told[-1].outcome == "cancelled":
        return None
    find = addresses.find_exercise
    _, exercise = await addresses.look_up(find, run.message, run.learner)
    answer = answers.answer_of(exercise, run.message)
    # Reading the learner's code takes its time, and others share this loop.
    return await asyncio.to_thread(grading.conclude, exercise, answer, assemble(run.request, told))


async def keep_attempt(run: UnderWay, grade: Grade) -> str:
    """Keep the attempt, whoever is still here to see it; the fragment that a review is told by.

    What a quiz proves is none.
    """
    assert isinstance(run.message, CheckAnswer)
    if run.message.asked:
        return ""
    find = addresses.find_exercise
    _, exercise = await addresses.look_up(find, run.message, run.learner)
    record_attempt = database_sync_to_async(progress.record_attempt, thread_sensitive=False)
    page = shown.read(run.message.shown)
    attempt = await record_attempt(
        learner=run.learner,
        run_id=run.run_id,
        pack=run.message.pack,
        card=run.message.card,
        exercise=exercise,
        driver=run.message.driver,
        answer=answers.answer_of(exercise, run.message),
        verdicts=grade.verdicts,
        mistake=grade.mistake.message if grade.mistake else "",
        wall_us=grade.record.wall_us,
        day=run.day,
        shown=page,
    )
    is_reviewed = page and page.in_review and attempt and attempt.counts
    return answers.render_reviewed(run.message, exercise) if is_reviewed else ""


async def keep_recording(run: UnderWay, told: list[RunEvent]) -> str:
    """Keep the run; the fragment with what can be done with it. Raises NobodysRun.

    What a quiz proves is no run of its learner's own.
    """
    is_asked = isinstance(run.message, CheckAnswer) and run.message.asked
    if is_asked or not recordings.has_run(told):
        return ""
    keep = database_sync_to_async(_keep_recording, thread_sensitive=False)
    return str(await keep(run, told))


def _keep_recording(run: UnderWay, told: list[RunEvent]) -> str:
    recording = _save(run, told)
    choices = titles.list_choices(recording, kept.list_others(recording))
    has_picture = recordings.has_picture(told)
    return fragments.render_recorded(run.place, recording, choices, has_picture=has_picture)


def _save(run: UnderWay, told: list[RunEvent]) -> Recording:
    message = run.message
    if isinstance(message, CheckAnswer):
        _, exercise = addresses.find_exercise(message, run.learner)
        return operations.save_judged(
            learner=run.learner,
            run_id=run.run_id,
            message=message,
            exercise=exercise,
            answer=answers.answer_of(exercise, message),
            events=told,
        )
    _, cell = addresses.find_cell(message, run.learner)
    return operations.save_recording(
        learner=run.learner,
        run_id=run.run_id,
        message=message,
        cell=cell,
        events=told,
        day=run.day,
    )


async def adopt(run: UnderWay) -> None:
    """Follow to its end, and keep, a run whose web process is gone."""
    _log.warning("run %s: taken over from a web process that is gone", run.run_id)
    told: list[RunEvent] = []
    async with get_runs().hold(run), counted(run):
        async for happening in follow(run, begin=False):
            if isinstance(happening, Again):
                told.clear()
            elif not isinstance(happening, SeededAnew):
                told += happening
        await keep(run, told)


async def keep(run: UnderWay, told: list[RunEvent]) -> None:
    """Keep what came of it, with nobody to see it."""
    try:
        if isinstance(run.message, RunCell):
            await keep_recording(run, told)
        else:
            await reset(run.request.session)
            if grade := await judge(run, told):
                await keep_attempt(run, grade)
                await keep_recording(run, told)
    except (operations.NobodysRun, NotOurs):
        pass  # its account was deleted, or its card is gone
    await get_runs().close(run)
