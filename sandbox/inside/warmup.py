"""Import what learners import and run each library once, so that a child finds it warm."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import os
import sys
import tempfile
import threading
from typing import Final

from sandbox.inside import heartbeat, practice, serving, telemetry

THREAD_SECONDS: Final = 10
REHEARSALS: Final = 12
LIBRARIES: Final = ("sqlalchemy", "aiosqlite", "asyncpg", "psycopg", "fastapi", "httpx")
_MODULES: Final = (
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "psycopg_pool",
    "fastapi.concurrency",
    "concurrent.futures.thread",
    "dataclasses",
    "datetime",
    "decimal",
    "json",
    "random",
    "statistics",
    "traceback",
    "zoneinfo",
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.h11_impl",
)


def rehearse() -> None:
    """Do once what a typical cell does, under the probe; afterwards this thread is the only one."""
    with tempfile.TemporaryDirectory() as directory, open(os.devnull, "wb") as nowhere:
        recorder = telemetry.start(nowhere.fileno(), practice.__file__)
        recorder.watch(practice.run.__code__)
        asyncio.run(practice.run(os.path.join(directory, "warm.db")))
        recorder.finish()
    for thread in threading.enumerate():  # a driver's may still be about to end
        if thread is not threading.current_thread():
            thread.join(THREAD_SECONDS)


def run(*, observed: bool) -> dict[str, str]:
    """Warm everything up, put the probe in place; the libraries' versions."""
    sys.modules["rich"] = None  # type: ignore[assignment]  # else httpx imports its command line
    for name in (*LIBRARIES, *_MODULES):
        importlib.import_module(name)
    del sys.modules["rich"]
    if observed:
        telemetry.install()
        heartbeat.install()
    serving.install()
    for _ in range(REHEARSALS):
        rehearse()
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": sys.version.split()[0], **versions}
