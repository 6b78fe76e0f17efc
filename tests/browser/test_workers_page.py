"""A cell that runs in several workers, as its page shows it."""

from __future__ import annotations

import os
import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, get_cell, get_output

CARD = "/async-databases/pools-and-workers/"
LONG_MS = 30_000  # the first run may wait for Postgres to start


def test_the_words_and_lanes_of_workers_are_told_apart(open_page: OpenPage) -> None:
    page = open_page(CARD)
    cell = get_cell(page, "Four real workers")
    click(cell, "Run")
    expect(cell.get_by_role("status")).to_contain_text("Completed.", timeout=LONG_MS)
    for worker in range(1, 5):
        line = f"worker {worker} 3 connections here, 12 on the server"
        expect(get_output(cell)).to_contain_text(line)
    expect(get_output(cell).locator(".worker")).to_have_count(4)
    figures = cell.locator(".figures")
    expect(figures).to_contain_text(re.compile(r"Connections at most\s*12"))

    picture = cell.get_by_role("img", name=re.compile("4 event loops, one for each worker"))
    expect(picture).to_be_visible()
    cell.get_by_text(re.compile(r"^Tasks \(")).click()
    tasks = cell.get_by_role("table", name="Tasks")
    expect(tasks.get_by_role("columnheader", name="worker", exact=True)).to_be_visible()
    for worker in range(1, 5):
        row = tasks.get_by_role("row", name=re.compile(rf"^{worker} client"))
        expect(row.first).to_be_visible()
    if "SCREENSHOT" in os.environ:
        page.set_viewport_size({"width": 1000, "height": 1500})
        cell.scroll_into_view_if_needed()
        cell.screenshot(path=os.environ["SCREENSHOT"])


def test_a_cell_of_one_is_shown_as_before(open_page: OpenPage) -> None:
    cell = get_cell(open_page(CARD), "An exhausted pool")
    click(cell, "Run")
    expect(cell.get_by_role("status")).to_contain_text("Completed.", timeout=LONG_MS)
    expect(get_output(cell).locator(".worker")).to_have_count(0)
    expect(cell.get_by_role("img", name=re.compile("of the event loop:"))).to_be_visible()
    cell.get_by_text(re.compile(r"^Tasks \(")).click()
    expect(cell.get_by_role("columnheader", name="worker", exact=True)).to_have_count(0)
