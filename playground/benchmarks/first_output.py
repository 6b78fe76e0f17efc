"""From the click to the first output, over the real WebSocket of the embedded default."""

from __future__ import annotations

import asyncio
import http.cookiejar
import itertools
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from playground.benchmarks import cells, jail
from playground.benchmarks.figures import Baseline, Figure, spread
from playground.benchmarks.servers import site, supervisor
from sandbox.client import SandboxClient
from sandbox.protocol import Database, Output, RunRequest

RUNS = 60
WARM_RUNS = 5
CARD = {"pack": "async-databases", "card": "blocking-driver"}

_numbers = itertools.count(1)


class Case(NamedTuple):
    """One measured cell."""

    name: str
    code: str
    database: Database
    text: str


CASES = (
    Case("first-output print", cells.PRINT, "sqlite", "first"),
    Case("first-output orm-aiosqlite", cells.ORM, "sqlite", "first"),
)


async def measure() -> AsyncIterator[Figure]:
    """The figures, one by one; the site and the bare client take turns."""
    async with supervisor() as client, site() as address:
        cookie = await asyncio.to_thread(_session_cookie, address)
        headers = {"Cookie": cookie, "Origin": address}
        socket = f"{address.replace('http', 'ws', 1)}/ws/runs/"
        async with websockets.connect(socket, additional_headers=headers, max_size=None) as page:
            for case in CASES:
                yield await _compare(case, page, client)
    async for figure in jail.measure():
        yield figure


async def _compare(case: Case, page: ClientConnection, client: SandboxClient) -> Figure:
    over_socket: list[float] = []
    direct: list[float] = []
    for number in range(WARM_RUNS + RUNS):
        clicked = await _click(page, case)
        called = await _call(client, case)
        if number >= WARM_RUNS:
            over_socket.append(clicked)
            direct.append(called)
        await asyncio.sleep(0.02)
    baseline = Baseline("sandbox.client alone", statistics.median(direct))
    return spread(case.name, over_socket, baseline)


async def _click(page: ClientConnection, case: Case) -> float:
    """Milliseconds from sending the form to the fragment that holds the first output."""
    message = {
        "action": "run",
        **CARD,
        "cell": "trap",
        "driver": "aiosqlite",
        "code": case.code,
    }
    began = time.perf_counter()
    await page.send(msgspec.json.encode(message).decode())
    first = 0.0
    async with asyncio.timeout(20):
        async for fragment in page:
            assert isinstance(fragment, str)
            if not first and 'class="stdout"' in fragment and case.text in fragment:
                first = (time.perf_counter() - began) * 1000
            if 'class="figures"' in fragment:
                break
    if not first:
        raise RuntimeError(f"{case.name}: no output came")
    return first


async def _call(client: SandboxClient, case: Case) -> float:
    request = RunRequest(
        run_id=f"bench-{next(_numbers)}",
        code=case.code,
        session="bench",
        database=case.database,
    )
    began = time.perf_counter()
    first = 0.0
    async for batch in client.stream(request):
        if not first and any(isinstance(event, Output) for event in batch):
            first = (time.perf_counter() - began) * 1000
    return first


def _session_cookie(address: str) -> str:
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{address}/{CARD['pack']}/{CARD['card']}/").close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
