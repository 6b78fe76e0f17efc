"""A self-quiz in the browser: by keyboard, with a dropped connection, and with a live cell."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.axe import list_barriers
from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import get_editor

JUDGED_MS = 30_000


def begin(page: Page, *chosen: str) -> None:
    for field in chosen:
        with page.expect_response(lambda response: "/quiz/?" in response.url):
            page.locator(f"#{field}").check()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Question 1 of \d+"))


def expect_told(page: Page, words: Any = re.compile("Right|Not right")) -> None:
    expect(page.locator("#told")).to_have_text(words)


def test_a_quiz_goes_on_after_a_dropped_connection(open_page: OpenPage) -> None:
    page = open_page("/quiz/", expected="DISCONNECTED|htmx:(afterRequest|sendError)")
    begin(page, "kind-choose", "size-5")
    choices = page.locator(".options input")  # of one or of several to pick
    page.keyboard.press("1")
    expect(choices.first).to_be_checked()
    page.keyboard.press("Enter")
    expect_told(page)
    assert list_barriers(page) == []
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Question 2 of 5")

    page.keyboard.press("2")
    expect(choices.nth(1)).to_be_checked()
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator(".not-sent")).to_contain_text("did not arrive")
    expect(choices.nth(1)).to_be_checked()
    page.context.set_offline(False)
    expect(page.locator(".not-sent")).to_be_empty()
    page.reload()  # what was chosen and not sent is still there
    expect(choices.nth(1)).to_be_checked()
    page.keyboard.press("Enter")
    expect_told(page)

    page.context.set_offline(True)
    page.keyboard.press("n")
    expect(page.locator(".not-sent")).to_contain_text("no connection")
    page.context.set_offline(False)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Question 3 of 5")
    assert (
        page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('asked:'))") == []
    )
    places = page.get_by_role("navigation", name="Questions of this quiz")
    expect(places.get_by_role("link", name=re.compile("not answered"))).to_have_count(3)
    for _ in range(3):
        page.get_by_role("button", name="I do not know").click()
        expect_told(page, "Not known")
        page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"\d of 5 right"))
    assert list_barriers(page) == []
    page.get_by_role("button", name="Again with what I got wrong").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Question 1 of"))


def test_a_line_is_spotted_and_proved_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/quiz/?kind=line&size=5")
    begin(page)
    evidence = page.get_by_role("region", name="See for yourself")
    for number in range(1, 6):
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Question {number} of 5")
        field = page.locator(".pick-lines input").nth(1)
        page.keyboard.type(field.get_attribute("value") or "")
        expect(field).to_be_checked()
        page.keyboard.press("Enter")
        expect_told(page)
        if get_editor(evidence).get_attribute("aria-readonly") is None:
            break  # what was drawn is proved by code that may be changed
        page.keyboard.press("n")
    get_editor(evidence).focus()
    page.keyboard.press("n")  # a letter of the code
    expect(get_editor(evidence)).to_contain_text("nimport")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Enter")
    expect(evidence.locator(".cell > .status")).to_have_text(
        re.compile("Completed|Raised|raised"), timeout=JUDGED_MS
    )
    assert list_barriers(page) == []


def test_a_live_cell_is_taken_as_it_is_judged(open_page: OpenPage) -> None:
    page = open_page("/quiz/?kind=cell&tag=event-loop&size=5")
    begin(page)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#told")).to_be_visible(timeout=JUDGED_MS)
    expect_told(page, "Not yet: your first check failed")
    expect(page.locator(".verdict.failed").first).to_be_visible()
    places = page.get_by_role("navigation", name="Questions of this quiz")
    expect(places.get_by_role("link").first).to_have_attribute("aria-label", "Question 1, wrong")
    assert list_barriers(page) == []


def test_a_phone_answers_and_orders(open_page: OpenPage) -> None:
    page = open_page("/quiz/?kind=order", viewport={"width": 390, "height": 844}, has_touch=True)
    begin(page)
    lines = page.locator("order-lines .line")
    first = lines.first.text_content()
    page.get_by_role("button", name=re.compile("^Move down")).first.tap()
    expect(lines.nth(1)).to_have_text(first or "")
    page.reload()
    expect(lines.nth(1)).to_have_text(first or "")
    page.get_by_role("button", name="Answer").tap()
    expect_told(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert list_barriers(page) == []
