"""The site attacked over its socket, in both its forms: somebody else's runs, rows and streams."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.error
import urllib.request
from typing import Any

import pytest
import websockets
from channels.testing import WebsocketCommunicator
from websockets.exceptions import ConnectionClosed, InvalidStatus

from playground.accounts.consumers import NO_SESSION
from playground.accounts.sessions import SessionStore
from playground.runs.consumers import RunConsumer
from tests.integration import conftest as sites
from tests.serving import CARD, Page, Shown, open_page, visit

address = sites.address
embedded_site, fleet_site = sites.embedded_site, sites.fleet_site

HTML = "<script>alert(1)</script><b id=notice hx-swap-oob='true'>"
BUSY = (
    "print('victim began')\nimport time\nfor _ in range(20): time.sleep(0.1)\nprint('victim ended')"
)
RUN = {"action": "run", "driver": "aiosqlite", "code": "print('forged')"}
NAMES = ("run_id", "session", "learner", "stream", "channel", "follow")
FORGED = {
    "nothing": "",
    "null": "null",
    "a list": "[[]]",
    "a long text": '"' + "x" * 500_000 + '"',
    "depth": "{" * 50_000,
    "bytes": b"\x00" * 1000,
    "html everywhere": {"action": HTML, **dict.fromkeys(CARD, HTML), "code": HTML, "driver": HTML},
    "html as a cell": {"action": "run", **dict.fromkeys(CARD, HTML), "code": "1", "driver": ""},
    "a long name": {"action": "run", **dict.fromkeys(CARD, "x" * 10_000), "code": "1"},
    "html as a driver": {"action": "run", "code": HTML, "driver": HTML},
    "an object as code": {"action": "run", "code": {"code": HTML}, "driver": "aiosqlite"},
    "html as a name": {"action": HTML, HTML: HTML},
    "html to stop": {"action": "stop", "cell": HTML},
    "a list to reset": {"action": "reset", "card": [HTML]},
    "a path": {"action": "run", "code": "1", "driver": "aiosqlite", "cell": "../trap"},
}


async def answer(page: Page, said: Any) -> Shown:
    """What the site says to this message."""
    text = said if isinstance(said, str | bytes) else json.dumps({**CARD, **said})
    await page.connection.send(text)
    return await page.see(lambda shown: bool(shown.notices))


async def is_usable(page: Page) -> None:
    shown = await page.run("print('usable')")
    assert (shown.outcome, shown.stdout) == ("completed", "usable\n")


async def hear(page: Page, seconds: float) -> str:
    """Everything the page is told in that time."""
    heard = ""
    try:
        async with asyncio.timeout(seconds):
            while True:
                heard += str(await page.connection.recv())
    except TimeoutError:
        return heard


async def test_anothers_run_can_be_neither_stopped_nor_followed(address: str) -> None:
    """A message names a cell of one's own page; ids of runs, sessions and streams mean nothing."""
    cookie = await asyncio.to_thread(visit, address)
    async with open_page(address, cookie) as victim, open_page(address) as attacker:
        await victim.send(action="run", code=BUSY, driver="aiosqlite")
        began = await victim.see(lambda shown: "victim began" in shown.stdout)
        assert not began.outcome
        theirs = dict.fromkeys(NAMES, cookie.partition("=")[2])
        await attacker.send(action="stop", **theirs)
        for action in ("follow", "run.start", "session.reset", "cancel"):
            shown = await answer(attacker, {"action": action, **theirs})
            assert "something we do not know" in shown.notices[0]
        heard = await hear(attacker, 0.3)
        ended = await victim.see(lambda shown: bool(shown.outcome))
        assert "victim" not in heard
        assert (ended.outcome, ended.stdout.strip()) == ("completed", "victim ended")

        await victim.send(action="run", code=BUSY, driver="aiosqlite")  # the control
        await victim.see(lambda shown: "victim began" in shown.stdout)
        await victim.send(action="stop")
        assert (await victim.see(lambda shown: bool(shown.outcome))).outcome == "cancelled"


async def test_anothers_database_is_not_reached_by_naming_its_session(address: str) -> None:
    read = "import sqlite3\nprint(sqlite3.connect(DSN).execute('SELECT * FROM secret').fetchall())"
    write = (
        "import sqlite3\nwith sqlite3.connect(DSN) as c:\n"
        "    c.execute('CREATE TABLE secret AS SELECT 42 AS a')"
    )
    cookie = await asyncio.to_thread(visit, address)
    async with open_page(address, cookie) as victim, open_page(address) as attacker:
        await victim.run(write)
        theirs = dict.fromkeys(NAMES, cookie.partition("=")[2])
        shown = await attacker.run(read, **theirs)
        await attacker.send(action="reset", **theirs)
        await attacker.see(lambda shown: "Reset" in "".join(shown.statuses))
        kept = await victim.run(read)
    assert "42" not in shown.stdout
    assert "no such table" in shown.stderr
    assert kept.stdout == "[(42,)]\n"


def ask(address: str, path: str, cookie: str) -> tuple[int, bytes]:
    """What the site answers to this learner."""
    request = urllib.request.Request(address + path, headers={"Cookie": cookie})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, b""


