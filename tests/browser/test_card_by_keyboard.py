"""The first card from its first word to its last exercise, without mouse, touch or script."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from exercises.exercise import Exercise
from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import get_cell, get_editor
from tests.browser.test_exercise_page import CARD, expect_judged, find

RAN_MS = 60_000
MOST_TABS = 400
CURED = {
    exercise.slug: exercise.starter.replace("async def report", "def report")
    if exercise.slug == "freeze-the-loop"
    else exercise.solution
    for exercise in CARD.exercises
}


def go_to(page: Page, target: Locator) -> None:
    """Tab to it, from wherever the focus is; Escape first, as an editor keeps Tab to itself."""
    for _ in range(MOST_TABS):
        if target.evaluate("element => element.contains(document.activeElement)"):
            return
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {target} by Tab")


def retype(page: Page, code: str) -> None:
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(code)


def predict(page: Page, place: Locator, exercise: Exercise) -> None:
    for line, prediction in zip(exercise.solution.splitlines(), exercise.predictions, strict=True):
        go_to(page, place.get_by_label(prediction.question))
        page.keyboard.type(line.partition(" = ")[2])


def test_the_first_card_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=re.compile("Skip"))).to_be_focused()
    page.keyboard.press("Enter")

    mark = page.locator("#claim-its-own-thread")
    go_to(page, mark)
    page.keyboard.press("Enter")
    about = page.locator("#about-its-own-thread")
    expect(about).to_be_visible()
    page.keyboard.press("Escape")
    expect(about).to_be_hidden()

    for cell in CARD.cells:
        shown = get_cell(page, cell.title)
        go_to(page, get_editor(shown))
        page.keyboard.press("Control+Enter")
        words = re.compile("Completed", re.IGNORECASE)
        expect(shown.get_by_role("status")).to_contain_text(words, timeout=RAN_MS)

    for exercise in CARD.exercises:
        place = find(page, exercise)
        if exercise.kind == "code":
            go_to(page, get_editor(place))
            retype(page, CURED[exercise.slug])
            page.keyboard.press("Control+Enter")
        else:
            predict(page, place, exercise)
            go_to(page, place.get_by_role("button", name="Check"))
            page.keyboard.press("Enter")
        expect_judged(place, re.compile(r"Passed: all \d checks hold\."))
        expect(place).to_contain_text(exercise.why.split(". ")[0].strip().replace("`", "")[:60])

    page.reload()
    for exercise in CARD.exercises:
        expect(find(page, exercise)).to_contain_text(re.compile("passed", re.IGNORECASE))
