"""The picture of a run: by mouse, by keyboard alone, by a screen reader's rules, and live."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.pixels import RED, count_pixels
from tests.browser.test_card_page import click, expect_status, get_cell, get_editor, write

BLOCKS = """\
import asyncio, time
async def short():
    time.sleep(0.02)
async def long():
    await asyncio.sleep(0)
    result = [time.sleep(0.6), 1]
async def main():
    await asyncio.gather(short(), long())
asyncio.run(main())
"""
SLOW = """\
import asyncio, time
async def main():
    for _ in range(200):
        await asyncio.sleep(0.05)
        time.sleep(0.012)
asyncio.run(main())
"""
# Where on the picture the longest block's middle is.
MIDDLE = """timeline => {
    const block = timeline.recording.blocks.reduce((a, b) => a.duration_us > b.duration_us ? a : b);
    const row = timeline.layout.rows.find(row => row.kind === "loop");
    const x = timeline.painter.toX(block.at_us + block.duration_us / 2);
    return {x, y: row.top + row.height / 2};
}"""

# When a change that was made just now is drawn.
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def run_blocks(page: Page) -> Locator:
    cell = get_cell(page)
    write(cell, BLOCKS)
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(cell.get_by_role("img")).to_have_accessible_name(re.compile("the longest"))
    return cell


def expect_pointed(cell: Locator, expression: str) -> None:
    expect(cell.locator(".pointed-expression")).to_have_text(expression)


def test_a_selected_block_is_its_expression_in_the_editor(open_page: OpenPage) -> None:
    page = open_page()
    cell = run_blocks(page)
    cell.get_by_role("img").click(position=cell.locator("loop-timeline").evaluate(MIDDLE))
    expect_pointed(cell, "time.sleep(0.6)")
    expect(cell.locator(".pointed")).to_contain_text("time.sleep, line 6: held the loop for")
    expect(get_editor(cell)).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "time.sleep(0.6)"


def test_a_line_of_the_editor_is_outlined_on_the_picture(open_page: OpenPage) -> None:
    cell = run_blocks(open_page())
    shown = []
    for code in ("import asyncio", "time.sleep(0.6)", "import asyncio"):
        cell.locator(".cm-line", has_text=code).click()
        cell.locator("loop-timeline").evaluate(DRAWN)
        shown.append(cell.get_by_role("img").evaluate("canvas => canvas.toDataURL()"))
    nothing, outlined, nothing_again = shown
    assert nothing == nothing_again != outlined


def test_with_the_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page()
    cell = run_blocks(page)
    cell.get_by_role("button", name="Show all", exact=True).focus()
    page.keyboard.press("Tab")
    expect(cell.get_by_role("img")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    told = cell.locator(".pointed")
    for _ in range(30):  # other, shorter blocks may lie between: the machine is busy
        if "time.sleep, line 6" in told.inner_text():
            break
        page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("time.sleep, line 6: held the loop")
    expect_pointed(cell, "time.sleep(0.6)")
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    expect(get_editor(cell)).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "time.sleep(0.6)"


def test_from_a_sorted_table_to_the_picture(open_page: OpenPage) -> None:
    page = open_page()
    cell = run_blocks(page)
    cell.get_by_text(re.compile(r"^Blocks \(")).click()
    table = cell.get_by_role("table", name="Blocks")
    held = table.get_by_role("columnheader", name="held the loop")
    held.get_by_role("button").click()
    expect(held).to_have_attribute("aria-sort", "ascending")
    held.get_by_role("button").press("Enter")
    expect(held).to_have_attribute("aria-sort", "descending")
    expect(table.get_by_role("row").nth(1)).to_contain_text("line 6")
    table.get_by_role("row").nth(1).get_by_title("Show on the picture").click()
    expect(cell.get_by_role("img")).to_be_focused()
    expect_pointed(cell, "time.sleep(0.6)")


def test_it_is_drawn_while_the_run_goes_on(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    write(cell, SLOW)
    click(cell, "Run")
    expect(cell.get_by_role("img")).to_have_accessible_name(re.compile(r"[2-9] block"))
    expect_status(cell, "Running")
    click(cell, "Stop")
    expect_status(cell, "stopped")


def test_a_time_scale_and_a_playhead(open_page: OpenPage) -> None:
    """What a replay and a comparison of two runs are made of."""
    cell = run_blocks(open_page())
    timeline = cell.locator("loop-timeline")
    ended = timeline.evaluate("timeline => timeline.recording.end")
    timeline.evaluate("(timeline, end) => { timeline.scale = {end_us: end}; }", 4 * ended)
    assert timeline.evaluate("timeline => timeline.visible().to") == 4 * ended
    events = [{"at_us": 10, "kind": "block", "duration_us": 90_000, "line": 1, "worker": 0}]
    timeline.evaluate("(timeline, events) => timeline.load(events)", events)
    expect(cell.get_by_role("img")).to_have_accessible_name(re.compile("1 block.*90 ms"))
    assert count_pixels(cell.get_by_role("img"), RED) > 100
    timeline.evaluate("timeline => { timeline.playhead = 0; }")
    timeline.evaluate(DRAWN)
    assert count_pixels(cell.get_by_role("img"), RED) == 0
