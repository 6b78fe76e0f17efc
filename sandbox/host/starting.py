"""Gives jobs to parked children: one for a run, or one for each of its workers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

from sandbox.host.driving import Listener
from sandbox.host.parking import ParkedChildren
from sandbox.host.zygote import Child, ZygoteFailed
from sandbox.protocol import Job


class Starter:
    """Takes children from whatever zygote there is; while there is none, it waits."""

    def __init__(self) -> None:
        self._raised = asyncio.Event()

    def follow(self, parked: ParkedChildren) -> None:
        """Take children from here on."""
        self._parked = parked
        self._raised.set()

    def wait(self) -> None:
        """The zygote died: take none until there is another to follow."""
        self._raised.clear()

    async def until_raised(self) -> None:
        """Return when there is a zygote: what is lent before would be lent in the dead one."""
        await self._raised.wait()

    async def begin_workers(
        self, job: Job, workers: int, children: list[Child], listeners: Sequence[Listener] = ()
    ) -> None:
        """Add a child for each worker to ``children``; the first alone applies the seed.

        Each gets its listener, if there are any. Raises ZygoteFailed.
        """
        handed = [listener.inside_ends() for listener in listeners] or [[]] * workers
        if workers == 1:
            children.append(await self.begin(job, handed[0]))
        else:
            for worker in range(1, workers + 1):
                own = _for_worker(job, worker, workers)
                children.append(await self.begin(own, handed[worker - 1]))
                if worker == 1 and (job.seed or job.fresh_file):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(children[0].seeded(), job.limits.wall_seconds)
        for listener in listeners:
            listener.close_inside_ends()

    async def begin(self, job: Job, handed: Sequence[int] = ()) -> Child:
        """A child that has the job; tried once more, as a zygote may have died just now.

        Raises ZygoteFailed.
        """
        for attempt in (1, 2):
            await self._raised.wait()
            child: Child | None = None
            try:
                child = await self._parked.take()
                await child.begin(job, handed)
            except ZygoteFailed:
                if child is not None:
                    child.kill()
                    child.close()
                if attempt == 2:
                    raise
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if child is not None:
                    child.kill()
                    child.close()
                raise
            else:
                return child
        raise AssertionError


def _for_worker(job: Job, worker: int, workers: int) -> Job:
    return msgspec.structs.replace(
        job,
        environment={**job.environment, "WORKER": str(worker)},
        seed=job.seed if worker == 1 else "",
        fresh_file=job.fresh_file and worker == 1,
        worker=worker,
        workers=workers,
    )
