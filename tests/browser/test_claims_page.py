"""Claims and follow-ups on a card: their marks, what is told of them, and their cells."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import list_barriers
from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, expect_status, get_cell, get_output


def get_claim(page: Page, words: str) -> Locator:
    return page.get_by_role("dialog", name="About this claim").filter(has_text=words)


def get_mark(page: Page, words: str) -> Locator:
    """The mark in the paragraph with those words."""
    return page.get_by_role("paragraph").filter(has_text=words).get_by_role("button").first


def test_a_mark_tells_by_keyboard_what_held(open_page: OpenPage) -> None:
    page = open_page()
    mark = get_mark(page, "aiosqlite starts one ordinary thread")
    expect(mark).to_have_text("often wrong")
    mark.focus()
    page.keyboard.press("Enter")
    about = get_claim(page, "aiosqlite starts one thread")
    expect(about).to_be_visible()
    expect(about).to_contain_text("Often said: aiosqlite does asynchronous I/O.")
    expect(about).to_contain_text("What happens: aiosqlite starts one thread for each connection")
    expect(about).to_contain_text("Holds on")
    expect(about.get_by_role("listitem")).to_contain_text("aiosqlite 0.22.1, SQLite 3")
    assert list_barriers(page, within=about) == []
    page.keyboard.press("Escape")
    expect(about).to_be_hidden()
    expect(mark).to_be_focused()


def test_a_claim_is_run_in_its_folded_cell(open_page: OpenPage) -> None:
    page = open_page()
    get_mark(page, "aiosqlite starts one ordinary thread").click()
    about = get_claim(page, "aiosqlite starts one thread")
    about.get_by_role("link", name="Run it").click()
    expect(about).to_be_hidden()
    cell = get_cell(page, "The threads of aiosqlite")
    click(cell, "Run")
    expect_status(cell, "Completed")
    expect(get_output(cell)).to_contain_text("threads for 3 connections: 3")
    assert list_barriers(page, within=cell) == []


def test_a_link_from_elsewhere_opens_the_cell(open_page: OpenPage) -> None:
    page = open_page("/async-databases/blocking-driver/#behind-forty")
    expect(get_cell(page, "Forty threads")).to_be_visible()


def test_what_is_asked_next_is_answered_and_run(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.get_by_role("heading", name="Asked next (5)")).to_be_visible()
    question = page.get_by_text("How would you find the line that blocks?")
    question.press("Enter")  # a click may miss it while the page is still growing
    answer = page.get_by_role("group").filter(has=question)
    expect(answer).to_contain_text("loop.slow_callback_duration")
    answer.get_by_role("link", name="Run it").click()
    cell = get_cell(page, "asyncio names the culprit")
    click(cell, "Run")
    expect(get_output(cell)).to_contain_text("coro=<report()")


def test_a_phone_shows_a_claim(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True)
    get_mark(page, "aiosqlite starts one ordinary thread").tap()
    about = get_claim(page, "aiosqlite starts one thread")
    expect(about).to_be_visible()
    box = about.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    about.get_by_role("button", name="Close").tap()
    expect(about).to_be_hidden()
