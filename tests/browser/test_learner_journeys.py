"""A learner's whole ways: signs up, forgets the password, writes on two devices, is gone again."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playground.accounts.learners import digest_learner
from sandbox.client import SandboxClient
from sandbox.protocol import RunRequest, Started
from tests.browser.conftest import CARD, OpenPage
from tests.browser.test_accounts_page import PASSWORD, Site, sign_up
from tests.browser.test_card_page import NOTE, click, get_cell, get_editor, run, write
from tests.browser.test_edits_page import get_offers, write_and_save
from tests.browser.test_exercise_page import CARD as BLOCKING_DRIVER
from tests.browser.test_exercise_page import JUDGED_MS, expect_judged, find, get_exercise
from tests.browser.test_recordings_page import run_until_kept, see, share
from tests.running import new_id
from tests.serving import site

NEW_PASSWORD = "quite another sentence 73"


class MailingSite(Site):
    """A site whose mail, data and sandbox a test can look at."""

    def __init__(self, address: str, folder: Path) -> None:
        super().__init__(address, folder / "mails")
        self.folder = folder

    def read_link(self) -> str:
        """The path of the link in the newest mail."""
        newest = max((self.folder / "mails").iterdir(), key=lambda one: one.stat().st_mtime_ns)
        # Its lines may be broken on their way.
        mail = message_from_bytes(newest.read_bytes(), policy=default)
        found = re.search(r"https?://[^/\s]+(/\S+)", mail.get_content())
        assert found
        return found[1]

    def read_all(self) -> dict[str, str]:
        """Every table of the site as text."""
        with contextlib.closing(sqlite3.connect(self.folder / "site.sqlite3")) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {
                name: repr(connection.execute(f'SELECT * FROM "{name}"').fetchall())
                for (name,) in names.fetchall()
            }


@pytest.fixture(scope="module")
def mailing() -> Iterator[MailingSite]:
    with tempfile.TemporaryDirectory(prefix="site-") as name:
        folder = Path(name)
        (folder / "mails").mkdir()
        with site(folder, EMAIL_URL=f"file://{folder / 'mails'}", TMPDIR=name) as address:
            yield MailingSite(address, folder)


@pytest.fixture
def address(mailing: MailingSite) -> str:
    """What `open_page` opens here."""
    return mailing.address


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="Account", exact=True)).to_be_visible()


def practise(page: Page, who: str) -> None:
    """Two runs with code of one's own, and an attempt that fails, each kept."""
    cell = get_cell(page)
    run_until_kept(cell, "print('first')")
    run_until_kept(cell, f"print('typed by {who}')")
    place = find(page, get_exercise("freeze-the-loop"))
    write(place, "print('no app')\n")
    click(place, "Check")
    expect_judged(place, "Not yet")
    # Its run is kept once it is told below what the loop did.
    expect(place.locator("[data-run]")).to_be_attached(timeout=JUDGED_MS)


def expect_all_of_it(page: Page, address: str) -> None:
    """Edits, runs, the attempt and where one stands: on whatever device."""
    page.goto(f"{address}{CARD}")
    cell, place = get_cell(page), find(page, get_exercise("freeze-the-loop"))
    expect(get_editor(cell)).to_have_text("print('typed by a stranger')")
    expect(get_editor(place)).to_have_text("print('no app')")
    expect(place).to_contain_text("Tried 1 time, not passed yet.")
    for where, count in ((cell, 2), (place, 1)):
        where.locator(".history > summary").click()
        expect(where.locator(".history").get_by_role("link", name="Replay")).to_have_count(count)
    page.get_by_role("link", name="My runs").first.click()
    expect(page.locator("ol.runs > li")).to_have_count(3)
    page.goto(f"{address}/progress/")
    expect(page.get_by_role("region", name="Went wrong last time")).to_contain_text(
        get_exercise("freeze-the-loop").title
    )


def test_a_stranger_practises_signs_up_and_finds_all_of_it(
    open_page: OpenPage, mailing: MailingSite
) -> None:
    page = open_page()
    practise(page, "a stranger")
    sign_up(page, mailing, "practised@example.org")
    messages = page.locator(".messages")
    for told in ("3 runs", "1 attempt", "2 edited cells"):
        expect(messages).to_contain_text(f"{told} of this browser")
    expect_all_of_it(page, mailing.address)
    see(page, "journey-progress")
    other = open_page()
    expect(get_editor(get_cell(other))).not_to_contain_text("stranger")
    sign_in(other, "practised@example.org")
    expect_all_of_it(other, mailing.address)
    # Whoever has this browser next meets nothing of it.
    other.goto(f"{mailing.address}/accounts/")
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_text("You have signed out.")).to_be_visible()
    other.goto(f"{mailing.address}{CARD}")
    expect(get_editor(get_cell(other))).to_contain_text("import asyncio")
    kept = other.evaluate("JSON.stringify(localStorage)")
    assert "stranger" not in kept


