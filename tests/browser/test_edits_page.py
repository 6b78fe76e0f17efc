"""What is typed is kept: over a reload, a reset, and in two tabs that write the same cell; and
what was run can be gone back to.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.browser.axe import list_barriers
from tests.browser.conftest import CARD, OpenPage
from tests.browser.test_card_page import click, get_cell, get_editor, write
from tests.browser.test_exercise_page import JUDGED_MS, expect_judged, find, get_exercise
from tests.browser.test_recordings_page import run_until_kept, see

SAVED_MS = 10_000


def is_save(response: Response) -> bool:
    return response.request.method == "POST" and "/edits/" in response.url


def write_and_save(cell: Locator, code: str) -> None:
    """Until the site has it."""
    with cell.page.expect_response(is_save) as saved:
        write(cell, code)
    assert saved.value.ok


def get_offers(cell: Locator) -> Locator:
    return cell.locator(".set-aside .offer")


def test_a_reset_is_taken_back_after_a_reload(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    write_and_save(cell, "print('mine')")
    with page.expect_response(is_save):
        click(cell, "Reset")
    expect(get_editor(cell)).to_contain_text("import asyncio")
    expect(get_offers(cell)).to_contain_text("You went back to the author")
    page.reload()
    # Nothing of it is in this browser alone: as in another one.
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(get_editor(cell)).to_contain_text("import asyncio")
    click(cell, "Show")
    expect(get_offers(cell).locator("pre")).to_have_text("print('mine')")
    see(page, "edit-reset")
    assert list_barriers(page, within=cell) == []
    click(cell, "Undo")
    expect(get_editor(cell)).to_have_text("print('mine')")
    expect(get_editor(cell)).to_be_focused()
    expect(get_offers(cell)).to_have_count(0)


def test_what_is_typed_last_is_kept_when_the_page_is_left_at_once(open_page: OpenPage) -> None:
    page = open_page()
    write(get_cell(page), "print('typed and gone')")
    edits = f"{page.url}edits/"
    page.wait_for_function("JSON.stringify(localStorage).includes('typed and gone')")
    page.goto("about:blank")
    page.go_back()
    expect(get_editor(get_cell(page))).to_have_text("print('typed and gone')")
    kept: dict[str, str] = {}
    for _ in range(SAVED_MS // 50):
        kept = page.request.get(edits).json()["edits"].get("trap", {})
        if kept:
            break
        page.wait_for_timeout(50)
    assert kept["text"] == "print('typed and gone')"


def test_two_tabs_edit_the_same_cell(open_page: OpenPage) -> None:
    page = open_page()
    other: Page = page.context.new_page()
    other.goto(page.url)
    here, there = get_cell(page), get_cell(other)
    write_and_save(here, "print('common')")
    expect(get_editor(there)).to_have_text("print('common')")

    held: list[Route] = []
    other.route("**/edits/trap/", lambda route: held.append(route))
    with other.expect_request("**/edits/trap/"):
        write(there, "print('of the other tab')")
    write_and_save(here, "print('of this tab')")
    expect(get_editor(there)).to_have_text("print('of the other tab')")
    with other.expect_response(is_save):
        held.pop().continue_()
    other.unroute("**/edits/trap/")
    # Whoever wrote last has the place, in both; the other version is offered in both.
    for cell in (here, there):
        expect(get_editor(cell)).to_have_text("print('of the other tab')")
        expect(get_offers(cell)).to_have_count(1)
        expect(get_offers(cell)).to_contain_text("Two tabs or devices changed this cell.")
    see(page, "edit-two-tabs")
    page.bring_to_front()
    click(here, "Take it")
    for cell in (here, there):
        expect(get_editor(cell)).to_have_text("print('of this tab')")
        expect(get_offers(cell)).to_contain_text("You took another version")
    click(here, "Drop it")
    expect(get_offers(here)).to_have_count(0)
    expect(get_offers(there)).to_have_count(0)
    page.goto(page.url.removesuffix(CARD) + CARD)
    expect(get_editor(here)).to_have_text("print('of this tab')")
    expect(get_offers(here)).to_have_count(0)


def test_what_is_foretold_is_kept_and_followed(open_page: OpenPage) -> None:
    page = open_page()
    here = find(page, get_exercise("more-threads-than-connections"))
    elapsed = here.get_by_label("After how many milliseconds")
    with page.expect_response(is_save):
        elapsed.fill("4800")
    # Nothing of it is in this browser alone: as in another one.
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(elapsed).to_have_value("4800")
    other: Page = page.context.new_page()
    other.goto(page.url)
    there = find(other, get_exercise("more-threads-than-connections"))
    expect(there.get_by_label("After how many milliseconds")).to_have_value("4800")
    with page.expect_response(is_save):
        elapsed.fill("")
        here.get_by_label("How many queries").fill("16")
    expect(there.get_by_label("After how many milliseconds")).to_have_value("")
    expect(there.get_by_label("How many queries")).to_have_value("16")


def test_lines_that_were_picked_are_kept_and_marked(open_page: OpenPage) -> None:
    page = open_page("/async-databases/run-sync/")
    place = page.get_by_role("region", name="Exercise: Which lines hold the loop?", exact=True)
    with page.expect_response(is_save):
        place.locator(".cm-lineNumbers .cm-gutterElement", has_text="16").click()
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(place.get_by_label("Number of the line")).to_have_value("16")
    expect(place.locator(".cm-line.line-picked")).to_contain_text("time.sleep(0.3)")


def test_an_earlier_run_is_put_back_and_replayed(open_page: OpenPage) -> None:
    page = open_page()
    cell = get_cell(page)
    history = cell.locator(".history")
    run_until_kept(cell, "print('first')")
    history.get_by_text("History", exact=True).click()
    expect(history.get_by_role("listitem")).to_have_count(1)
    run_until_kept(cell, "print('second')")
    expect(history.get_by_role("listitem")).to_have_count(2)
    see(page, "history")
    assert list_barriers(page, within=cell) == []
    history.get_by_role("button", name="Put back the code of").last.click()
    expect(get_editor(cell)).to_have_text("print('first')")
    expect(get_offers(cell)).to_contain_text("yours is set aside")
    click(cell, "Back to mine")
    expect(get_editor(cell)).to_have_text("print('second')")
    expect(get_offers(cell)).to_have_count(0)
    history.get_by_role("link", name="Replay").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The trap: a recorded run")
    expect(page.locator(".output")).to_contain_text("first")


def test_an_attempt_is_replayed(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    place = find(page, get_exercise("freeze-the-loop"))
    write(place, "print('no app')\n")
    click(place, "Check")
    expect_judged(place, "Not yet")
    history = place.locator(".history")
    history.get_by_text("History", exact=True).click()
    expect(history.get_by_role("listitem")).to_contain_text("Not yet", timeout=JUDGED_MS)
    expect(history.get_by_role("link", name="Replay")).to_be_visible(timeout=JUDGED_MS)
    see(page, "history-of-attempts-dark-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    history.get_by_role("link", name="Replay").click()
    expect(page.locator(".output")).to_contain_text("no app")
    expect(page.get_by_role("button", name="Share")).to_have_count(0)
    see(page, "attempt-dark-390")
    assert list_barriers(page) == []
    page.get_by_role("button", name="Open in my exercise").click()
    page.wait_for_url("**/#cell-exercise-freeze-the-loop")
    expect(get_editor(place)).to_contain_text("no app")
