"""Addresses in the packs: found where they stand, and asked for."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from playground.setup import links


class Pages(BaseHTTPRequestHandler):
    """Has one page."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/here" else 404)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_only_what_cannot_be_had_is_a_problem(address: str) -> None:
    assert links.find_problem(f"{address}/here") == ""
    assert "404" in links.find_problem(f"{address}/gone")
    assert "refused" in links.find_problem("http://127.0.0.1:9/")
    assert links.find_problem("https://no host/") != ""


def test_addresses_are_found_with_their_place() -> None:
    found = dict(links.list_addresses())
    assert "https://fastapi.tiangolo.com/async/" in found
    place = found["https://fastapi.tiangolo.com/async/"]
    assert place.startswith("exercises/packs/async-databases/01-blocking-driver/card.md:")
    assert not [address for address in found if "127.0.0.1" in address]
