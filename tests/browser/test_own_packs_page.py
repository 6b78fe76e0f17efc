"""A pack uploaded, refused, mended, checked while one looks, published, assigned, and done."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import DESKTOP, PHONE, expect_no_barrier
from tests.browser.test_accounts_page import Site, address, mailing
from tests.browser.test_card_page import write
from tests.browser.test_recordings_page import LONG_MS
from tests.browser.test_teams_page import join, make_team
from tests.own_packs import make_archive

__all__ = ["address", "mailing"]  # fixtures

CHECK_MS = 90_000
# A claim of this pack does not hold.
WRONG = {"claims": ("one after another: True", "one after another: False")}


def upload(lead: Page, content: bytes) -> None:
    lead.get_by_role("link", name="Packs", exact=True).click()
    file = FilePayload(name="pack.zip", mimeType="application/zip", buffer=content)
    lead.get_by_label("A pack, as zip or tar.gz").set_input_files(file)
    lead.get_by_role("button", name="Upload").click()


def check(lead: Page, button: str = "Check it") -> None:
    lead.get_by_role("button", name=button).click()
    expect(lead.locator("#check-state").get_by_role("status")).to_contain_text("Checking: ")


def solve(page: Page) -> None:
    """The card's exercise, by its solution."""
    exercise = page.locator("section.exercise").first
    write(
        exercise,
        "import asyncio\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        '@app.get("/both")\nasync def both() -> dict[str, int]:\n'
        "    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(1))\n"
        '    return {"done": 2}\n',
    )
    exercise.get_by_role("button", name="Check").click()
    expect(exercise.locator(".status.passed")).to_be_visible(timeout=LONG_MS)


def test_from_an_archive_to_a_passed_exercise(open_page: OpenPage, mailing: Site) -> None:
    lead = open_page("/async-databases/", expected="400")
    link = make_team(lead, mailing, "lead@example.org")
    learner = open_page("/async-databases/")
    join(learner, mailing, link, "learner@example.org")

    upload(lead, make_archive(claims=("01-trap.py", "09-none.py")))
    expect(lead.get_by_role("alert").filter(has_text="It was not taken")).to_be_visible()
    expect(lead.locator("ul.faults li")).to_contain_text("01-waits/claims.toml:")

    see_it_checked(lead)
    lead.get_by_role("link", name=re.compile("See the draft")).click()
    expect(lead.get_by_text("draft, seen by those who teach")).to_be_visible()
    lead.go_back()
    learner.reload()
    expect(learner.get_by_text("Packs of your own")).to_have_count(0)
    lead.get_by_role("button", name="Publish it").click()
    expect(lead.get_by_text("everybody in the team sees it.").first).to_be_visible()
    learner.reload()
    expect(learner.get_by_text("Packs of your own")).to_be_visible()

    row = set_the_card(lead)
    work_through(learner, row)
    stranger = open_page("/async-databases/", expected="404")
    answer = stranger.goto(learner.url)
    assert answer
    assert answer.status == 404


def see_it_checked(lead: Page) -> None:
    """One version that fails, then one that holds: stopped, gone on with, seen by a reload."""
    upload(lead, make_archive(**WRONG))
    check(lead)
    status = lead.locator("#check-state").get_by_role("status")
    expect(lead.locator("#results li").first).to_be_visible(timeout=CHECK_MS)
    lead.reload()  # the check goes on, whoever looks
    expect(status).to_contain_text("1 of 5 failed", timeout=CHECK_MS)
    expect(lead.locator("#results li")).to_have_count(5)
    expect(lead.locator("#check-state ul.faults li")).to_contain_text("01-waits/claims.toml:1")
    expect(lead.get_by_text("It can be published once")).to_be_visible()

    upload(lead, make_archive(version="2"))
    check(lead)
    lead.get_by_role("button", name="Stop").click()
    expect(status).to_contain_text("Stopped by somebody")
    check(lead, "Go on")
    expect(status).to_contain_text("all 5 hold", timeout=CHECK_MS)
    expect(lead.locator("#results li")).to_have_count(5)


def set_the_card(lead: Page) -> Locator:
    """The learner's row of the grid."""
    lead.get_by_role("link", name="Set an assignment of it").click()
    lead.get_by_label("Title").fill("Our own week")
    lead.locator('input[name="items"][value="waits/"]').check()
    lead.get_by_role("button", name="Set it").click()
    lead.get_by_role("link", name="Overview").click()
    row = lead.get_by_role("row").filter(has_text="learner@example.org")
    expect(row.locator("td.at.unread")).to_have_count(1)
    return row


def work_through(learner: Page, row: Locator) -> None:
    """Run a cell, see that its claim was checked, pass the exercise; the grid moves."""
    learner.reload()
    learner.get_by_role("link", name="What does an interviewer ask?").first.click()
    cell = learner.locator("#cell-trap")
    cell.get_by_role("button", name="Run", exact=True).click()
    expect(cell.get_by_text("one after another: True")).to_be_visible(timeout=LONG_MS)
    expect(row.locator("td.at.ran")).to_have_count(1, timeout=LONG_MS)
    expect(cell.get_by_role("button", name="Share")).to_have_count(0)
    mark = learner.locator("button.mark").first
    expect(mark).to_have_text("checked")
    solve(learner)
    expect(row.locator("td.at.passed")).to_have_count(1, timeout=LONG_MS)


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_no_page_of_own_packs_has_a_barrier(
    open_page: OpenPage, mailing: Site, size: dict[str, int], theme: str
) -> None:
    page = open_page("/async-databases/", expected="400", viewport=size, color_scheme=theme)
    make_team(page, mailing, f"{theme}-packs@example.org")

    def audit(name: str) -> None:
        expect_no_barrier(page, f"own-packs-{name}-{theme}-{size['width']}")

    upload(page, b"no archive")
    expect(page.get_by_text("It was not taken")).to_be_visible()
    audit("refused")
    upload(page, make_archive(claims=("01-trap.py", "09-none.py")))
    audit("faults")
    upload(page, make_archive(**WRONG))
    audit("draft")
    check(page)
    audit("checking")
    status = page.locator("#check-state").get_by_role("status")
    expect(status).to_contain_text("1 of 5 failed", timeout=CHECK_MS)
    audit("failed")
    upload(page, make_archive(version="2"))
    check(page)
    expect(status).to_contain_text("all 5 hold", timeout=CHECK_MS)
    audit("checked")
    page.get_by_role("button", name="Publish it").click()
    audit("published")
    page.get_by_role("link", name="See its cards").click()
    audit("cards")
    page.get_by_role("link", name="What does an interviewer ask?").click()
    audit("card")
    page.go_back()
    page.get_by_role("link", name="First steps", exact=True).first.click()
    audit("team")
    page.get_by_role("link", name="Packs", exact=True).click()
    audit("packs")
    page.locator("ul.rows a").first.click()
    page.get_by_role("link", name="Delete", exact=True).click()
    assert re.search(r"/delete/$", page.url)
    audit("delete")
