"""The trusted process over the children: admits runs, lends databases, follows children."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from sandbox.host import selftest, wall
from sandbox.host.admission import Admission, QueueFull, weigh
from sandbox.host.cgroups import Cgroups
from sandbox.host.driving import Listeners
from sandbox.host.driving.reading import read
from sandbox.host.lending import Lender, Lent
from sandbox.host.outcomes import full_database
from sandbox.host.parking import ParkedChildren
from sandbox.host.postgres.growth import Growth
from sandbox.host.refusal import RETRY_SECONDS, RequestRefused, limits_of
from sandbox.host.run import LiveRun
from sandbox.host.starting import Starter
from sandbox.host.witness import Pacer
from sandbox.host.zygote import Child, Zygote, ZygoteFailed
from sandbox.logs import about_run
from sandbox.protocol import (
    Finished,
    Job,
    Level,
    Limits,
    Part,
    Queued,
    RunEvent,
    RunRequest,
    Started,
    Status,
)

PARKED_CHILDREN: Final = 4
IDLE_SECONDS: Final = 30 * 60
MOST_RUNNING: Final = max(4, 2 * (os.cpu_count() or 1))
EXPIRY_SECONDS: Final = 60

_log = logging.getLogger(__name__)


class _Run:
    """A run that was asked for: waiting while ``live`` is None."""

    def __init__(self) -> None:
        self.batches: asyncio.Queue[list[RunEvent] | None] = asyncio.Queue()
        self.live: LiveRun | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_cancelled = False


class Supervisor:
    """Everything one worker host runs goes through here. Start it before use, stop it after.

    ``most_running`` is how many ordinary runs go on at once.

    ``without`` leaves out layers of the jail. No setting reaches it, nor a command that runs a
    learner's code: it is for the tests that show what each layer keeps in, and its cost. It may
    leave out the inside probe as well, for the benchmark of what that costs.
    ``cgroups`` are those below another cgroup than our own, for tests as well.
    """

    def __init__(
        self,
        run_directory: Path,
        *,
        without: frozenset[Part] = frozenset(),
        cgroups: Cgroups | None = None,
        most_running: int = MOST_RUNNING,
        bubblewrap: str = "",
    ) -> None:
        """``bubblewrap`` is the path of a copy of it, else PATH has it."""
        self._bubblewrap = bubblewrap
        self._without = without
        self._cgroups = cgroups or Cgroups()
        self._run_directory = run_directory
        self._admission = Admission(most_running)
        self._pacer = Pacer()
        self._runs: dict[str, _Run] = {}
        self._driven: set[asyncio.Task[None]] = set()
        self._background: list[asyncio.Task[None]] = []
        self._starter = Starter()
        self.level: Level = "refused"
        self.missing: list[str] = []
        self.probes: dict[str, bool] = {}

    async def start(self, level: Level | None = None, *, warm: bool = True) -> None:
        """Raise the wall at ``level``, or at the highest that works here; ``warm``: Postgres too.

        Raises ZygoteFailed.
        """
        self._cgroups.start()
        self._walls = wall.Walls(self._run_directory, self._without, self._bubblewrap)
        self._lender = Lender(self._walls)
        self._listeners = Listeners(self._run_directory)
        self._zygote, self.missing = await self._walls.raise_highest(level)
        self.level = self._zygote.level
        self._take_over(self._zygote)
        self._background = [
            asyncio.create_task(self._keep_zygote()),
            asyncio.create_task(self._expire_sessions()),
        ]
        if warm:
            self._background.append(asyncio.create_task(self._lender.warm()))

    async def prove(self) -> None:
        """Attack the jail before anybody else may; some 50 ms on an idle machine.

        Raises ZygoteFailed when it does not hold.
        """
        self.probes = await selftest.attack(self.run, self.level)
        if broken := [name for name, is_held in self.probes.items() if not is_held]:
            raise ZygoteFailed(f"{self.level}: the jail does not hold here: {', '.join(broken)}")

    async def stop(self) -> None:
        """End every run, the wall and the scratch databases."""
        for task in self._background:
            task.cancel()
        for run_id in list(self._runs):
            self.cancel(run_id)
        await asyncio.gather(*self._background, return_exceptions=True)
        # What was lent to them is given back while there is still somebody to give it to.
        await asyncio.gather(*self._driven, return_exceptions=True)
        await self._parked.close()
        await self._zygote.stop()
        await self._lender.stop()
        self._listeners.close()
        self._cgroups.stop()

    def status(self) -> Status:
        """Level, engines and load, as of now."""
        return Status(
            level=self.level,
            missing=self.missing,
            databases=self._lender.databases,
            running=self._admission.running,
            queued=self._admission.queued,
            versions=self._zygote.versions,
            cgroup=self._cgroups.report,
            probes=self.probes,
            zygote_pss_bytes=self._zygote.pss_bytes(),
            parked=len(self._parked),
            **self._lender.count(),
            running_pss_bytes=[run.live.pss_bytes() for run in self._runs.values() if run.live],
        )

    def cancel(self, run_id: str) -> None:
        """Stop a run, queued or running; nothing happens when there is none of that id."""
        run = self._runs.get(run_id)
        if run is None:
            return
        run.is_cancelled = True
        if run.live is not None:
            run.live.stop("cancel")
        elif run.task is not None:
            run.task.cancel()

    async def expire(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """Drop the scratch databases and files of learner sessions idle for so long."""
        try:
            await self._lender.expire(idle_seconds)
        except Exception:  # of the database, which is started anew when somebody needs it
            _log.exception("dropping idle sessions")

    async def reset(self, session: str) -> None:
        """Drop the scratch databases and files of a learner session."""
        await self._lender.drop(session)

    async def run(self, request: RunRequest) -> AsyncIterator[list[RunEvent]]:
        """The run's events in batches, the last one ending with ``Finished``.

        Raises RequestRefused. Closing the iterator cancels the run.
        """
        limits = limits_of(request, self.level)
        if request.run_id in self._runs:
            raise RequestRefused("a run with this id is under way")
        run = self._runs[request.run_id] = _Run()
        with about_run(request.run_id):
            run.task = asyncio.create_task(self._drive(request, limits, run))
        self._driven.add(run.task)
        run.task.add_done_callback(self._driven.discard)
        try:
            while (batch := await run.batches.get()) is not None:
                yield batch
            await run.task
        finally:
            self.cancel(request.run_id)
            del self._runs[request.run_id]

    async def _drive(self, request: RunRequest, limits: Limits, run: _Run) -> None:
        """From the queue to the end of the run, its events put into ``run.batches``."""

        def on_position(position: int, wait_seconds: float) -> None:
            run.batches.put_nowait([Queued(position, round(wait_seconds, 1))])

        try:
            weight = weigh(limits, request.workers)
            async with self._admission.admit(request.session, on_position, weight, request.fair_by):
                await self._run_admitted(request, limits, run)
        except QueueFull as full:
            raise RequestRefused(str(full), retry_seconds=full.retry_seconds) from None
        except asyncio.CancelledError:
            run.batches.put_nowait([_ended("cancelled", "nobody", "Stopped before it began.")])
        except Exception:  # whatever failed is ours: the learner must hear so, the log in full
            _log.exception("run %s", request.run_id)
            run.batches.put_nowait([_ended("sandbox_failed", "us", _OUR_FAULT)])
        finally:
            run.batches.put_nowait(None)

    async def _run_admitted(self, request: RunRequest, limits: Limits, run: _Run) -> None:
        await self._starter.until_raised()
        async with self._lender.lend(request, limits) as lent:
            job = Job(
                code=request.code,
                environment=lent.environment,
                session_directory=lent.directory,
                limits=limits,
                seed=lent.seed,
                fresh_file=lent.is_fresh,
                serves=bool(request.phases),
            )
            growth = await self._lender.bound_growth(lent, request.disk_bytes)
            watching: asyncio.Task[None] | None = None
            children: list[Child] = []
            listeners = self._listeners.make(request.workers if request.phases else 0)
            try:
                await self._starter.begin_workers(job, request.workers, children, listeners)
                started = Started(scratch=lent.scratch)
                lines = request.code.count("\n") + 1
                run.live = LiveRun(children, limits, started, lines=lines, pacer=self._pacer)
                if lent.slot is not None and (witness := self._lender.witness_of(lent)):
                    run.live.follow_role(witness, lent.slot.name, lent.slot.seeding_pid)
                if growth is not None:
                    too_much = partial(run.live.stop, "disk")
                    watching = asyncio.create_task(growth.watch(too_much))
                if listeners:
                    run.live.drive(request.phases, listeners)
                if run.is_cancelled:
                    run.live.stop("cancel")
                async for batch in run.live.events():
                    excused = await self._excuse(request, await _bound(batch, growth, limits))
                    if _is_worth_a_look(request, excused[-1]):
                        await self._look_afterwards(request, lent, run)
                    _log_end(excused[-1])
                    run.batches.put_nowait(excused)
            finally:
                if watching is not None:
                    watching.cancel()
                for listener in listeners:
                    listener.close()
                for child in children:
                    child.kill()
                    child.close()
                self._parked.refill()

    async def _look_afterwards(self, request: RunRequest, lent: Lent, run: _Run) -> None:
        """Every process of the learner's is gone: put what is seen now before the run's end."""
        assert run.live is not None
        await self._lender.end_connections(lent)
        calibration_us, found = await read(
            self._starter.begin, lent.environment, lent.directory, request.reads
        )
        run.batches.put_nowait([run.live.aftermath(calibration_us)])
        for rows in found:
            run.batches.put_nowait([rows])  # each may nearly fill a frame

    async def _excuse(self, request: RunRequest, batch: list[RunEvent]) -> list[RunEvent]:
        """The batch; an error that only says that our Postgres died is not the learner's."""
        last = batch[-1]
        if request.database != "postgres" or not isinstance(last, Finished):
            return batch
        if last.outcome != "raised" or await self._lender.postgres_answers():
            return batch
        lost = msgspec.structs.replace(
            last, outcome="sandbox_failed", fault="us", message=_DATABASE_LOST, worker=0
        )
        return [*batch[:-1], lost]

    def _take_over(self, zygote: Zygote) -> None:
        self._zygote = zygote
        self._parked = ParkedChildren(zygote, PARKED_CHILDREN, self._cgroups)
        self._parked.refill()
        self._lender.follow(zygote)
        self._starter.follow(self._parked)

    async def _keep_zygote(self) -> None:
        """Raise the wall again whenever the zygote dies; the files inside it are lost."""
        while True:
            await asyncio.shield(self._zygote.died)
            self._starter.wait()
            _log.error("the zygote died; starting another")
            await self._parked.close()
            try:
                zygote, _ = await self._walls.raise_highest(self.level)
            except ZygoteFailed:
                _log.exception("the zygote does not start; trying again")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._take_over(zygote)

    async def _expire_sessions(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            await self.expire()


_DATABASE_LOST: Final = (
    "Our scratch Postgres failed during this run, and what was in your database is lost. "
    "It is not your code's fault: run it again on a fresh one."
)


async def _bound(batch: list[RunEvent], growth: Growth | None, limits: Limits) -> list[RunEvent]:
    """The batch; of a run that ended before anybody saw how large its database is, seen now."""
    last = batch[-1]
    if growth is None or not isinstance(last, Finished):
        return batch
    if last.outcome not in ("completed", "raised") or not await growth.is_too_much():
        return batch
    outcome, fault, message = full_database(limits)
    full = msgspec.structs.replace(last, outcome=outcome, fault=fault, message=message, worker=0)
    return [*batch[:-1], full]


def _is_worth_a_look(request: RunRequest, last: RunEvent) -> bool:
    """Whether a run ends here that asks for more, and has something to be looked at."""
    asks = bool(request.phases or request.reads)
    ours = ("sandbox_failed", "cancelled")
    return asks and isinstance(last, Finished) and last.outcome not in ours


def _log_end(last: RunEvent) -> None:
    if isinstance(last, Finished):
        _log.debug("%s after %d ms", last.outcome, last.wall_us // 1000)


_OUR_FAULT: Final = "Our sandbox failed. It is not your code's fault: run it again."


def _ended(outcome: str, fault: str, message: str) -> Finished:
    return msgspec.convert(
        {"type": "finished", "at_us": 0, "outcome": outcome, "fault": fault, "message": message},
        Finished,
    )
