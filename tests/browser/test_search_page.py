"""Search as somebody uses it who has both hands on the keyboard, or an error on the clipboard."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

TRACEBACK = """\
Traceback (most recent call last):
  File "/app/main.py", line 12, in read
    return account.name
sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_() here.
"""
PASTE = """([box, text]) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const options = {clipboardData, bubbles: true, cancelable: true};
    box.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def paste(page: Page, text: str) -> None:
    """Into whatever has the focus."""
    page.evaluate(PASTE, [page.evaluate_handle("document.activeElement"), text])


def test_a_place_is_found_from_the_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    editor = page.get_by_role("textbox", name="Code of The trap")
    editor.focus()
    page.keyboard.type("/")  # a division is no search
    expect(editor).to_be_focused()
    editor.blur()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("aiosqlite starts one ")
    page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="Words, a name")
    expect(box).to_have_value("aiosqlite starts one ")
    link = page.get_by_role("main").get_by_role("link", name="aiosqlite starts one thread")
    expect(link.locator("mark").first).to_have_text("aiosqlite")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("selctinload")
    expect(page.get_by_role("status")).to_have_text("Nothing was found")
    assert page.url.endswith("/search/?q=selctinload")
    page.get_by_role("link", name="selectinload").click()
    expect(page.get_by_role("status")).to_contain_text("places on")
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("synchronous driver")


def test_a_pasted_traceback_is_explained_and_leads_to_its_card(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("/")
    paste(page, "noise\n" * 2000 + TRACEBACK)
    expect(page.get_by_role("article", name="MissingGreenlet")).to_contain_text("Load what you")
    box = page.get_by_role("textbox", name="Words, a name")
    box.fill("asyncpg.exceptions.DeadlockDetectedError:\ndeadlock detected")
    page.get_by_role("article", name="deadlock").get_by_role("link").last.click()
    expect(page).to_have_url(re.compile("/transactions/#part-"))
    expect(page.locator(":target")).to_be_in_viewport()
