"""The site as real processes, and a page's socket as a browser would use it."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
RUN_SECONDS = 40
CARD = {"pack": "async-databases", "card": "blocking-driver", "cell": "trap"}

_OUTPUT = re.compile(r'<span class="(stdout|stderr)" data-at="\d+">(.*?)</span></div>', re.S)
_EVENTS = re.compile(r'<data class="loop-event" value="(.*?)">', re.S)
_STATUS = re.compile(r'<p id="cell-[^"]*-status"[^>]*>(.*?)</p>', re.S)
_NOTICE = re.compile(r'<p id="notice"[^>]*>(.*?)</p>', re.S)
_FINISHED = re.compile(r'data-outcome="(\w+)" data-line="(\d+)"')
_CELL = re.compile(r"<td>(.*?)</td>", re.S)


@contextlib.contextmanager
def site(folder: Path, **environment: str) -> Iterator[str]:
    """``manage.py play`` with its own data; the address it answers at."""
    port = find_free_port()
    command = [sys.executable, "manage.py", "play", "--port", str(port)]
    with running(command, folder, **environment) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until_it_answers(address, process)
        yield address


@contextlib.contextmanager
def runserver(folder: Path) -> Iterator[str]:
    """``manage.py runserver`` with its own data; the address it answers at."""
    address = f"127.0.0.1:{find_free_port()}"
    manage = [sys.executable, "manage.py"]
    with running([*manage, "migrate", "--verbosity=0"], folder) as migration:
        assert migration.wait(START_SECONDS) == 0
    with running([*manage, "runserver", "--noreload", address], folder) as process:
        wait_until_it_answers(f"http://{address}", process)
        yield f"http://{address}"


@contextlib.contextmanager
def running(
    command: list[str], folder: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with its own data, ended at the end; its log is printed when it dies early."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": str(folder), **environment},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        print((folder / "log").read_text(errors="replace"))
        process.terminate()
        process.wait(20)


def find_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the site serves pages."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"the site did not start (exit {process.returncode})")


@dataclass
class Shown:
    """What a page shows of one run."""

    stdout: str = ""
    stderr: str = ""
    statuses: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    outcome: str = ""
    line: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    raw: str = ""

    @property
    def status(self) -> str:
        """The last sentence about the cell."""
        return self.statuses[-1]

    def take(self, fragment: str) -> None:
        """Add one message of the site."""
        self.raw += fragment
        for stream, text in _OUTPUT.findall(fragment):
            setattr(self, stream, getattr(self, stream) + html.unescape(text))
        for array in _EVENTS.findall(fragment):
            self.events += json.loads(html.unescape(array))
        self.statuses += [html.unescape(text) for text in _STATUS.findall(fragment)]
        self.notices += [html.unescape(text) for text in _NOTICE.findall(fragment)]
        self.cells += [html.unescape(text) for text in _CELL.findall(fragment)]
        if found := _FINISHED.search(fragment):
            self.outcome, self.line = found[1], int(found[2])


class Page:
    """One page's socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        """One message, as the page's form sends it."""
        await self.connection.send(json.dumps({**CARD, **message}))

    async def run(self, code: str, driver: str = "aiosqlite", **message: Any) -> Shown:
        """Run code in the trap of the first card, to its end."""
        await self.send(action="run", code=code, driver=driver, **message)
        return await self.see(lambda shown: bool(shown.outcome))

    async def see(self, is_enough: Any) -> Shown:
        """What the site sends until it is enough."""
        shown = Shown()
        async with asyncio.timeout(RUN_SECONDS):
            while not is_enough(shown):
                fragment = await self.connection.recv()
                assert isinstance(fragment, str)
                shown.take(fragment)
        return shown


def visit(address: str) -> str:
    """The cookie of a new learner who opened the first card."""
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    opener.open(f"{address}/{CARD['pack']}/{CARD['card']}/").close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)


@contextlib.asynccontextmanager
async def open_page(
    address: str, cookie: str | None = None, origin: str | None = None
) -> AsyncIterator[Page]:
    """The socket of a page of this learner, a new one when no cookie is given."""
    if cookie is None:
        cookie = await asyncio.to_thread(visit, address)
    headers = {"Cookie": cookie, "Origin": origin or address}
    where = f"{address.replace('http', 'ws', 1)}/ws/runs/"
    async with websockets.connect(where, additional_headers=headers, max_size=None) as connection:
        yield Page(connection)
