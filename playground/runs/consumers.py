"""The page's socket: takes what the learner asks for, sends back fragments of the page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from typing import Any

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from exercises.model import Card, Cell, database_of
from playground.catalog import queries
from playground.catalog.views import LEARNER
from playground.runs import fragments, messages, operations, recordings, titles
from playground.runs import queries as kept
from playground.runs.messages import PageMessage, ResetCell, RunCell
from playground.runs.streams import RunStreams, WorkerLost, get_streams
from playground.runs.worker import CHANNEL
from sandbox.protocol import Finished, RunEvent, RunRequest

_log = logging.getLogger(__name__)

NO_SESSION = 4401
MOST_RUNS_PER_PAGE = 4


class RunConsumer(AsyncWebsocketConsumer):
    """One page of one learner. At most one run per cell; closing the page stops its runs."""

    async def connect(self) -> None:
        """Accept the page of a learner session; anyone else must visit a card first."""
        self._learner = await asyncio.to_thread(self.scope["session"].get, LEARNER, "")
        self._streams: RunStreams = get_streams()
        self._runs: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        await self.accept()
        if not self._learner:
            await self.close(code=NO_SESSION)

    async def disconnect(self, code: int) -> None:
        """Stop what this page started."""
        for run_id in list(self._runs.values()):
            await self._streams.request_stop(run_id)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One message of the page."""
        if not self._learner:  # sent before connect()'s closing reached it
            return
        try:
            message = messages.decode(text_data)
            card, cell = _find(message)
        except messages.NotOurs as error:
            await self._say(fragments.render_notice(str(error)))
            return
        if isinstance(message, RunCell):
            await self._run(message, card, cell)
        elif isinstance(message, ResetCell):
            await self._reset(cell)
        elif run_id := self._runs.get(cell.slug):
            await self._streams.request_stop(run_id)

    async def _run(self, message: RunCell, card: Card, cell: Cell) -> None:
        if cell.slug in self._runs:
            sentence = "Still running: stop it first."
            await self._say(fragments.render_status(cell.slug, sentence, running=True))
            return
        if len(self._runs) >= MOST_RUNS_PER_PAGE:
            sentence = "Other cells of this page are still running: stop one first."
            await self._say(fragments.render_status(cell.slug, sentence))
            return
        database = database_of(message.driver)
        request = RunRequest(
            run_id=secrets.token_hex(16),
            code=message.code,
            session=self._learner,
            database=database,
            driver=message.driver,
            seed="" if database == "none" else card.seed(database),
            profile=cell.profile,
            workers=message.workers_of(cell),
        )
        self._runs[cell.slug] = request.run_id
        self._start(self._follow(request, message, cell))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, request: RunRequest, message: RunCell, cell: Cell) -> None:
        """Ask for the run and pass its events on until it ended."""
        told: list[RunEvent] = []
        try:
            await self._streams.open(request.run_id)
            await self._control({"type": "run.start", "request": msgspec.msgpack.encode(request)})
            await self._say(fragments.render_start(cell.slug))
            picture = fragments.RunPicture(cell.slug, f"{message.pack}/{message.card}")
            async for events in self._streams.follow(request.run_id):
                if any(isinstance(event, Finished) for event in events):
                    # The page may run the cell again as soon as it hears of the end.
                    self._forget(cell, request)
                await self._say(picture.render(events))
                told += events
        except WorkerLost:
            sentence = (
                "We lost the worker that ran your code. It is our fault, not your code's; "
                "your code is untouched: run it again."
            )
            lost = Finished(at_us=0, outcome="sandbox_failed", fault="us", message=sentence)
            await self._say(fragments.RunPicture(cell.slug).render([lost]))
        except Exception:
            _log.exception("run %s", request.run_id)
            sentence = "Something failed on our side; your code is untouched. Run it again."
            await self._say(fragments.render_status(cell.slug, sentence))
        finally:
            self._forget(cell, request)
        if recordings.has_run(told):
            self._start(self._record(request.run_id, message, cell, told))

    def _forget(self, cell: Cell, request: RunRequest) -> None:
        if self._runs.get(cell.slug) == request.run_id:
            del self._runs[cell.slug]

    async def _record(
        self, run_id: str, message: RunCell, cell: Cell, events: list[RunEvent]
    ) -> None:
        """Keep the run, and offer what can be done with it unless its cell runs again."""
        self._last[cell.slug] = run_id
        try:
            keep = database_sync_to_async(_keep, thread_sensitive=False)
            fragment = await keep(self._learner, run_id, message, cell, events)
        except Exception:
            _log.exception("recording of run %s", run_id)
            return
        if cell.slug not in self._runs and self._last[cell.slug] == run_id:
            await self._say(fragment)

    async def _reset(self, cell: Cell) -> None:
        for run_id in list(self._runs.values()):
            await self._streams.request_stop(run_id)
        await self._control({"type": "session.reset", "session": self._learner})
        await self._say(fragments.render_reset(cell.slug))

    async def _control(self, message: dict[str, object]) -> None:
        layer = get_channel_layer()
        assert layer is not None
        await layer.send(CHANNEL, message)

    async def _say(self, fragment: str) -> None:
        if fragment:
            # A page that is gone has its runs stopped by disconnect().
            with contextlib.suppress(OSError):
                await self.send(text_data=fragment)


def _keep(learner: str, run_id: str, message: RunCell, cell: Cell, events: list[RunEvent]) -> str:
    recording = operations.save_recording(
        learner=learner, run_id=run_id, message=message, cell=cell, events=events
    )
    choices = titles.list_choices(recording, kept.list_others(recording))
    return fragments.render_recorded(
        cell.slug, recording, choices, has_picture=recordings.has_picture(events)
    )


def _find(message: PageMessage) -> tuple[Card, Cell]:
    card = queries.get_card(message.pack, message.card)
    cell = card.cell(message.cell) if card else None
    if card is None or cell is None:
        raise messages.NotOurs("This cell is not here any more. Reload the page for its new form.")
    if isinstance(message, RunCell) and message.driver not in (cell.drivers or ("",)):
        raise messages.NotOurs(f"This cell does not run on {message.driver or 'no database'}.")
    if isinstance(message, RunCell) and not cell.may_run_in(message.workers_of(cell)):
        raise messages.NotOurs(f"This cell does not run in {message.workers} workers.")
    return card, cell
