"""Recordings in a real browser: replayed, shared with a stranger, opened again, compared."""

from __future__ import annotations

import os
import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, get_cell, get_editor, get_output, write

HOSTILE = "<script>alert(1)</script><b>bold</b>"
PROGRAM = """\
import asyncio, time
async def main():
    {line}
asyncio.run(main())
"""
SLOW = PROGRAM.format(line=f"print({HOSTILE!r}); time.sleep(0.3); print('done')")
QUICK = PROGRAM.format(line="print('quick')")
LONG_MS = 30_000


def run_until_kept(cell: Locator, code: str | None = None) -> None:
    if code is not None:
        write(cell, code)
    click(cell, "Run")
    expect(cell.get_by_role("button", name="Share")).to_be_visible(timeout=LONG_MS)


def share(cell: Locator) -> str:
    """The link, which has the focus then."""
    click(cell, "Share")
    link = cell.get_by_label("Link")
    expect(link).to_be_focused()
    return link.input_value()


def see(page: Page, name: str) -> None:
    """Keep a picture for whoever looks at the pages."""
    if "SCREENSHOTS" in os.environ:
        page.wait_for_timeout(400)
        page.screenshot(path=os.path.join(os.environ["SCREENSHOTS"], f"{name}.png"), full_page=True)


def test_a_shared_run_is_seen_by_a_stranger_until_it_is_taken_back(open_page: OpenPage) -> None:
    mine = open_page()
    cell = get_cell(mine)
    run_until_kept(cell, SLOW)
    link = share(cell)
    see(mine, "cell")

    theirs = open_page(link.removeprefix(mine.url.split("/async-databases")[0]))
    shown = get_cell(theirs)
    expect(get_output(shown)).to_contain_text(HOSTILE)
    expect(get_output(shown)).to_contain_text("done")
    expect(shown.get_by_role("status")).to_contain_text("Completed.")
    expect(shown.locator(".loop-sentence")).to_contain_text("time.sleep on line 3 held the event")
    expect(shown.locator(".line-blocked")).to_contain_text("time.sleep")
    expect(shown.get_by_role("img")).to_be_visible()
    expect(theirs.get_by_role("button", name="Share")).to_have_count(0)
    expect(theirs.locator("b", has_text="bold")).to_have_count(0)
    code = get_editor(shown)
    code.click()
    theirs.keyboard.type("changed")
    expect(code).not_to_contain_text("changed")
    see(theirs, "shared")
    theirs.evaluate("document.documentElement.dataset.theme = 'dark'")
    theirs.evaluate("document.dispatchEvent(new Event('theme-change'))")
    theirs.set_viewport_size({"width": 390, "height": 800})
    see(theirs, "shared-dark-narrow")
    width = theirs.evaluate("document.documentElement.scrollWidth")
    assert width <= 390

    with theirs.expect_download() as download:
        theirs.get_by_role("link", name="Download trace").click()
    assert download.value.suggested_filename == "blocking-driver-trap-trace.json"
    click(cell, "Stop sharing")
    expect(cell.get_by_role("button", name="Share")).to_be_visible()
    assert theirs.request.get(link).status == 404


def test_a_replay_moves_stops_and_is_steered_from_the_keyboard(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    run_until_kept(cell, SLOW)
    replay = cell.get_by_role("group", name="Replay")
    slider = replay.get_by_role("slider", name="Time of the replay")
    replay.get_by_label("Speed").select_option("0.1")
    replay.get_by_role("button", name="Replay").click()
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^[1-9]\d+ ms of"))
    replay.get_by_role("button", name="Pause").click()
    told = slider.get_attribute("aria-valuetext")
    cell.page.wait_for_timeout(150)
    assert slider.get_attribute("aria-valuetext") == told

    before = int(slider.input_value())
    slider.press("ArrowRight")
    assert int(slider.input_value()) == before + 1
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0 µs of"))
    assert cell.evaluate("cell => cell.querySelector('loop-timeline').playhead") == 0
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "all of it")
    expect(replay.get_by_role("button", name="Replay")).to_be_visible()
    assert cell.evaluate("cell => cell.querySelector('loop-timeline').playhead") is None


def test_shared_code_opens_in_the_cell_and_what_was_there_is_kept(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    run_until_kept(cell, QUICK)
    link = share(cell)
    write(cell, "print('what I typed since')")
    page.goto(link)
    page.get_by_role("button", name="Open in my cell").click()
    page.wait_for_url(re.compile("#cell-trap$"))
    expect(get_editor(cell)).to_contain_text("print('quick')")
    page.reload()
    expect(get_editor(cell)).to_contain_text("print('quick')")
    expect(cell).to_contain_text("yours is set aside")
    click(cell, "Back to mine")
    expect(get_editor(cell)).to_have_text("print('what I typed since')")
    expect(cell.get_by_role("button", name="Back to mine")).to_have_count(0)
    page.reload()
    expect(get_editor(cell)).to_have_text("print('what I typed since')")


def test_before_and_after_an_edit_are_compared_in_words(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    run_until_kept(cell, SLOW)
    expect(cell.get_by_role("button", name="Compare", exact=True)).to_have_count(0)
    run_until_kept(cell, QUICK)
    click(cell, "Compare")
    told = cell.get_by_role("region", name="Comparison")
    expect(told).to_contain_text(re.compile(r"The longest block fell from 3\d\d ms to"))
    expect(told).to_contain_text(re.compile(r"Wall time fell from .* times faster"))
    expect(told.get_by_role("img")).to_have_count(2)
    told.get_by_text("What changed in the code").click()
    expect(told.locator("ins")).to_contain_text(["+    print('quick')"])
    expect(told.locator("script, b")).to_have_count(0)
    see(page, "compared-in-cell")
    told.get_by_role("link", name="This comparison on a page of its own").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Before against After")
    expect(page.get_by_role("img")).to_have_count(2)
    expect(page.get_by_role("row", name="Longest block")).to_have_class("differs")
    see(page, "comparison")
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.evaluate("document.dispatchEvent(new Event('theme-change'))")
    see(page, "comparison-dark-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.get_by_role("link", name="My runs").click()
    see(page, "my-runs-dark-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    runs = page.get_by_role("listitem").filter(has_text="The trap")
    expect(runs).to_have_count(2)
    runs.first.get_by_role("button", name="Delete").click()
    expect(runs).to_have_count(1)


def test_one_button_runs_a_cell_on_every_driver_and_compares(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    drivers = cell.get_by_label("Driver").locator("option").all_inner_texts()
    write(cell, QUICK)
    click(cell, "Run on every driver")
    told = cell.get_by_role("region", name="Comparison")
    expect(told.get_by_role("img")).to_have_count(len(drivers), timeout=2 * LONG_MS)
    for name in drivers:
        expect(told.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
    expect(told).to_contain_text("Both left nothing open.")
    expect(cell.get_by_role("button", name="Run on every driver")).to_be_enabled()
    see(page, "every-driver")