async def test_anothers_recording_is_not_reached_by_its_run_id(address: str) -> None:
    victim, attacker = [await asyncio.to_thread(visit, address) for _ in range(2)]
    async with open_page(address, victim) as page:
        await page.run("print('42 is secret')")
        shown = await page.see(lambda shown: 'class="recorded"' in shown.raw)
    found = re.search(r'data-run="(\w+)"', shown.raw)
    assert found
    for path in ("", "fragments/", "recording.json", "trace.json"):
        for cookie in (attacker, "playground=forged", ""):
            answer = await asyncio.to_thread(ask, address, f"/runs/{found[1]}/{path}", cookie)
            assert answer == (404, b"")
        status, told = await asyncio.to_thread(ask, address, f"/runs/{found[1]}/{path}", victim)
        assert status == 200  # the control
        assert b"42 is secret" in told
    async with open_page(address, attacker) as page:
        await page.run("print('mine')")
        shown = await page.see(lambda shown: 'class="recorded"' in shown.raw)
    assert found[1] not in shown.raw
    assert 'name="with"' not in shown.raw


@pytest.mark.parametrize("said", FORGED.values(), ids=FORGED)
async def test_a_forged_message_is_answered_with_text_and_the_page_goes_on(
    address: str, said: Any
) -> None:
    async with open_page(address) as page:
        shown = await answer(page, said)
        assert "<script" not in shown.raw
        assert "<b " not in shown.raw
        assert len(shown.raw) < 2000
        await is_usable(page)


async def test_what_a_run_prints_is_text_on_its_page(address: str) -> None:
    """The control of the forged messages: a page that does run code shows the same as text."""
    code = (
        f"import sys\nprint({HTML!r})\nprint({HTML!r}, file=sys.stderr)\nraise ValueError({HTML!r})"
    )
    async with open_page(address) as page:
        shown = await page.run(code)
    assert shown.stdout.strip() == HTML
    assert HTML in shown.stderr
    assert "<script" not in shown.raw


async def test_a_flood_of_messages_is_answered_and_starts_one_run(embedded_site: str) -> None:
    async with open_page(embedded_site) as page:
        for _ in range(50):
            await page.send(**RUN | {"code": "import time\ntime.sleep(3)\nprint('once')"})
        heard = await hear(page, 12.0)
        assert heard.count("once") == 1
        await is_usable(page)


async def test_a_message_beyond_all_measure_closes_its_own_socket_alone(embedded_site: str) -> None:
    async with open_page(embedded_site) as other, open_page(embedded_site) as page:
        await page.connection.send("x" * (20 * 1024 * 1024))
        with pytest.raises(ConnectionClosed):
            await page.connection.recv()
        await is_usable(other)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "http://evil.example#127.0.0.1",
    ],
)
async def test_a_page_of_another_origin_is_refused(address: str, origin: str) -> None:
    cookie = await asyncio.to_thread(visit, address)
    with pytest.raises(InvalidStatus) as refused:
        async with open_page(address, cookie, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    async with open_page(address, cookie) as page:  # the control
        await is_usable(page)


@pytest.mark.parametrize("other", ["another port", "the scheme's own port", "another scheme"])
async def test_a_page_of_another_port_or_scheme_of_this_host_is_refused(
    address: str, other: str
) -> None:
    """Its cookies are the same as ours: a host's ports share them."""
    host, _, port = address.removeprefix("http://").partition(":")
    origin = {
        "another port": f"http://{host}:{int(port) % 65535 + 1}",
        "the scheme's own port": f"http://{host}",
        "another scheme": f"https://{host}:{port}",
    }[other]
    cookie = await asyncio.to_thread(visit, address)
    with pytest.raises(InvalidStatus) as refused:
        async with open_page(address, cookie, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    async with open_page(address, cookie) as page:  # the control
        await is_usable(page)


async def test_who_names_no_origin_is_refused(address: str) -> None:
    cookie = await asyncio.to_thread(visit, address)
    where = f"{address.replace('http', 'ws', 1)}/ws/runs/"
    with pytest.raises(InvalidStatus) as refused:
        async with websockets.connect(where, additional_headers={"Cookie": cookie}):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("cookie", ["", "playground=forged", "playground=" + "a" * 32])
async def test_without_a_session_nothing_is_run(address: str, cookie: str) -> None:
    async with open_page(address, cookie) as page:
        with pytest.raises(ConnectionClosed) as closed:
            await page.run(RUN["code"])  # the closing is all there is to hear
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == NO_SESSION


@pytest.mark.usefixtures("closing_connections")
@pytest.mark.parametrize("learner", ["", "somebody"])
async def test_a_message_that_overtakes_the_closing_of_its_socket_is_none(learner: str) -> None:
    """On the consumer itself, as no server lets a client be so quick; the control has a session."""
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    socket = WebsocketCommunicator(RunConsumer.as_asgi(), "/ws/runs/", headers)
    session = SessionStore()
    if learner:
        session["learner"] = learner
        await session.asave()
    socket.scope["session"] = session  # type: ignore[typeddict-unknown-key]
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output())["type"] == "websocket.accept"
    if not learner:
        assert (await socket.receive_output())["code"] == NO_SESSION
    await socket.send_input({"type": "websocket.receive", "text": "no json"})
    assert await socket.receive_nothing() is (learner == "")
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait()
