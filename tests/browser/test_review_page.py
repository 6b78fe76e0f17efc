"""A review session by keyboard: a stranger reads and signs up, then answers, fixes and explains."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import DESKTOP, PHONE, expect_no_barrier
from tests.browser.test_accounts_page import Site, sign_up
from tests.browser.test_recordings_page import LONG_MS
from tests.conftest import ROOT
from tests.serving import site

CARD = "sqlite-in-tests"
FIX = ROOT / "exercises/packs/async-databases/07-sqlite-in-tests/exercises"
LONG_AGO = "2020-01-01 00:00:00"
_DUE = f"""
INSERT INTO progress_reviewitem
  (learner, pack, card, exercise, reviews, stability, difficulty, last_grade, last_at, due_at)
SELECT learner, pack, card, 'leave-nothing', 1, 1, 5, 1, '{LONG_AGO}', '{LONG_AGO}'
FROM progress_cardprogress
WHERE learner NOT IN (SELECT learner FROM progress_reviewitem)
"""


class AgedSite(Site):
    """A site on which time passes when it is told to."""

    def change(self, statement: str) -> None:
        """By SQL on the site's own database."""
        database = self._mails.parent / "site.sqlite3"
        with contextlib.closing(sqlite3.connect(database, timeout=20)) as connection, connection:
            connection.execute(statement)


@pytest.fixture(scope="module")
def mailing() -> Iterator[AgedSite]:
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        mails = Path(folder) / "mails"
        mails.mkdir()
        with site(Path(folder), EMAIL_URL=f"file://{mails}") as address:
            yield AgedSite(address, mails)


@pytest.fixture
def address(mailing: Site) -> str:
    """What `open_page` opens here."""
    return mailing.address


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def follow(page: Page, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def answer_questions(page: Page) -> None:
    """Whatever is asked, by its first answer."""
    choices = page.get_by_role("radio")
    if choices.count():
        press(page, "1") if page.locator(".question.choose").count() else press(page, "e", "Space")
        expect(choices.first).to_be_checked()
        press(page, "Escape")
    elif page.get_by_role("checkbox").count():
        press(page, "1", "2")
        press(page, "Escape")
    elif page.locator(".question input[name=answer]").count():
        press(page, "e")
        page.keyboard.type("5")
    follow(page, "Enter")


def test_a_review_session_by_keyboard(open_page: OpenPage, mailing: AgedSite) -> None:
    page = open_page(f"/async-databases/{CARD}/")
    with page.expect_response("**/read/"):
        page.get_by_role("heading", name="Exercises").scroll_into_view_if_needed()
    sign_up(page, mailing, "reviewer@example.org")
    mailing.change(_DUE)
    page.goto(f"{mailing.address}/")
    expect(page.locator(".glance .figure")).to_have_text("1")
    page.goto(f"{mailing.address}/review/")
    expect(page.get_by_text("0 done today, 2 to go, 1 of them new")).to_be_visible()

    # Fix: into the code, all of it replaced, checked, and graded by what was done.
    press(page, "e", "Control+a", "Delete")
    page.keyboard.insert_text((FIX / "03-leave-nothing/solution.py").read_text("utf-8"))
    press(page, "Control+Enter")
    rated = page.locator("#review-rated")
    expect(rated).to_contain_text("Easy", timeout=LONG_MS)
    expect(page.locator(".status.passed")).to_be_visible()
    press(page, "Escape")
    follow(page, "3")
    expect(page.locator(".rated")).to_contain_text("Good. It comes again in 2 days")

    # The card, in its two forms.
    for _ in range(2):
        if page.locator(".review-item.explain").count():
            expect(page.get_by_text("Rule of thumb")).to_be_hidden()
            press(page, "r")
            expect(page.get_by_text("Rule of thumb")).to_be_visible()
            follow(page, "4")
            expect(page.locator(".rated")).to_contain_text("Easy")
            press(page, "c")
            follow(page, "2")
            expect(page.locator(".rated")).to_contain_text("Hard")
        else:
            answer_questions(page)
            expect(page.locator("#worth")).to_be_visible()
            follow(page, "2")
            expect(page.locator(".rated")).to_contain_text("Hard")
            follow(page, "n")
        expect(page.get_by_role("heading", name="All done for today")).to_be_visible()
        mailing.change(f"UPDATE progress_reviewitem SET due_at = '{LONG_AGO}' WHERE exercise = ''")
        page.goto(f"{mailing.address}/review/")

    follow(page, "s")
    expect(page.get_by_role("heading", name="1 skipped")).to_be_visible()
    follow(page, "n")
    expect(page.get_by_text("3 done today, 1 to go")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_no_page_of_a_review_has_a_barrier(
    open_page: OpenPage, mailing: AgedSite, size: dict[str, int], theme: str
) -> None:
    page = open_page("/review/", viewport=size, color_scheme=theme)

    def audit(name: str) -> None:
        expect_no_barrier(page, f"review-{name}-{theme}-{size['width']}")

    def go(path: str) -> None:
        page.goto(f"{mailing.address}{path}")

    audit("stranger")
    go(f"/async-databases/{CARD}/")
    with page.expect_response("**/read/"):
        page.get_by_role("heading", name="Exercises").scroll_into_view_if_needed()
    sign_up(page, mailing, f"{theme}@example.org")
    mailing.change(_DUE)
    go("/review/")
    expect(page.locator(".review-item.fix")).to_be_visible()
    audit("fix")
    follow(page, "s")
    forms: set[bool] = set()
    while len(forms) < 2:
        is_explained = page.locator(".review-item.explain").count() > 0
        forms.add(is_explained)
        audit("explain" if is_explained else "predict")
        if is_explained:
            follow(page, "1")
        else:
            answer_questions(page)
            audit("answered")
            follow(page, "n")
        mailing.change(f"UPDATE progress_reviewitem SET due_at = '{LONG_AGO}' WHERE exercise = ''")
        go("/review/?after=async-databases/sqlite-in-tests")
    audit("after")
    follow(page, "s")
    audit("skipped")
    go("/")
    audit("home")
