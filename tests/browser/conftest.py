"""Chromium, and the site as `make play` serves it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.serving import site

FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CARD = "/async-databases/blocking-driver/"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a site with everything in one process."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder, site(Path(folder)) as address:
        yield address


@pytest.fixture(scope="module")
def browser(needs: Callable[..., str]) -> Iterator[Browser]:
    """One Chromium for a module: Playwright keeps an event loop running, and others mind it."""
    program = needs("chromium", "chromium-browser", "google-chrome")
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """``open_page()``: the first card in a browser profile of its own.

    Whatever the page complains of in its console fails the test, but for what is ``expected``.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(path: str = CARD, expected: str = "(?!)", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type in ("error", "warning") and not re.search(expected, message.text)
                else None
            ),
        )
        page.goto(address + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
