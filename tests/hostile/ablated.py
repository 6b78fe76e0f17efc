"""A supervisor whose jail lacks some layers: ``python -m tests.hostile.ablated --without LAYER``.

Only tests have it: the runner's own command line offers no way to leave a layer out.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import get_args

import msgspec

from sandbox.host.server import Server
from sandbox.host.supervisor import MOST_RUNNING, Supervisor
from sandbox.protocol import Layer


async def serve(socket: str, without: frozenset[Layer], most_running: int) -> None:
    """Serve until stdin closes."""
    with tempfile.TemporaryDirectory(prefix="ablated-", dir="/tmp") as directory:
        supervisor = Supervisor(Path(directory), without=without, most_running=most_running)
        await supervisor.start("full", warm=False)
        server = await Server(supervisor).listen(socket)
        print(msgspec.json.encode(supervisor.status()).decode(), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.close()
        await supervisor.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--without", action="append", choices=get_args(Layer), default=[])
    parser.add_argument("--most-running", type=int, default=MOST_RUNNING)
    options = parser.parse_args()
    asyncio.run(serve(options.socket, frozenset(options.without), options.most_running))
