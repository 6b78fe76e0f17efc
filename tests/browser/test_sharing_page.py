"""A link to a run in a stranger's browser, and in a frame on another site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, get_cell, get_output
from tests.browser.test_recordings_page import LONG_MS, QUICK, run_until_kept, see, share


@contextmanager
def serve(page: str) -> Iterator[str]:
    """The address of another site, with this one page."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_shared_run_is_framed_elsewhere_and_run_by_a_stranger(open_page: OpenPage) -> None:
    mine = open_page()
    cell = get_cell(mine)
    run_until_kept(cell, QUICK)
    link = share(cell)
    frame = cell.get_by_label("To embed it").input_value()
    see(mine, "share-box")
    path = "/" + link.split("/", 3)[3]

    theirs = open_page(path)
    expect(get_output(get_cell(theirs))).to_contain_text("quick")
    assert not theirs.context.cookies()
    see(theirs, "shared")

    with serve(f"<!doctype html><html lang=en><title>Elsewhere</title>{frame}") as elsewhere:
        theirs.goto(elsewhere)
        framed = theirs.frame_locator("iframe")
        expect(framed.locator(".output")).to_contain_text("quick")
        expect(framed.get_by_role("group", name="Replay")).to_be_visible()
        assert not theirs.context.cookies()
        see(theirs, "embedded")

    theirs.goto(link)
    theirs.get_by_role("link", name="Run it yourself").click()
    own = get_cell(theirs)
    click(own, "Run")
    expect(get_output(own)).to_contain_text("quick", timeout=LONG_MS)
    see(theirs, "run-shared")
