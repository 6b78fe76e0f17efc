"""Every socket of the site asks whose page it is and whose session, in one place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from channels.security.websocket import WebsocketDenier
from channels.testing import WebsocketCommunicator

from playground.accounts.consumers import NO_SESSION, SiteConsumer
from playground.accounts.sessions import SessionStore
from playground.asgi import routes, sockets

ROUTES: list[Any] = list(routes.routes)
CONSUMERS = [
    route.callback.consumer_class
    for route in ROUTES
    if route.callback.consumer_class is not WebsocketDenier
]
OWN = b"http://localhost"
ELSEWHERE = b"http://elsewhere.example"


def ask(path: str, origin: bytes, session_key: str = "") -> WebsocketCommunicator:
    headers = [(b"host", b"localhost"), (b"origin", origin)]
    headers.append((b"cookie", f"playground={session_key}".encode()))
    return WebsocketCommunicator(sockets, path, headers)


def fill(route: Any) -> str:
    """An address of the route: whatever stands in it is an x, or a 1."""
    numbered = re.sub(r"<int:\w+>", "1", str(route.pattern))
    return "/" + re.sub(r"<slug:\w+>", "x", numbered)


PATHS = [fill(route) for route in ROUTES if str(route.pattern)]


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_socket_is_let_in_by_the_site_s_own_consumer(consumer: type) -> None:
    assert issubclass(consumer, SiteConsumer)
    own = {"connect", "receive", "websocket_connect", "websocket_receive", "websocket_disconnect"}
    for ancestor in consumer.__mro__[: consumer.__mro__.index(SiteConsumer)]:
        assert not own & set(vars(ancestor))


@pytest.mark.usefixtures("closing_connections")
@pytest.mark.parametrize("path", PATHS)
async def test_another_site_s_page_is_refused_whoever_looks_at_it(path: str) -> None:
    session = SessionStore()
    session["learner"] = "somebody"
    await session.asave()
    for origin, is_let_in in ((ELSEWHERE, False), (OWN, True)):
        socket = ask(path, origin, str(session.session_key))
        accepted, _ = await socket.connect()
        assert accepted is is_let_in
        await socket.disconnect()


@pytest.mark.usefixtures("closing_connections")
@pytest.mark.parametrize("path", PATHS)
async def test_a_page_without_a_session_is_told_to_reload(path: str) -> None:
    socket = ask(path, OWN)
    assert (await socket.connect())[0]
    assert await socket.receive_output() == {
        "type": "websocket.close",
        "code": NO_SESSION,
    }
    await socket.disconnect()


@pytest.mark.usefixtures("closing_connections")
async def test_where_there_is_no_socket_nobody_is_let_in() -> None:
    assert not (await ask("/ws/nowhere/", OWN).connect())[0]
