"""The page's socket: takes what the learner asks for, sends back fragments of the page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from datetime import date
from typing import Any

import msgspec

from exercises.drivers import database_of
from exercises.exercise import PLACE, Exercise
from exercises.model import Card, Cell
from playground.accounts import zones
from playground.accounts.consumers import SiteConsumer
from playground.accounts.networks import network_of
from playground.measures import PageClock
from playground.runs import answers, ending, fragments, grading, messages, operations, quotas
from playground.runs.addresses import find_cell, find_exercise, look_up
from playground.runs.following import Again, SeededAnew, follow, reset
from playground.runs.fragments import RunPicture
from playground.runs.messages import (
    CheckAnswer,
    PageMessage,
    ResetCell,
    ResumeRun,
    RunCell,
    StopCell,
)
from playground.runs.redis_clients import OUT_OF_REACH
from playground.runs.streams import RunStreams, get_streams
from playground.runs.under_way import UnderWay, get_runs
from sandbox.logs import about_run
from sandbox.protocol import Finished, RunEvent, RunRequest

_log = logging.getLogger(__name__)

MOST_RUNS_PER_PAGE = 4
RESUME_SECONDS = 8.0
LEFT = (1000, 1001)  # closed by a page that is left; uvicorn says 1005 of a lost connection

_OUT_OF_REACH = (
    "A part of our site is out of reach just now. It is our fault; nothing of yours is lost: try "
    "again in 30 s."
)
_GONE = (
    "The connection was lost, and how the run ended is not known any more. It is our fault; your "
    "code is untouched: run it again."
)


class RunConsumer(SiteConsumer):
    """One page of one learner. At most one run per cell; closing the page stops its runs."""

    async def begin(self) -> None:
        """Nothing runs yet."""
        self._streams: RunStreams = get_streams()
        self._runs: dict[str, UnderWay] = {}
        self._last: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def disconnect(self, code: int) -> None:
        """Stop what this page started, unless only the connection was lost: it may come back."""
        for run in list(self._runs.values()) if self.learner else []:
            if code in LEFT:
                with contextlib.suppress(*OUT_OF_REACH):
                    await self._streams.request_stop(run.stream_id)
            else:
                self._start(self._stop_unless_resumed(run))

    async def _stop_unless_resumed(self, run: UnderWay) -> None:
        await asyncio.sleep(RESUME_SECONDS)
        with contextlib.suppress(*OUT_OF_REACH):  # then it ends by its own time limit
            if not await get_runs().was_resumed(run.run_id):
                await self._streams.request_stop(run.stream_id)

    async def obey(self, text: str | None) -> None:
        """One message of the page."""
        try:
            await self._obey(messages.decode(text))
        except messages.NotOurs as error:
            await self._say(fragments.render_notice(str(error)))
        except OUT_OF_REACH:
            _log.exception("a message of a page")
            await self._say(fragments.render_notice(_OUT_OF_REACH))

    async def _obey(self, message: PageMessage) -> None:
        if not isinstance(message, StopCell) and await self.find_learner() != self.learner:
            raise messages.NotOurs(
                "You signed in or out since this page was opened. Reload it, and go on."
            )
        if isinstance(message, CheckAnswer):
            await self._check(message, *await look_up(find_exercise, message, self.learner))
        elif isinstance(message, RunCell):
            await self._run(message, *await look_up(find_cell, message, self.learner))
        elif isinstance(message, ResetCell):
            await self._reset((await look_up(find_cell, message, self.learner))[1])
        elif isinstance(message, ResumeRun):
            await self._resume(message)
        elif run := self._runs.get(message.cell):
            await self._streams.request_stop(run.stream_id)
        elif not message.cell.startswith(PLACE):
            await look_up(find_cell, message, self.learner)

    async def _may_begin(self, place: str) -> bool:
        """Whether the page may run something there now; it is told why not."""
        if place in self._runs:
            sentence = "Still running: stop it first."
            run_id = self._runs[place].run_id
            status = fragments.render_status(place, sentence, running=True, run_id=run_id)
            await self._say(status)
            return False
        if len(self._runs) >= MOST_RUNS_PER_PAGE:
            sentence = "Other cells of this page are still running: stop one first."
            await self._say(fragments.render_status(place, sentence))
            return False
        return True

    async def _run(self, message: RunCell, card: Card, cell: Cell) -> None:
        if not await self._may_begin(cell.slug):
            return
        database = database_of(message.driver)
        request = RunRequest(
            run_id=secrets.token_hex(16),
            code=message.code,
            session=self.learner,
            database=database,
            driver=message.driver,
            seed=card.seed(database),
            profile=cell.profile,
            workers=message.workers_of(cell),
        )
        await self._begin_within_quota(request, message)

    async def _check(self, message: CheckAnswer, card: Card, exercise: Exercise) -> None:
        if await self._may_begin(exercise.place):
            answer = answers.answer_of(exercise, message)
            request = grading.ask(card, exercise, answer, message.driver or None)
            await self._begin_within_quota(request, message)

    async def _begin_within_quota(
        self, request: RunRequest, message: RunCell | CheckAnswer
    ) -> None:
        network = network_of(self.scope)
        shares = await quotas.list_shares(self.learner, network, message.pack, message.card)
        try:
            await quotas.get_tally().admit(request.run_id, shares)
        except quotas.OverQuota as over:
            await self._say(fragments.render_status(message.cell, str(over)))
            return
        keys = [share.key for share in shares]
        disk_bytes = quotas.scratch_bytes(shares) if isinstance(message, RunCell) else 0
        fair_by = [share.key for share in shares if share.takes_turns]
        request = msgspec.structs.replace(request, fair_by=fair_by, disk_bytes=disk_bytes)
        run = UnderWay(self.learner, request, message, self._today(), counted_by=keys)
        self._begin(run)

    def _begin(self, run: UnderWay, *, is_new: bool = True) -> None:
        self._runs[run.place] = run
        with about_run(run.run_id):
            self._start(self._see_through(run, is_new=is_new))

    async def _resume(self, message: ResumeRun) -> None:
        """Show a run from its beginning: what the page missed is among it."""
        run = await get_runs().find(message.run_id)
        if run is None or run.learner != self.learner or run.place != message.cell:
            await self._say(fragments.render_status(message.cell, _GONE))
        elif message.cell not in self._runs:
            await get_runs().mark_resumed(run.run_id)
            self._begin(run, is_new=False)

    async def _see_through(self, run: UnderWay, *, is_new: bool) -> None:
        """From its start, or from where the page lost it, until its end is kept."""
        async with get_runs().hold(run), ending.counted(run):
            if isinstance(run.message, CheckAnswer):
                await self._say(answers.render_emptied(run.place))
            told = await self._follow(run, is_new=is_new)
            if isinstance(run.message, CheckAnswer):
                await self._judge(run, told)
            else:
                await self._record(run, told)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, run: UnderWay, *, is_new: bool) -> list[RunEvent]:
        """Pass the run's events on until it ended; all of them."""
        told: list[RunEvent] = []
        picture = self._picture(run)
        clock = PageClock()
        try:
            await self._say(fragments.render_start(run.place, run.run_id))
            async for happening in follow(run, begin=is_new):
                if isinstance(happening, Again):
                    told, picture, clock = [], self._picture(run), PageClock()
                    start = fragments.render_start(run.place, run.run_id)
                    await self._say(start + fragments.render_notice(happening.sentence))
                elif isinstance(happening, SeededAnew):
                    await self._say(fragments.render_notice(happening.sentence))
                else:
                    if ended := [each for each in happening if isinstance(each, Finished)]:
                        _log.debug("%s at %s", ended[0].outcome, run.place)
                        # The page may run the cell again as soon as it hears of the end.
                        self._forget(run)
                    await self._say(picture.render(happening))
                    told += happening
                    if is_new:  # one that is seen again was counted
                        clock.see(happening)
        except Exception:
            _log.exception("run %s", run.run_id)
            sentence = "Something failed on our side; your code is untouched. Run it again."
            await self._say(fragments.render_status(run.place, sentence))
        finally:
            self._forget(run)
        return told

    def _picture(self, run: UnderWay) -> RunPicture:
        card = f"{run.message.pack}/{run.message.card}"
        return RunPicture(run.place, card, run.run_id)

    def _forget(self, run: UnderWay) -> None:
        if self._runs.get(run.place) is run:
            del self._runs[run.place]

    async def _judge(self, run: UnderWay, told: list[RunEvent]) -> None:
        try:
            await reset(run.request.session)
            if grade := await ending.judge(run, told):
                assert isinstance(run.message, CheckAnswer)
                _, exercise = await look_up(find_exercise, run.message, run.learner)
                await self._say(answers.render_verdicts(exercise, grade))
                await self._say(await ending.keep_attempt(run, grade))
                await self._record(run, told)
            else:
                await get_runs().close(run)
        except messages.NotOurs:
            sentence = "The exercise was taken away while it ran, so your answer was not judged."
            await self._say(fragments.render_status(run.place, sentence))
            await get_runs().close(run)
        except Exception:
            _log.exception("attempt of run %s", run.run_id)

    async def _record(self, run: UnderWay, told: list[RunEvent]) -> None:
        """Keep the run, and offer what can be done with it unless its place runs again."""
        self._last[run.place] = run.run_id
        try:
            fragment = await ending.keep_recording(run, told)
            await get_runs().close(run)
        except (operations.NobodysRun, messages.NotOurs):
            return
        except Exception:
            _log.exception("recording of run %s", run.run_id)
            return
        if run.place not in self._runs and self._last[run.place] == run.run_id:
            await self._say(fragment)

    def _today(self) -> date:
        return zones.today(self.scope.get("cookies", {}))

    async def _reset(self, cell: Cell) -> None:
        for run in list(self._runs.values()):
            await self._streams.request_stop(run.stream_id)
        await reset(self.learner)
        await self._say(fragments.render_reset(cell.slug))

    async def _say(self, fragment: str) -> None:
        if fragment:
            # A page that is gone has its runs stopped by disconnect().
            with contextlib.suppress(OSError):
                await self.send(text_data=fragment)
