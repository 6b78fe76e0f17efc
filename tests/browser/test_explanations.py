"""A known error is told at the line where it happened, beside it in the text, and in the list."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, expect_status, get_cell, write

ENGINES = "/async-databases/engine-and-sessions/"
PHONE = {"width": 390, "height": 844}


def test_an_error_is_explained_at_its_line(open_page: OpenPage) -> None:
    page = open_page(ENGINES)
    cell = get_cell(page)
    click(cell, "Run")
    expect_status(cell, "on line 32")
    note = cell.locator(".line-failed + .explained")
    expect(note).to_contain_text("MissingGreenlet SQLAlchemy had to ask the database")
    expect(note).to_have_attribute("aria-hidden", "true")
    told = cell.get_by_role("region", name="Errors explained").get_by_role("article")
    expect(told).to_have_count(1)
    expect(told.get_by_role("heading")).to_have_text("MissingGreenlet on line 32")
    expect(told).to_contain_text("Load what you need with the query")

    write(cell, "print('well')")
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(cell.locator(".explained")).to_have_count(0)
    expect(cell.get_by_role("region", name="Errors explained")).to_have_count(0)


def test_the_links_lead_to_the_card_and_to_the_list(open_page: OpenPage) -> None:
    page = open_page(ENGINES)
    cell = get_cell(page)
    click(cell, "Run")
    expect_status(cell, "raised")
    cell.get_by_role("link", name="How do you load relationships").click()
    expect(page.locator(":target")).to_have_text("Load with the query")
    page.go_back()
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Errors").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Known errors")
    search(page, "40P01")
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("link", name="deadlock detected").click()
    expect(page).to_have_url(re.compile("#deadlock$"))


def test_on_a_phone_the_note_fits_and_nothing_is_wider_than_the_screen(
    open_page: OpenPage,
) -> None:
    page = open_page(ENGINES, viewport=PHONE)
    cell = get_cell(page)
    click(cell, "Run")
    box = cell.locator(".explained").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("link", name="Errors").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def search(page: Page, words: str) -> None:
    page.get_by_role("main").get_by_role("searchbox", name="Search").fill(words)
