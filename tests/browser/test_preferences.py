"""What a person has set for all pages, and a screen that is touched, are kept to."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.pixels import count_pixels
from tests.browser.test_card_page import click, expect_status, get_cell, get_editor, write
from tests.browser.test_recordings_page import see
from tests.browser.test_timeline import BLOCKS, DRAWN, MIDDLE, run_blocks


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_are_those_of_the_picture_too(open_page: OpenPage, scheme: str) -> None:
    page = open_page(forced_colors="active", color_scheme=scheme)
    cell = run_blocks(page)
    cell.locator("loop-timeline").evaluate(DRAWN)
    picture = cell.get_by_role("img")
    see(page, f"forced-{scheme}")
    assert count_pixels(picture, "CanvasText") > 500  # a block's box, patterns and words
    assert count_pixels(picture, "rgb(194, 40, 29)") == 0
    shown = cell.locator(".legend canvas").first
    assert count_pixels(shown, "CanvasText") > 50


def test_the_picture_follows_when_colours_are_forced_later(open_page: OpenPage) -> None:
    page = open_page()
    cell = run_blocks(page)
    picture = cell.get_by_role("img")
    assert count_pixels(picture, "CanvasText") == 0
    page.emulate_media(forced_colors="active")
    cell.locator("loop-timeline").evaluate(DRAWN)
    assert count_pixels(picture, "CanvasText") > 500


SCROLLS = """() => {
    window.scrolls = [];
    const own = Element.prototype.scrollIntoView;
    Element.prototype.scrollIntoView = function (how) {
        scrolls.push(how?.behavior);
        own.call(this, how);
    };
}"""


@pytest.mark.parametrize(
    ("preference", "behaviour"), [("reduce", "instant"), ("no-preference", "smooth")]
)
def test_nothing_moves_by_itself_for_who_wants_less_motion(
    open_page: OpenPage, preference: str, behaviour: str
) -> None:
    page = open_page(reduced_motion=preference)
    page.evaluate(SCROLLS)
    cell = get_cell(page)
    write(cell, BLOCKS)
    click(cell, "Run")
    expect_status(cell, "Completed.")
    assert page.evaluate("scrolls").count(behaviour) == 1
    if preference == "reduce":
        assert "smooth" not in page.evaluate("scrolls")
        assert page.evaluate("document.getAnimations().length") == 0


class Fingers:
    """Touches as the browser gets them from a screen."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    def move(self, *ways: tuple[tuple[float, float], tuple[float, float]], steps: int = 10) -> None:
        """Each finger from a place to another, all of them together."""
        self.touch("touchStart", *(start for start, _ in ways))
        for step in range(1, steps + 1):
            self.touch("touchMove", *(between(start, end, step / steps) for start, end in ways))
        self.touch("touchEnd")


def between(
    start: tuple[float, float], end: tuple[float, float], part: float
) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


@pytest.fixture
def touched(open_page: OpenPage) -> Locator:
    """The cell of a phone, its run in view."""
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    cell = run_blocks(page)
    cell.get_by_role("img").evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    page.wait_for_function("() => document.getAnimations().length === 0")
    return cell


def view(cell: Locator) -> dict[str, Any]:
    shown: dict[str, Any] = cell.locator("loop-timeline").evaluate("timeline => timeline.visible()")
    return shown


def test_two_fingers_zoom_and_one_pans(touched: Locator) -> None:
    page, fingers = touched.page, Fingers(touched.page)
    box = touched.get_by_role("img").bounding_box()
    assert box is not None
    y, left, right = box["y"] + box["height"] / 2, box["x"] + 100, box["x"] + box["width"] - 20
    middle = (left + right) / 2
    whole = view(touched)
    fingers.move(((middle - 20, y), (left, y)), ((middle + 20, y), (right, y)))
    zoomed = view(touched)
    assert zoomed["to"] - zoomed["from"] < (whole["to"] - whole["from"]) / 2
    assert whole["from"] < zoomed["from"] < zoomed["to"] < whole["to"]
    assert page.evaluate("visualViewport.scale") == 1  # the page itself did not zoom

    fingers.move(((left, y), (right, y)))
    panned = view(touched)
    assert panned["from"] < zoomed["from"]
    assert panned["to"] - panned["from"] == pytest.approx(zoomed["to"] - zoomed["from"])

    fingers.move(((left, y), (middle - 10, y)), ((right, y), (middle + 10, y)))
    wider = view(touched)
    assert wider["to"] - wider["from"] > panned["to"] - panned["from"]


def test_one_finger_up_the_picture_scrolls_the_page(touched: Locator) -> None:
    box = touched.get_by_role("img").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, at = view(touched), touched.page.evaluate("scrollY")
    Fingers(touched.page).move(((x, y), (x, y - 200)))
    touched.page.wait_for_function("at => scrollY > at + 50", arg=at)
    assert view(touched) == before


def test_a_tap_on_a_block_goes_to_its_line_and_the_end_of_a_drag_does_not(touched: Locator) -> None:
    canvas = touched.get_by_role("img")
    box = canvas.bounding_box()
    assert box is not None
    place = touched.locator("loop-timeline").evaluate(MIDDLE)
    x, y = box["x"] + place["x"], box["y"] + place["y"]
    Fingers(touched.page).move(((x + 60, y), (x, y)))
    expect(get_editor(touched)).not_to_be_focused()
    touched.get_by_role("button", name="Show all", exact=True).tap()
    place = touched.locator("loop-timeline").evaluate(MIDDLE)
    canvas.tap(position=place)
    expect(touched.locator(".pointed")).to_contain_text("time.sleep, line 6: held the loop for")
    expect(touched.locator(".pointed-expression")).to_have_text("time.sleep(0.6)")
