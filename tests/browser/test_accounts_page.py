"""A stranger runs a cell, signs up, finds the run, and signs out; a passkey; no barrier."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import DESKTOP, PHONE, expect_no_barrier
from tests.browser.test_card_page import get_cell
from tests.browser.test_recordings_page import run_until_kept
from tests.serving import site

PASSWORD = "a long and odd sentence 71"
_CODE = re.compile(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", re.MULTILINE)


class Site:
    """A site whose mail lands in a folder."""

    def __init__(self, address: str, mails: Path) -> None:
        self.address = address.replace("127.0.0.1", "localhost")  # passkeys need a name
        self._mails = mails
        self.folder = mails.parent  # its VAR_DIR

    def read_code(self, email: str) -> str:
        """The code in the newest mail to somebody."""
        for path in sorted(self._mails.iterdir(), key=lambda one: -one.stat().st_mtime_ns):
            text = path.read_text()
            if f"To: {email}" in text and (found := _CODE.search(text)):
                return found[1]
        raise AssertionError(f"no code for {email}")


@pytest.fixture(scope="module")
def mailing() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        mails = Path(folder) / "mails"
        mails.mkdir()
        with site(Path(folder), EMAIL_URL=f"file://{mails}") as address:
            yield Site(address, mails)


@pytest.fixture
def address(mailing: Site) -> str:
    """What `open_page` opens here."""
    return mailing.address


def sign_up(page: Page, mailing: Site, email: str) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(mailing.read_code(email))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("link", name="Account", exact=True)).to_be_visible()


def test_a_stranger_signs_up_and_finds_the_run(open_page: OpenPage, mailing: Site) -> None:
    page = open_page()
    run_until_kept(get_cell(page), "print('kept for me')")
    sign_up(page, mailing, "stranger@example.org")
    expect(page.get_by_text("1 run of this browser is now in your account.")).to_be_visible()
    page.get_by_role("link", name="My runs").first.click()
    runs = page.locator("ol.runs > li")
    expect(runs).to_have_count(1)
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.get_by_role("link", name="My runs").first.click()
    expect(page.get_by_text("No run of this browser is kept.")).to_be_visible()
    expect(runs).to_have_count(0)


def test_a_page_from_before_a_sign_out_runs_nothing_more(
    open_page: OpenPage, mailing: Site
) -> None:
    # What the page from before tells the site by itself is refused as well.
    page = open_page(expected="status of 403")
    sign_up(page, mailing, "two-tabs@example.org")
    page.goto(f"{mailing.address}/async-databases/blocking-driver/")
    run_until_kept(get_cell(page), "print('signed in')")
    other = page.context.new_page()
    other.goto(f"{mailing.address}/accounts/")
    other.get_by_role("button", name="Sign out").click()
    # The message of it may go to the page from before, which tells the site something by itself.
    expect(other.get_by_role("link", name="Sign in")).to_be_visible()
    get_cell(page).get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("You signed in or out since this page was opened.")).to_be_visible()


def test_a_passkey_signs_in_alone(open_page: OpenPage, mailing: Site) -> None:
    page = open_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_up(page, mailing, "passkey@example.org")
    page.goto(f"{mailing.address}/accounts/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    page.goto(f"{mailing.address}/accounts/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="Account", exact=True)).to_be_visible()
    page.goto(f"{mailing.address}/accounts/")
    expect(page.get_by_text("You are signed in as passkey@example.org.")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_no_page_of_accounts_has_a_barrier(
    open_page: OpenPage, mailing: Site, size: dict[str, int], theme: str
) -> None:
    page = open_page("/accounts/login/", viewport=size, color_scheme=theme)

    def audit(name: str, path: str = "") -> None:
        if path:
            page.goto(f"{mailing.address}{path}")
        expect_no_barrier(page, f"{name}-{theme}-{size['width']}")

    audit("sign-in")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    audit("sign-in-refused")
    audit("sign-up", "/accounts/signup/")
    audit("code", "/accounts/login/code/")
    audit("forgotten", "/accounts/password/reset/")
    audit("link-used", "/accounts/password/reset/key/1-abc-def/")
    page.goto(f"{mailing.address}/async-databases/")
    sign_up(page, mailing, f"{theme}@example.org")
    audit("account", "/accounts/")
    page.goto(f"{mailing.address}/accounts/delete/")
    audit("again")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    audit("delete")
    for name in ("email/", "password/change/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/"):
        audit(name.replace("/", "-"), f"/accounts/{name}")
    audit("other-sites", "/accounts/3rdparty/")
