"""A page's socket for the benchmarks: what was pressed, and when each thing came back."""

from __future__ import annotations

import asyncio
import http.cookiejar
import re
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

CARD: Final = {"pack": "async-databases", "card": "blocking-driver"}
RUN_SECONDS: Final = 60

_OUTPUT: Final = re.compile(r'<span class="stdout" data-at="\d+">(.*?)</span></div>', re.S)
_OUTCOME: Final = re.compile(r'data-outcome="(\w+)" data-line')
_STATUS: Final = re.compile(r'<p id="cell-[^"]*-status"[^>]*>(.*?)</p>', re.S)


class Piece(NamedTuple):
    """Output that came together, and when, on the clock of ``time.monotonic_ns``."""

    at_ns: int
    text: str


class Pressed(NamedTuple):
    """One run as its page had it. ``first_ms``: from the click to the first output."""

    first_ms: float
    outcome: str
    status: str
    pieces: list[Piece]


def visit(address: str) -> str:
    """The cookie of a new learner, who opened a card."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{address}/{CARD['pack']}/{CARD['card']}/").close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@asynccontextmanager
async def open_socket(address: str, cookie: str = "") -> AsyncIterator[ClientConnection]:
    """The socket of a page of this learner, or of a new one."""
    cookie = cookie or await asyncio.to_thread(visit, address)
    async with websockets.connect(
        f"{address.replace('http', 'ws', 1)}/ws/runs/",
        additional_headers={"Cookie": cookie, "Origin": address},
        max_size=None,
        compression=None,
        open_timeout=60,
    ) as page:
        yield page


async def press(page: ClientConnection, code: str) -> Pressed:
    """Press Run on this code, and wait for its end."""
    message = {"action": "run", **CARD, "cell": "trap", "driver": "aiosqlite", "code": code}
    began = time.monotonic_ns()
    await page.send(msgspec.json.encode(message).decode())
    pieces: list[Piece] = []
    status = ""
    async with asyncio.timeout(RUN_SECONDS):
        async for fragment in page:
            now = time.monotonic_ns()
            assert isinstance(fragment, str)
            pieces += [Piece(now, text) for text in _OUTPUT.findall(fragment)]
            status = (_STATUS.findall(fragment) or [status])[-1]
            if found := _OUTCOME.search(fragment):
                first_ns = pieces[0].at_ns - began if pieces else 0
                return Pressed(first_ns / 1e6, found[1], status, pieces)
    raise RuntimeError(f"the site closed the socket: {status}")
