"""What one frame of a timeline of 5,000 segments asks of the browser, counted and not timed."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import get_cell
from tests.browser.test_timeline import DRAWN

LANES, TURNS, TURN_US = 20, 125, 2000
COUNT = """timeline => {
    const counts = window.counts = {frames: 0, widths: 0, rectangles: 0};
    const count = (owner, name, what) => {
        const own = Object.getOwnPropertyDescriptor(owner, name);
        const kind = own.get ? "get" : "value";
        const counted = function (...given) {
            counts[what] += 1;
            return own[kind].apply(this, given);
        };
        Object.defineProperty(owner, name, {...own, [kind]: counted});
    };
    count(Element.prototype, "clientWidth", "widths");
    count(CanvasRenderingContext2D.prototype, "fillRect", "rectangles");
    count(Object.getPrototypeOf(timeline), "draw", "frames");
}"""
SEND = """(place, batches) => {
    for (const batch of batches) {
        const data = document.createElement("data");
        data.className = "loop-event";
        data.value = JSON.stringify(batch);
        place.append(data);
    }
}"""


def segments() -> list[list[dict[str, Any]]]:
    """5,000 of them in the order of time, a batch for each turn of all lanes."""
    batches = []
    for turn in range(TURNS):
        at = turn * TURN_US
        batch: list[dict[str, Any]] = []
        for lane in range(1, LANES + 1):
            place = {"type": "telemetry", "worker": 0, "lane": lane}
            batch.append({**place, "kind": "run", "at_us": at, "duration_us": 200})
            batch.append(
                {**place, "kind": "await", "at_us": at + 200, "duration_us": 1700, "on": "sleep"}
            )
        batches.append(batch)
    return batches


def send_all(page: Page) -> Locator:
    """The timeline once everything was sent to it as the socket sends it, and is drawn."""
    timeline = get_cell(page).locator("loop-timeline")
    timeline.evaluate(COUNT)
    timeline.locator(".events").evaluate(SEND, segments())
    timeline.evaluate(DRAWN)
    return timeline


def counts_of(page: Page) -> dict[str, int]:
    """What was counted since the last time."""
    taken: dict[str, int] = page.evaluate(
        """() => {
            const taken = {...counts};
            for (const key in counts) counts[key] = 0;
            return taken;
        }"""
    )
    return taken


def test_batches_that_come_together_are_drawn_together(open_page: OpenPage) -> None:
    page = open_page()
    timeline = send_all(page)
    assert timeline.evaluate("timeline => timeline.recording.size") == 2 * LANES * TURNS
    counts = counts_of(page)
    # One for all of them; picture, legend and tables change the element's size as they come.
    assert 1 <= counts["frames"] <= TURNS / 10
    assert counts["rectangles"] > LANES * TURNS
    expect(timeline.get_by_role("img")).to_be_visible()


def test_a_frame_asks_for_the_width_a_few_times_and_not_for_each_segment(
    open_page: OpenPage,
) -> None:
    page = open_page()
    timeline = send_all(page)
    counts_of(page)
    timeline.evaluate("timeline => timeline.draw()")
    counts = counts_of(page)
    assert counts["rectangles"] > LANES * TURNS
    assert counts["widths"] <= 3


def test_what_is_out_of_view_is_not_drawn(open_page: OpenPage) -> None:
    page = open_page()
    timeline = send_all(page)
    draw = """(timeline, end) => {
        timeline.show(0, end);
        counts.rectangles = 0;
        timeline.draw();
        return counts.rectangles;
    }"""
    whole = timeline.evaluate(draw, TURNS * TURN_US)
    assert 0 < timeline.evaluate(draw, TURNS * TURN_US / 10) < whole / 3
