"""Serving a cell's application on the socket that the supervisor handed in.

What the application answers is the run's evidence; how it comes to be served is not, so a cell may
take this apart: it then is not reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
from typing import Any, Final

import uvicorn

from sandbox.inside.telemetry import requests
from sandbox.protocol import CUES, LISTENER, SERVING

GRACE_SECONDS: Final = 1  # for requests still under way when the run is asked to end

_is_wanted = False  # by this child's run, and not served yet


def install() -> None:
    """Once, in the zygote: servers of uvicorn listen where they say until ``start``."""
    plain_serve, plain_run = uvicorn.Server.serve, uvicorn.Server.run
    plain_startup, plain_loop = uvicorn.Server.startup, uvicorn.Server.main_loop

    @functools.wraps(plain_run)
    def run(self: Any, sockets: Any = None) -> None:
        if not _is_wanted:
            plain_run(self, sockets)
            return
        asyncio.run(self.serve(sockets))  # asyncio's own loop, whatever else is installed

    @functools.wraps(plain_serve)
    async def serve(self: Any, sockets: Any = None) -> None:
        global _is_wanted
        if not _is_wanted:
            await plain_serve(self, sockets)
            return
        _is_wanted = False
        _adapt(self.config)
        self.startup = functools.partial(_start, self, plain_startup)
        self.main_loop = functools.partial(_until_told, self, plain_loop)
        await plain_serve(self, [socket.socket(fileno=LISTENER)])

    uvicorn.Server.run = run  # type: ignore[method-assign]
    uvicorn.Server.serve = serve  # type: ignore[method-assign]


def start() -> None:
    """In a child whose run serves: the next server of uvicorn's is the one."""
    global _is_wanted
    _is_wanted = True


def serve(app: Any) -> None:
    """Serve this application, if it is one and none was served yet, until told to stop."""
    if not _is_wanted or not callable(app):
        return
    # Without its own logging: warnings and errors alone, on stderr.
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    try:
        server.run()
    except SystemExit:
        if not server.started:
            raise RuntimeError("the application did not start: see above") from None
        raise


def _adapt(config: Any) -> None:
    """h11 and no WebSockets, which is what the zygote holds; and requests in the picture."""
    if config.http == "auto":
        config.http = "h11"
    if config.ws == "auto":
        config.ws = "none"
    if config.timeout_graceful_shutdown is None:
        config.timeout_graceful_shutdown = GRACE_SECONDS
    if not config.loaded:
        config.load()
    config.loaded_app = requests.observe(config.loaded_app)


async def _start(server: Any, plain_startup: Any, sockets: Any = None) -> None:
    await plain_startup(server, sockets)
    with contextlib.suppress(OSError):
        os.write(CUES, SERVING)


async def _until_told(server: Any, plain_loop: Any) -> None:
    """The server's own loop, ended at once when the supervisor closes its end of the cues."""
    loop = asyncio.get_running_loop()
    ticking = loop.create_task(plain_loop(server), name="uvicorn")

    def stop() -> None:
        loop.remove_reader(CUES)
        server.should_exit = True
        ticking.cancel()

    with contextlib.suppress(OSError):  # the cell closed it: then it is ended without being asked
        loop.add_reader(CUES, stop)
    try:
        await asyncio.wait([ticking])
    finally:
        ticking.cancel()
        loop.remove_reader(CUES)
    if not ticking.cancelled():
        ticking.result()
