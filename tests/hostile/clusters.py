"""A Postgres as learners get one, where a test is the admin: for controls."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.host.postgres.cluster import Cluster
from sandbox.host.wall import SERVER_UID


@asynccontextmanager
async def own_cluster() -> AsyncIterator[Cluster]:
    """Start it, end it."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        os.chmod(folder, 0o711)  # noqa: S103 - as a run directory: entered, not read
        sockets = f"{folder}/sockets"
        os.mkdir(sockets, 0o711)
        uid = SERVER_UID if os.geteuid() == 0 else None
        cluster = Cluster(Path(sockets), Path(folder, "secret"), uid)
        await cluster.start()
        try:
            yield cluster
        finally:
            await cluster.stop()
