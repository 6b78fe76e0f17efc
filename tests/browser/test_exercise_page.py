"""An exercise on its card: tried, hinted at, failed in its mistake's words, passed by keyboard."""

from __future__ import annotations

import re
from re import Pattern

from playwright.sync_api import Locator, Page, expect

from exercises.exercise import Exercise
from exercises.loader import BUILT_IN, load_packs
from tests.browser.axe import list_barriers
from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, get_editor, write

CARD = load_packs([BUILT_IN])["async-databases"].cards[0]
JUDGED_MS = 30_000


def get_exercise(slug: str) -> Exercise:
    found = CARD.exercise(slug)
    assert found
    return found


def find(page: Page, exercise: Exercise) -> Locator:
    return page.get_by_role("region", name=f"Exercise: {exercise.title}", exact=True)


def expect_judged(place: Locator, words: str | Pattern[str]) -> None:
    expect(place.get_by_role("status")).to_contain_text(words, timeout=JUDGED_MS)


def test_from_reading_to_a_passed_exercise_by_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    exercise = get_exercise("freeze-the-loop")
    place = find(page, exercise)
    get_editor(place).focus()
    page.keyboard.press("Control+Enter")
    # How long the loop was held depends on the processor; that the waits add up does not.
    expect_judged(place, re.compile(r"Not yet: [12] of 7 checks failed\."))
    expect(place).to_contain_text("A coroutine around a synchronous call is a synchronous call.")
    slow = place.get_by_role("listitem").filter(has_text="4 times one answer of 'alone'")
    expect(slow.get_by_role("table")).to_contain_text("whole phase")
    expect(slow).to_contain_text("20 requests at once: GET /report/1")
    assert list_barriers(page, within=place) == []
    slow.get_by_role("button", name="Show the moment").press("Enter")
    expect(place.locator(".pointed")).to_contain_text("The phase 'together': from")
    expect(place.locator("loop-timeline [role=img]")).to_be_focused()
    assert list_barriers(page, within=place) == []
    expect(place).not_to_contain_text("Three cures are equally good")
    get_editor(place).focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(exercise.starter.replace("async def", "def"))
    page.keyboard.press("Control+Enter")
    expect_judged(place, "Passed: all 7 checks hold.")
    expect(place).to_contain_text("Three cures are equally good")
    assert list_barriers(page, within=place) == []


def test_hints_come_one_by_one_and_only_when_asked_for(open_page: OpenPage) -> None:
    page = open_page()
    exercise = get_exercise("freeze-the-loop")
    place = find(page, exercise)
    for number, words in enumerate(("Look at where", "Keep the promise", "AsyncConnection"), 1):
        expect(place.locator(".hint-text")).to_have_count(number - 1)
        click(place, f"Hint {number} of 3")
        expect(place.locator(".hint-text").last).to_contain_text(words)
    expect(place.get_by_role("button", name="Hint")).to_have_count(0)


def test_a_prediction_is_judged_and_taken_for_its_mistake(open_page: OpenPage) -> None:
    page = open_page()
    place = find(page, get_exercise("more-threads-than-connections"))
    answered = place.get_by_label("How many of the twenty are answered with 200?")
    elapsed = place.get_by_label("After how many milliseconds")
    asked = place.get_by_label("How many queries")
    for field, value in ((answered, "20"), (elapsed, "6400"), (asked, "20")):
        field.fill(value)
    click(place, "Check")
    expect_judged(place, "Not yet: 2 of 3 checks failed.")
    expect(place).to_contain_text("Four rounds of 1.6 s would be right")
    for field, value in ((answered, "15"), (elapsed, "soon"), (asked, "15")):
        field.fill(value)
    click(place, "Check")
    expect_judged(place, "Not yet: 1 of 1 check failed.")
    expect(place).to_contain_text("is a number")
    elapsed.fill("4800")
    click(place, "Check")
    expect_judged(place, "Passed: all 3 checks hold.")


def test_an_answer_is_kept_stopped_and_begun_anew(open_page: OpenPage) -> None:
    page = open_page()
    place = find(page, get_exercise("freeze-the-loop"))
    write(place, "import time\ntime.sleep(9)\n")
    click(place, "Check")
    expect_judged(place, "Running")
    click(place, "Stop")
    expect_judged(place, "stopped")
    page.reload()
    expect(get_editor(place)).to_contain_text("time.sleep(9)")
    click(place, "Start over")
    expect(get_editor(place)).to_contain_text("psycopg.connect(DSN)")


def test_a_phone_shows_verdicts(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True)
    place = find(page, get_exercise("freeze-the-loop"))
    write(place, "print('<b>no app</b>')\n")
    place.get_by_role("button", name="Check").tap()
    expect_judged(place, "Not yet")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
