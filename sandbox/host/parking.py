"""Children parked ahead of need, refilled when a run ends or when few are left."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from sandbox.host.cgroups import Cgroups
from sandbox.host.zygote import Child, Zygote, ZygoteFailed

_FEW: Final = 1


class ParkedChildren:
    """Keeps ``wanted`` children ready; when none is, one is forked on demand."""

    def __init__(self, zygote: Zygote, wanted: int, cgroups: Cgroups) -> None:
        self._zygote = zygote
        self._cgroups = cgroups
        self._wanted = wanted
        self._ready: list[Child] = []
        self._refill: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._ready)

    async def take(self) -> Child:
        """A parked child, now the caller's to begin or close. Raises ZygoteFailed."""
        if len(self._ready) <= _FEW:
            self.refill()
        while self._ready:
            child = self._ready.pop(0)
            if not child.exited.done():  # by whatever killed it while it waited
                return child
            child.close()
        return await self._park()

    def refill(self) -> None:
        """See to it, in the background, that the wanted number is ready."""
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        with contextlib.suppress(ZygoteFailed):  # whoever takes the next child hears of it
            while len(self._ready) < self._wanted:
                self._ready.append(await self._park())

    async def _park(self) -> Child:
        """A child in its cgroup; that takes longer than a run may wait, so it is done early."""
        child = await self._zygote.park()
        if not self._cgroups.are_used:
            return child
        try:
            child.cgroup = await self._cgroups.adopt(child.host_pid())
        except asyncio.CancelledError:
            child.close()
            raise
        return child

    async def close(self) -> None:
        """Let the parked children go."""
        if self._refill is not None:
            self._refill.cancel()
        for child in self._ready:
            child.close()
        self._ready.clear()
