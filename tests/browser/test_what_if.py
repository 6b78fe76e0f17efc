"""What if: a slider rewrites one constant of the cell, and the cell runs again."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import (
    click,
    expect_status,
    get_cell,
    get_editor,
    get_output,
    write,
)

LONG_MS = 30_000


def get_slider(cell: Locator, name: str) -> Locator:
    return cell.get_by_role("group", name="What if").get_by_role("slider", name=name)


def move(slider: Locator, *keys: str) -> None:
    slider.focus()
    for key in keys:
        slider.page.keyboard.press(key)


def get_tried(cell: Locator) -> Locator:
    return cell.get_by_role("table", name="Tried so far").locator("tbody").get_by_role("row")


def expect_line(cell: Locator, text: str) -> None:
    """By the form, which holds it all: an editor draws only the lines that are in sight."""
    expect(cell.locator("textarea[name=code]")).to_have_value(re.compile(text, re.MULTILINE))


def count_runs(page: Page) -> list[str]:
    """What this page asks the site from now on."""
    page.evaluate(
        """() => {
            window.asked = [];
            document.addEventListener("htmx:wsAfterSend", ({detail}) =>
                window.asked.push(JSON.parse(detail.message).action));
        }"""
    )
    return page.evaluate("window.asked")  # type: ignore[no-any-return]


def test_a_slider_rewrites_the_literal_and_runs_from_the_keyboard(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    slider = get_slider(cell, "Requests at once")
    expect(slider).to_have_value("10")
    move(slider, "ArrowLeft", "ArrowLeft", "ArrowLeft")
    expect(slider).to_be_focused()
    expect_line(cell, r"^REQUESTS = 7\b")
    expect_status(cell, "Completed.")
    expect(get_output(cell)).to_contain_text("7 requests of 100 ms took 0.")
    expect(cell.get_by_role("figure", name="Event loop").get_by_role("img")).to_be_visible()
    expect(get_tried(cell)).to_have_count(1)
    expect(get_tried(cell).get_by_role("rowheader")).to_have_text("7")

    get_editor(cell).click()
    cell.page.keyboard.press("Control+z")
    expect_line(cell, r"^REQUESTS = 8\b")
    expect(slider).to_have_value("8")


def test_values_tried_are_told_newest_last_until_reset(open_page: OpenPage) -> None:
    cell = get_cell(open_page(), "The cure")
    slider = get_slider(cell, "Query time")
    for key, value in (("Home", "0.02 s"), ("End", "0.3 s"), ("Home", "0.02 s")):
        move(slider, key)
        expect(get_tried(cell).last.get_by_role("cell").nth(1)).to_have_text(value)
    expect(get_tried(cell)).to_have_count(2)
    expect(get_tried(cell).last).to_contain_text("10 connections")
    click(cell, "Reset")
    expect(get_tried(cell)).to_have_count(0)
    expect(slider).to_have_value("0.1")
    expect_line(cell, r"^QUERY_SECONDS = 0\.1$")


def test_what_the_code_does_not_name_is_told_by_no_unit(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    write(cell, "print(1)\n")
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(get_tried(cell).get_by_role("rowheader")).to_have_text("\N{EN DASH}")
    expect(get_tried(cell).get_by_role("cell").first).to_have_text("\N{EN DASH}")


def test_typing_moves_the_slider_and_a_missing_constant_disables_it(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    slider = get_slider(cell, "Requests at once")
    write(cell, "REQUESTS = 4\nQUERY_SECONDS = 0.1\n")
    expect(slider).to_have_value("4")
    expect(cell.locator(".what-if output").first).to_have_text("4")
    for code, sentence in (
        ("x = 1\n", "The code has no line REQUESTS = … any more."),
        ("REQUESTS = 2 + 2\n", "REQUESTS is no plain number or text"),
        ("REQUESTS = 4\nREQUESTS = 5\n", "The code assigns REQUESTS more than once."),
        ("REQUESTS = 'four'\n", "REQUESTS is a text in the code now."),
        ("REQUESTS = f'4'\n", "REQUESTS is no plain number or text"),
        ("def f():\n    REQUESTS = 4\n", "The code has no line REQUESTS = … any more."),
    ):
        write(cell, code)
        expect(slider).to_be_disabled()
        expect(slider).to_have_accessible_description(re.compile(re.escape(sentence)))
    write(cell, "REQUESTS: int = 1_2\n")
    expect(slider).to_be_enabled()
    expect(slider).to_have_value("12")


def test_a_list_of_choices(open_page: OpenPage) -> None:
    cell = get_cell(open_page("/async-databases/transactions/"), "Ten times plus one")
    level = cell.get_by_label("Isolation level")
    expect(level).to_have_value("REPEATABLE READ")
    level.select_option("SERIALIZABLE")
    expect_line(cell, '^ISOLATION = "SERIALIZABLE"$')
    expect(cell.get_by_role("status").last).to_contain_text("Completed.", timeout=LONG_MS)
    expect(cell.get_by_role("row", name="SERIALIZABLE 1 9 40001")).to_be_visible()


def test_worker_processes_are_of_the_run(open_page: OpenPage) -> None:
    cell = get_cell(open_page("/async-databases/pools-and-workers/"), "Four real workers")
    slider = get_slider(cell, "Worker processes")
    expect(slider).to_have_attribute("aria-valuetext", "4")
    move(slider, "ArrowLeft", "ArrowLeft")
    expect(get_output(cell)).to_contain_text("3 connections here, 6 on the server", timeout=LONG_MS)
    expect(get_output(cell).locator(".worker")).to_have_count(2)
    expect(get_tried(cell).get_by_role("rowheader")).to_have_text("2")


def test_the_newest_value_wins_while_a_run_goes_on(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    write(cell, "REQUESTS = 1\nprint(REQUESTS)\nwhile REQUESTS < 6: pass\n")
    slider = get_slider(cell, "Requests at once")
    count_runs(page)
    move(slider, "ArrowRight")
    expect(get_output(cell)).to_have_text("2")
    for _ in range(4):
        move(slider, "ArrowRight")
    expect(get_output(cell)).to_have_text("6")
    expect_status(cell, "Completed.")
    assert page.evaluate("window.asked") == ["run", "stop", "run"]
    expect(page.get_by_role("alert")).to_be_empty()


def test_without_the_tick_a_change_only_rewrites(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    count_runs(page)
    cell.get_by_role("checkbox", name="Run at each change").uncheck()
    move(get_slider(cell, "Requests at once"), "Home")
    expect_line(cell, r"^REQUESTS = 1\b")
    page.wait_for_timeout(600)  # twice as long as a change waits
    assert page.evaluate("window.asked") == []
