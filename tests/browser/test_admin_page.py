"""The admin's pages, where there is something on them: no barrier, and nothing cut off."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import DESKTOP, PHONE, expect_no_barrier
from tests.browser.test_accounts_page import Site, address, mailing
from tests.browser.test_card_page import get_cell
from tests.browser.test_recordings_page import run_until_kept, share
from tests.browser.test_teams_page import make_team, set_a_card
from tests.serving import ROOT

__all__ = ["address", "mailing"]  # fixtures

LISTS = (
    *("accounts/user", "accounts/auditentry", "runs/recording", "runs/abusereport"),
    *("news/subscription", "news/sentnews"),
    *("teams/team", "teams/membership", "teams/assignment"),
)


def make_staff(mailing: Site, email: str) -> None:
    """As an operator does it."""
    environment = {**os.environ, "VAR_DIR": str(mailing.folder)}
    command = [sys.executable, "manage.py", "staff", email]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_no_page_of_the_admin_has_a_barrier(
    open_page: OpenPage, mailing: Site, size: dict[str, int], theme: str
) -> None:
    page = open_page(viewport=size, color_scheme=theme)
    run_until_kept(get_cell(page), "print('kept')")
    page.goto(share(get_cell(page)))
    page.get_by_role("link", name="Report this").click()
    page.locator("select[name=reason]").select_option(index=1)
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("The operator of this site can read it now.")).to_be_visible()
    email = f"{theme}-staff@example.org"
    make_team(page, mailing, email)
    set_a_card(page)
    make_staff(mailing, email)

    def audit(path: str) -> None:
        page.goto(f"{mailing.address}/admin/{path}")
        expect_no_barrier(page, f"admin-{path.replace('/', '-')}{theme}-{size['width']}")

    audit("")
    audit("teams/")
    for table in LISTS:
        audit(f"{table}/")
        for link in list_rows(page)[:1]:
            audit(link)
    audit("teams/team/?q=nothing")
    page.goto(f"{mailing.address}/admin/teams/team/")
    audit(list_rows(page)[0].replace("change/", "delete/"))


def list_rows(page: Page) -> list[str]:
    """Where the rows of a list lead."""
    links = page.locator("#result_list tbody th a").all()
    found = [str(link.get_attribute("href")).partition("?")[0] for link in links]
    return [one.removeprefix("/admin/") for one in found]
