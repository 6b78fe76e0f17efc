"""Whose page may open the socket: scheme, host and port must all be the site's."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from playground.accounts.origins import Origin, is_own, parse_origin

HOST = "play.example.org:8000"


@pytest.fixture(autouse=True)
def _hosts(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["play.example.org", "[::1]", ".wide.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://front.example", "https://*.many.example:444"]


def socket(*origins: str, host: str = HOST, scheme: str = "ws") -> dict[str, Any]:
    headers = [(b"host", host.encode()), *((b"origin", one.encode()) for one in origins)]
    return {"type": "websocket", "scheme": scheme, "headers": headers}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://play.example.org:8000", HOST, "ws"),
        ("HTTP://Play.Example.org:8000", HOST, "ws"),
        ("https://play.example.org:8000", HOST, "wss"),
        ("https://play.example.org", "play.example.org", "wss"),
        ("https://play.example.org", "play.example.org:443", "wss"),
        ("http://play.example.org:80", "play.example.org", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
        ("http://a.wide.example", "a.wide.example", "ws"),
        ("https://front.example", HOST, "ws"),
        ("https://a.many.example:444", HOST, "ws"),
    ],
)
def test_its_own_page_may(origin: str, host: str, scheme: str) -> None:
    assert is_own(socket(origin, host=host, scheme=scheme))


@pytest.mark.parametrize(
    "origin",
    [
        "http://play.example.org:8001",  # another site on this machine
        "http://play.example.org",
        "https://play.example.org:8000",
        "ws://play.example.org:8000",
        "http://evil.example",
        "http://evil.example:8000",
        "http://play.example.org.evil.example:8000",
        "http://sub.play.example.org:8000",
        "http://evil.example#play.example.org:8000",
        "http://play.example.org:8000@evil.example",
        "http://evil@play.example.org:8000",
        "http://play.example.org:8000/",
        "http://play.example.org:8000?",
        "http://play.example.org:8000 http://evil.example",
        "http://play.example.org:port",
        "http://play.example.org:99999",
        "http://play.example.org:",
        "play.example.org:8000",
        "//play.example.org:8000",
        "http://front.example",
        "https://front.example:8443",
        "https://a.many.example",
        "https://many.example:444",
        "https://evilmany.example:444",
        "file://",
        "null",
        "*",
        "",
    ],
)
def test_any_other_may_not(origin: str) -> None:
    assert not is_own(socket(origin))


def test_a_header_given_twice_or_not_at_all_is_none() -> None:
    own = "http://play.example.org:8000"
    assert not is_own(socket())
    assert not is_own(socket(own, "http://evil.example"))
    twice = socket(own)
    twice["headers"].append((b"host", b"evil.example"))
    assert not is_own(twice)


@pytest.mark.parametrize("host", ["evil.example", "", "evil.example:8000"])
def test_a_host_that_is_not_ours_has_no_own_page(host: str) -> None:
    """As when a name of somebody else leads to our address."""
    assert not is_own(socket(f"http://{host}", host=host))


def test_the_port_is_always_said() -> None:
    assert parse_origin("https://a.example") == Origin("https", "a.example", 443)
    assert parse_origin("http://a.example:0") == Origin("http", "a.example", 0)
