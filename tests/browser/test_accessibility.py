"""Every kind of page audited with axe: light and dark, on a desktop and on a phone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import list_barriers
from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, get_cell, get_editor, get_output
from tests.browser.test_recordings_page import LONG_MS, run_until_kept, see, share

# Blocks, statements, requests of a pool, output on both streams, and an error that is explained.
MEETS_ERROR = """\
import asyncio, os, sys, time
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
async def query(engine, number):
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        time.sleep(0.02)
        print(number)
async def main():
    engine = create_async_engine(os.environ["DATABASE_URL"])
    await asyncio.gather(*[query(engine, number) for number in range(3)])
    print("to stderr", file=sys.stderr)
    query(engine, 4)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT * FROM nowhere"))
asyncio.run(main())
"""
GIVES_ROWS = """\
import asyncio, aiosqlite
async def main():
    async with aiosqlite.connect(DSN) as connection:
        return list(await connection.execute_fetchall("SELECT 1, NULL"))
asyncio.run(main())
"""
# What reaches beyond the window and cannot be scrolled to.
CUT_OFF = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, li, label, button, dd)")]
    .filter(one => !one.closest(".scroll, pre, .cm-scroller, [hidden]"))
    .filter(one => one.getBoundingClientRect().right > window.innerWidth)
    .map(one => one.outerHTML.slice(0, 200))"""
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


def expect_no_barrier(page: Page, name: str, within: Locator | None = None) -> None:
    """Nothing for axe to complain of with all there is to open opened, and nothing cut off.

    ``within``: the part of the page that has changed since axe saw it, if it saw the rest.
    """
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    see(page, name)
    assert list_barriers(page, within) == [], f"{name}: {urlsplit(page.url).path}"
    assert page.evaluate(CUT_OFF) == [], name
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"{name} is {width} pixels wider than the window"


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_no_page_has_a_barrier(open_page: OpenPage, size: dict[str, int], theme: str) -> None:
    page = open_page(viewport=size, color_scheme=theme)
    assert page.evaluate("document.documentElement.dataset.theme") == theme

    def audit(name: str, path: str = "", within: Locator | None = None) -> None:
        if path:
            page.goto(path)
        expect_no_barrier(page, f"{name}-{theme}-{size['width']}", within)

    cell = get_cell(page)
    audit("card")
    run_until_kept(cell, MEETS_ERROR)
    expect(cell.locator(".explanation")).to_have_count(2)
    expect(cell.get_by_role("img")).to_be_visible()
    for summary in cell.locator("details.facts summary").all():
        summary.click()
    audit("card-after-error", within=cell)
    link = share(cell)
    audit("card-shared", within=cell)
    run_until_kept(cell, GIVES_ROWS)
    expect(cell.get_by_role("table", name="1 row")).to_be_visible()
    click(cell, "Compare")
    expect(cell.get_by_role("region", name="Comparison")).to_be_visible(timeout=LONG_MS)
    audit("card-compared", within=cell)
    own = cell.get_by_role("link", name="This comparison on a page of its own").get_attribute(
        "href"
    )
    assert own

    origin = page.url.split("/async-databases")[0]
    audit("comparison", origin + own)
    audit("home", f"{origin}/")
    audit("known-errors", f"{origin}/errors/")
    audit("no-such-error", f"{origin}/errors/?search=zzz")
    audit("search", f"{origin}/search/?q=sqlalchemy.exc.MissingGreenlet%3A+pool")
    audit("my-runs", f"{origin}/runs/")
    audit("progress", f"{origin}/progress/")
    audit("quiz", f"{origin}/quiz/?tag=pools")
    audit("news", f"{origin}/news/")
    page.goto(link)
    shown = get_cell(page)
    expect(get_output(shown)).to_contain_text("to stderr")
    expect(get_editor(shown)).to_be_visible()
    audit("shared")


def test_a_page_that_does_not_exist_has_no_barrier(open_page: OpenPage) -> None:
    page = open_page()
    origin = page.url.split("/async-databases")[0]
    # The same page with another status: the browser complains of a 404 in its console.
    page.route("**/r/*/", lambda route: route.fulfill(response=route.fetch(), status=200))
    page.goto(f"{origin}/r/nothing/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect_no_barrier(page, "not-found")