def test_a_password_is_forgotten(open_page: OpenPage, mailing: MailingSite) -> None:
    page = open_page()
    sign_up(page, mailing, "forgets@example.org")
    page.goto(f"{mailing.address}{CARD}")
    write_and_save(get_cell(page), "print('not forgotten')")
    other = open_page()
    other.get_by_role("link", name="Sign in").click()
    other.get_by_role("link", name="Forgot").click()
    other.get_by_label("Email").fill("forgets@example.org")
    other.get_by_role("button", name="Send me the link").click()
    expect(other.get_by_role("heading", name="Look at your e-mail")).to_be_visible()
    link = mailing.read_link()
    other.goto(f"{mailing.address}{link}")
    for field in other.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    other.get_by_role("button", name="Change the password").click()
    expect(other.get_by_role("button", name="Change the password")).to_have_count(0)
    other.goto(f"{mailing.address}{link}")
    expect(other.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    other.goto(f"{mailing.address}{CARD}")
    sign_in(other, "forgets@example.org", NEW_PASSWORD)
    other.goto(f"{mailing.address}{CARD}")
    expect(get_editor(get_cell(other))).to_have_text("print('not forgotten')")
    # Whoever knew the old one is out.
    page.reload()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(get_editor(get_cell(page))).to_contain_text("import asyncio")


def test_two_devices_edit_the_same_cell(open_page: OpenPage, mailing: MailingSite) -> None:
    laptop, phone = open_page(), open_page(viewport={"width": 390, "height": 844})
    sign_up(laptop, mailing, "two-devices@example.org")
    sign_in(phone, "two-devices@example.org")
    for page in (laptop, phone):
        page.goto(f"{mailing.address}{CARD}")
    here, there = get_cell(laptop), get_cell(phone)
    write_and_save(here, "print('of the laptop')")
    # The phone has not heard of it, and writes last.
    write_and_save(there, "print('of the phone')")
    expect(get_offers(there)).to_contain_text("Two tabs or devices changed this cell.")
    see(phone, "edit-two-devices-390")
    look_again = "dispatchEvent(new Event('focus'))"
    while get_editor(here).inner_text() != "print('of the phone')":
        laptop.evaluate(look_again)
        laptop.wait_for_timeout(200)
    expect(get_offers(here)).to_have_count(1)
    click(here, "Show")
    expect(get_offers(here).locator("pre")).to_have_text("print('of the laptop')")
    with laptop.expect_response(lambda answer: answer.request.method == "POST"):
        click(here, "Take it")
    phone.reload()
    expect(get_editor(there)).to_have_text("print('of the laptop')")
    expect(get_offers(there)).to_contain_text("You took another version")


def list_files(folder: Path, *marks: str) -> list[str]:
    """Those below it, by name or text, that have one of these in them; the site's own database,
    whose rows are looked at apart, is none.
    """
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file()
        and "mails" not in path.parts
        and not path.name.startswith("site.sqlite3")
        and any(mark in path.name or mark.encode() in path.read_bytes() for mark in marks)
    ]


def is_kept(mailing: MailingSite, learner: str) -> bool:
    """Whether the sandbox still has a scratch database of the learner."""
    with ThreadPoolExecutor(1) as another_thread:  # Playwright has a loop in this one
        return another_thread.submit(asyncio.run, _is_kept(mailing, learner)).result()


async def _is_kept(mailing: MailingSite, learner: str) -> bool:
    (path,) = mailing.folder.glob("sandbox-*/supervisor")
    seed = BLOCKING_DRIVER.seed("sqlite")
    code = NOTE.format(note="asked")
    request = RunRequest(new_id("kept"), code, learner, database="sqlite", seed=seed)
    client = SandboxClient(str(path))
    events = [event async for batch in client.stream(request) for event in batch]
    (started,) = (each for each in events if isinstance(each, Started))
    return started.scratch == "kept"


def wait_until_typed(mailing: MailingSite, text: str) -> dict[str, str]:
    """All rows, once what was typed last is among the edits: a moment after the typing."""
    deadline = time.monotonic() + 20
    while text not in (rows := mailing.read_all())["edits_edit"] and time.monotonic() < deadline:
        time.sleep(0.2)
    return rows


def test_of_a_deleted_account_nothing_is_left(open_page: OpenPage, mailing: MailingSite) -> None:
    page = open_page()
    email = "to-be-deleted@example.org"
    sign_up(page, mailing, email)
    page.goto(f"{mailing.address}{CARD}")
    run(get_cell(page), NOTE.format(note="in my scratch database"), "['in my scratch database']")
    practise(page, "who is deleted")
    link = share(get_cell(page))
    before = wait_until_typed(mailing, "typed by who is deleted")
    user = re.search(rf"\((\d+), [^()]*'{email}'[^()]*'(account-\w+)'", before["accounts_user"])
    assert user, before["accounts_user"]
    marks = (email, user[2], digest_learner(user[2]), "typed by who is deleted")
    holding = {name for name, rows in before.items() if any(mark in rows for mark in marks)}
    assert {"runs_recording", "progress_attempt", "edits_edit"} <= holding

    assert is_kept(mailing, user[2])  # the control

    page.goto(f"{mailing.address}/accounts/delete/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Delete all of it").click()
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    after = mailing.read_all()
    assert [name for name, rows in after.items() if any(mark in rows for mark in marks)] == []
    assert list_files(mailing.folder, user[2], digest_learner(user[2])) == []
    assert page.request.get(link).status == 404
    page.goto(f"{mailing.address}{CARD}")
    expect(get_editor(get_cell(page))).to_contain_text("import asyncio")
    assert "typed by who is deleted" not in page.evaluate("JSON.stringify(localStorage)")
    assert not is_kept(mailing, user[2])
