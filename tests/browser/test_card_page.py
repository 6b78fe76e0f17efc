"""A card's page, as a learner uses it: by its accessible names, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import OpenPage
from tests.browser.pixels import RED, count_pixels

NOTE = """\
import sqlite3
with sqlite3.connect(DSN) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
    connection.execute("INSERT INTO note VALUES ('{note}')")
    print([row[0] for row in connection.execute("SELECT text FROM note")])
"""


def get_cell(page: Page, title: str = "The trap") -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def click(cell: Locator, name: str) -> None:
    cell.get_by_role("button", name=name, exact=True).click()


def get_editor(cell: Locator) -> Locator:
    return cell.get_by_role("textbox", name="Code of")


def write(cell: Locator, code: str) -> None:
    """Replace the code, as if pasted."""
    get_editor(cell).click()
    cell.page.keyboard.press("Control+a")
    cell.page.keyboard.press("Delete")
    cell.page.keyboard.insert_text(code)


def paste(cell: Locator, text: str) -> None:
    """Put a text before the code as a paste does; typing this much takes Chromium minutes."""
    get_editor(cell).evaluate(
        """(editor, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            editor.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true}));
        }""",
        text,
    )


def get_output(cell: Locator) -> Locator:
    return cell.get_by_role("log", name="Output", exact=True)


def expect_status(cell: Locator, text: str) -> None:
    expect(cell.get_by_role("status")).to_contain_text(text)


def run(cell: Locator, code: str, output: str) -> None:
    write(cell, code)
    click(cell, "Run")
    expect(get_output(cell)).to_have_text(output)


def test_as_given_edited_stopped_and_run_again(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(get_output(cell)).to_contain_text("10 requests of 100 ms took")
    expect(cell.locator(".loop-sentence")).to_contain_text("execute on line 27 held the event loop")
    blocked = cell.locator(".line-blocked").filter(has_text="connection.execute")
    expect(blocked).to_be_visible()

    run(cell, "print('edited')", "edited")
    write(cell, "print('going')\nwhile True: pass")
    click(cell, "Run")
    expect(get_output(cell)).to_have_text("going")
    click(cell, "Stop")
    expect_status(cell, "stopped")
    expect(get_output(cell)).to_have_text("going")
    run(cell, "print('again')", "again")
    expect_status(cell, "Completed.")


def test_on_postgres(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    cell.get_by_label("Driver").select_option("psycopg")
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(cell.locator(".loop-sentence")).to_contain_text("psycopg")
    write(
        cell,
        "import asyncpg\n"
        "connection = await asyncpg.connect(DSN)\n"
        "print(await connection.fetchval('SELECT version()'))",
    )
    click(cell, "Run")
    expect(get_output(cell)).to_contain_text("PostgreSQL 18")


def test_the_event_loop_is_drawn_and_told(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    click(cell, "Run")
    expect_status(cell, "Completed.")
    figure = cell.get_by_role("figure", name="Event loop", exact=True)
    expect(figure.get_by_role("img")).to_have_accessible_name(re.compile("10 SQL statement"))
    figure.get_by_text("SQL statements (10)").click()
    table = figure.get_by_role("table", name="SQL statements")
    expect(table.get_by_role("row")).to_have_count(11)
    table.get_by_role("button", name="line 27").first.click()
    expect(cell.locator(".cm-activeLine")).to_contain_text("connection.execute")
    assert count_pixels(figure.get_by_role("img"), RED) > 0


def test_the_loop_of_quiet_code_has_no_red(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    write(cell, "import asyncio\nasync def main(): await asyncio.sleep(0.05)\nasyncio.run(main())")
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(cell.get_by_role("img")).to_have_accessible_name(re.compile("nothing held the loop"))
    assert count_pixels(cell.get_by_role("img"), RED) == 0


def test_keyboard_reload_and_reset(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    write(cell, "print('mine')")
    page.keyboard.press("Control+Enter")
    expect(get_output(cell)).to_have_text("mine")

    page.reload()
    cell = get_cell(page)
    expect(get_editor(cell)).to_have_text("print('mine')")
    click(cell, "Reset")
    expect(get_editor(cell)).to_contain_text("import asyncio")
    expect_status(cell, "Reset")
    get_editor(cell).click()
    page.keyboard.press("Control+z")
    expect(get_editor(cell)).to_have_text("print('mine')")


def test_an_error_is_shown_at_its_line(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    write(cell, "x = 1\ny = (\n")
    click(cell, "Run")
    expect_status(cell, "SyntaxError")
    expect(cell.locator(".line-failed")).to_contain_text("y = (")
    write(cell, "import sys\nprint('so far')\n\n1 / 0\n")
    click(cell, "Run")
    expect_status(cell, "ZeroDivisionError on line 4")
    expect(cell.locator(".line-failed")).to_have_text("1 / 0")
    expect(get_output(cell).locator(".stderr").filter(has_text="line 4")).to_be_visible()
    expect(get_output(cell).locator(".stdout").first).to_have_text("so far")


def test_rows_are_a_table(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    write(cell, "[{'name': '<b>Ada</b>', 'age': None}]")
    click(cell, "Run")
    table = cell.get_by_role("table", name="1 row")
    expect(table.get_by_role("columnheader")).to_have_text(["name", "age"])
    expect(table.get_by_role("cell")).to_have_text(["<b>Ada</b>", "NULL"])


def test_two_browsers_never_meet(open_page: OpenPage) -> None:
    mine, theirs = get_cell(open_page()), get_cell(open_page())
    run(mine, NOTE.format(note="mine"), "['mine']")
    run(theirs, NOTE.format(note="theirs"), "['theirs']")
    run(mine, NOTE.format(note="mine again"), "['mine', 'mine again']")
    expect(get_output(theirs)).to_have_text("['theirs']")


def test_too_much_code_is_refused_and_kept(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    paste(cell, "# too long\n" * 7_000)
    click(cell, "Run")
    expect(page.get_by_role("alert")).to_contain_text("longer than 64 KiB")
    expect(get_editor(cell)).to_contain_text("# too long")
    run(cell, "print('short')", "short")
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_lost_connection_is_told_and_mended(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    write(cell, "print('kept')\nwhile True: pass")
    click(cell, "Run")
    expect(get_output(cell)).to_have_text("kept")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('htmx:wsClose', {detail: {event: {code: 1006}}}))"
    )
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept")
    expect_status(cell, "the run goes on")
    expect(get_editor(cell)).to_contain_text("while True: pass")


def test_dark_mode_is_kept(open_page: OpenPage) -> None:
    page = open_page()
    button = page.get_by_role("button", name="Dark mode")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    page.reload()
    expect(page.get_by_role("button", name="Dark mode")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"


def test_a_phone_shows_the_whole_page(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True)
    cell = get_cell(page)
    click(cell, "Run")
    expect_status(cell, "Completed.")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for name in ("Run", "Stop", "Reset"):
        box = cell.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 360


def test_the_list_is_searched_while_typing(open_page: OpenPage) -> None:
    page = open_page("/async-databases/")
    expect(page.get_by_role("status")).to_have_text("11 of 11 cards")
    form = page.get_by_role("search", name="Cards")
    form.get_by_label("Search").fill("MissingGreenlet")
    expect(page.get_by_role("status")).not_to_contain_text("11 of 11")
    assert "search=MissingGreenlet" in page.url
    form.get_by_label("Search").fill("")
    form.get_by_role("radio", name="easy").check()
    expect(page.get_by_role("listitem").first).to_contain_text("easy")


def test_a_page_that_comes_back_shows_its_run_from_the_beginning(open_page: OpenPage) -> None:
    """The connection is cut between the browser and the site, as by a network that failed."""
    page = open_page()
    ways: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    page.route_web_socket("**/ws/runs/", lambda way: ways.append((way, way.connect_to_server())))
    page.reload()
    cell = get_cell(page)
    write(cell, "import time\nfor n in range(4):\n    print(n, flush=True)\n    time.sleep(0.4)")
    click(cell, "Run")
    expect(get_output(cell)).to_contain_text("1")
    near, far = ways[-1]
    far.close(code=3000)
    near.close(code=1012)  # as a web process does that is replaced
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept")
    expect_status(cell, "Completed.")
    expect(get_output(cell)).to_have_text("0\n1\n2\n3\n")
    assert len(ways) > 1
