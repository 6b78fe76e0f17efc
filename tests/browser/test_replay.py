"""A replay tells what the run told, as far as it had by then: output, values, SQL and blocks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, get_cell, get_output
from tests.browser.test_recordings_page import run_until_kept, share

PROGRAM = """\
import asyncio, sqlite3, time
async def main():
    connection = sqlite3.connect(":memory:")
    connection.execute("SELECT 'early'")
    print("early")
    await asyncio.sleep(0.5)
    connection.execute("SELECT 'late'")
    print("late")
    time.sleep(0.3)
    await asyncio.sleep(0.1)
    return "the value"
await main()
"""
# Between the first print and the second, by the run's own account.
MIDDLE = """cell => {
    const [early, late] = [...cell.querySelectorAll(".output .stdout")]
        .map(piece => Number(piece.dataset.at));
    const {end} = cell.querySelector("loop-timeline").recording;
    return Math.round((early + late) / 2 / end * 500);
}"""
# Everything that the page's live regions were given to say since.
LISTEN = """cell => {
    window.said = [];
    const isLive = node => {
        const region = node.closest?.("[aria-live], [role=log], [role=status], [role=alert]");
        return region && region.getAttribute("aria-live") !== "off";
    };
    new MutationObserver(changes => {
        for (const {target, attributeName} of changes)
            if (attributeName !== "aria-live" && isLive(target)) said.push(target.textContent);
    }).observe(cell, {subtree: true, childList: true, characterData: true,
        attributes: true, attributeFilter: ["hidden", "aria-live"]});
}"""


def stay(cell: Locator) -> Locator:
    """The cell that ran, on its own page."""
    return cell


def visit(cell: Locator) -> Locator:
    """The same run on the page of its link."""
    page = cell.page
    page.goto(share(cell))
    shown = get_cell(page)
    expect(get_output(shown)).to_contain_text("late")
    return shown


def scrub_to(cell: Locator, place: int) -> None:
    slider = cell.get_by_role("slider", name="Time of the replay")
    slider.evaluate(
        """(slider, place) => {
            slider.value = place;
            slider.dispatchEvent(new Event("input"));
        }""",
        place,
    )


def see_value(cell: Locator) -> Locator:
    return cell.locator("[id$='-value'] pre")


@pytest.mark.parametrize("go", [stay, visit])
def test_it_shows_what_had_come_by_then(
    open_page: OpenPage, go: Callable[[Locator], Locator]
) -> None:
    cell = get_cell(open_page())
    run_until_kept(cell, PROGRAM)
    cell = go(cell)
    output = get_output(cell)
    cell.get_by_text(re.compile(r"^SQL statements \(2\)")).click()
    rows = cell.get_by_role("table", name="SQL statements").get_by_role("row")
    expect(rows).to_have_count(3)
    cell.evaluate(LISTEN)

    scrub_to(cell, cell.evaluate(MIDDLE))
    expect(output.locator(".stdout:visible")).to_have_text(["early\n"])
    expect(see_value(cell)).to_be_hidden()
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("'early'")
    expect(cell.locator(".line-blocked", has_text="time.sleep")).to_have_count(0)
    scrub_to(cell, 0)
    expect(output.locator(".stdout:visible")).to_have_count(0)
    expect(cell.get_by_role("table", name="SQL statements")).to_have_count(0)
    scrub_to(cell, 500)
    expect(output.locator(".stdout:visible")).to_have_text(["early\n", "late\n"])
    expect(see_value(cell)).to_have_text("'the value'")
    expect(rows).to_have_count(3)
    expect(cell.locator(".line-blocked", has_text="time.sleep(0.3)")).to_have_count(1)
    assert cell.page.evaluate("said") == []
    expect(output).not_to_have_attribute("aria-live", "off")


def test_it_plays_to_the_end_and_then_all_of_it_is_there(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    run_until_kept(cell, PROGRAM)
    replay = cell.get_by_role("group", name="Replay")
    replay.get_by_label("Speed").select_option("0.25")
    replay.get_by_role("button", name="Replay").click()
    expect(get_output(cell)).to_have_attribute("aria-live", "off")
    expect(get_output(cell).locator(".stdout:visible")).to_have_text(["early\n"])
    expect(replay.get_by_role("slider")).to_have_attribute("aria-valuetext", "all of it")
    expect(get_output(cell).locator(".stdout:visible")).to_have_text(["early\n", "late\n"])
    expect(see_value(cell)).to_be_visible()


def test_a_new_run_is_told_and_heard_after_a_replay_was_left_in_the_middle(
    open_page: OpenPage,
) -> None:
    page: Page = open_page()
    cell = get_cell(page)
    run_until_kept(cell, PROGRAM)
    scrub_to(cell, 1)
    expect(get_output(cell)).to_have_attribute("aria-live", "off")
    click(cell, "Run")
    expect(get_output(cell).locator(".stdout:visible")).to_have_text(["early\n", "late\n"])
    expect(get_output(cell)).not_to_have_attribute("aria-live", "off")
