"""A measurement of the site on SQLite and on Postgres, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from playground.benchmarks import much
from playground.benchmarks.figures import Figure
from playground.benchmarks.throwaway_postgres import throwaway_postgres


async def measure_on_both(module: str) -> AsyncIterator[Figure]:
    """What ``python -m module DATABASE`` prints, a figure a line, in a site with made packs."""
    async for figure in _measure_on("SQLite", "", module):
        yield figure
    with throwaway_postgres() as address:
        async for figure in _measure_on("Postgres", address, module):
            yield figure


async def _measure_on(database: str, address: str, module: str) -> AsyncIterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        packs = Path(name, "made")
        much.write_packs(packs)
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", module, database],
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "VAR_DIR": name,
                "PACK_DIRS": str(packs),
                "SITE_DATABASE_URL": address,
                "DJANGO_SETTINGS_MODULE": "playground.settings",
                "REDIS_URL": "",
            },
        )
        assert process.stdout is not None
        async for line in process.stdout:
            yield msgspec.json.decode(line, type=Figure)
        if await process.wait():
            raise RuntimeError(f"{module} failed on {database}: see above")
