"""A lead makes a team and invites by link; two learners join, one does what is set; the grid moves
while they work, and feedback reaches the learner. No page of teams has a barrier.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import DESKTOP, PHONE, expect_no_barrier
from tests.browser.test_accounts_page import Site, address, mailing, sign_up
from tests.browser.test_card_page import click, expect_status, get_cell, get_editor, run, write
from tests.browser.test_recordings_page import LONG_MS

__all__ = ["address", "mailing"]  # fixtures

CARD = "/async-databases/blocking-driver/"


def join(page: Page, mailing: Site, link: str, email: str) -> None:
    """As somebody new, from the link to the team's page."""
    page.goto(link)
    expect(page.get_by_text("What its teachers will see of you")).to_be_visible()
    page.get_by_role("link", name="Sign up and join").click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("a long and odd sentence 71")
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Code").fill(mailing.read_code(email))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are in First steps now.")).to_be_visible()


def make_team(lead: Page, mailing: Site, email: str) -> str:
    """A team of the lead's, and a link into it."""
    sign_up(lead, mailing, email)
    lead.get_by_role("link", name="Teams", exact=True).first.click()
    lead.get_by_label("Name of the team").fill("First steps")
    lead.get_by_role("button", name="Make it").click()
    lead.get_by_role("button", name="Make a link").click()
    link = lead.locator(".made input.link").input_value()
    assert re.search(r"/join/[\w-]{32}/$", link)
    return link


def set_a_card(lead: Page) -> None:
    lead.get_by_role("link", name="Overview").click()
    lead.get_by_role("link", name="Set an assignment").click()
    lead.get_by_label("Title").fill("Week one")
    lead.locator('input[name="items"][value="blocking-driver/"]').check()
    lead.get_by_role("button", name="Set it").click()
    expect(lead.get_by_text("“Week one” is set.")).to_be_visible()


def test_from_a_team_to_feedback(open_page: OpenPage, mailing: Site) -> None:
    lead = open_page("/async-databases/")
    link = make_team(lead, mailing, "lead@example.org")
    first, second = open_page("/async-databases/"), open_page("/async-databases/")
    join(first, mailing, link, "first@example.org")
    join(second, mailing, link, "second@example.org")
    set_a_card(lead)
    row = lead.get_by_role("row").filter(has_text="first@example.org")
    expect(row.locator("td.at.unread")).to_have_count(1)

    first.reload()
    first.get_by_role("link", name="Why does a synchronous").first.click()
    first.locator("section.references").scroll_into_view_if_needed()
    expect(row.locator("td.at")).to_have_class(re.compile("read"), timeout=LONG_MS)
    answer_wrongly(first)
    expect(row.locator("td.at.ran")).to_have_count(1, timeout=LONG_MS)
    other = lead.get_by_role("row").filter(has_text="second@example.org")
    expect(other.locator("td.at.unread")).to_have_count(1)

    row.get_by_role("link", name="first@example.org").click()
    lead.locator("ul.rows a").first.click()
    lead.get_by_label("Say something of it").fill("Look at who waits for whom.")
    lead.get_by_label("of line, if of one").fill("1")
    lead.get_by_role("button", name="Say it").click()
    expect(lead.get_by_role("article", name="Line 1")).to_contain_text("Look at who waits")

    first.reload()
    first.get_by_role("link", name="Feedback 1 new").click()
    expect(first.get_by_text("Look at who waits for whom.")).to_be_visible()
    first.locator("ul.rows a").first.click()
    first.locator("details.reply summary").click()
    first.get_by_label("Your answer").fill("Now I see.")
    first.get_by_role("button", name="Answer").click()
    lead.reload()
    expect(lead.get_by_role("article", name="Line 1")).to_contain_text("Now I see.")


def test_who_reaches_a_limit_of_the_team_is_told_whose_it_is(
    open_page: OpenPage, mailing: Site
) -> None:
    lead = open_page("/async-databases/")
    link = make_team(lead, mailing, "bounding@example.org")
    lead.get_by_role("link", name="Settings").click()
    lead.get_by_role("link", name="Set limits").click()
    lead.get_by_label("Runs of each member within an hour").fill("1")
    lead.get_by_role("button", name="Set the limits").click()
    expect(lead.get_by_text("The limits hold for every run that begins")).to_be_visible()
    learner = open_page("/async-databases/")
    join(learner, mailing, link, "bounded@example.org")
    expect(learner.get_by_text("1 run within an hour by each member")).to_be_visible()
    learner.goto(f"{mailing.address}{CARD}")
    cell = get_cell(learner)
    run(cell, "print('once')", "once")
    write(cell, "print('never')")
    click(cell, "Run")
    expect_status(cell, "You have begun 1 run within an hour, the most there may be")
    expect_status(cell, "the limit that the owners of First steps set for each member")
    expect_status(cell, "try again in 60 min")
    expect(get_editor(cell)).to_contain_text("print('never')")  # what was typed stays
    lead.get_by_label("Runs of each member within an hour").fill("")
    lead.get_by_role("button", name="Set the limits").click()
    expect(lead.get_by_text("The limits hold for every run that begins")).to_be_visible()
    run(cell, "print('again')", "again")


def answer_wrongly(page: Page) -> None:
    """Check the card's first exercise as it is given."""
    exercise = page.locator("section.exercise").first
    for field in exercise.locator("fieldset.predictions input").all():
        field.fill("1")
    exercise.get_by_role("button", name="Check").click()
    expect(exercise.locator(".status.failed, .status.passed")).to_be_visible(timeout=LONG_MS)


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_no_page_of_teams_has_a_barrier(
    open_page: OpenPage, mailing: Site, size: dict[str, int], theme: str
) -> None:
    page = open_page("/teams/", viewport=size, color_scheme=theme)

    def audit(name: str, path: str = "") -> None:
        if path:
            page.goto(f"{mailing.address}{path}")
        expect_no_barrier(page, f"team-{name}-{theme}-{size['width']}")

    audit("about")
    page.goto(f"{mailing.address}/async-databases/")
    link = make_team(page, mailing, f"{theme}-lead@example.org")
    audit("link")
    at = "/teams/" + re.findall(r"/teams/(\w{12})/", page.url)[0] + "/"
    learner = open_page("/async-databases/", viewport=size, color_scheme=theme)
    learner.goto(link)
    expect_no_barrier(learner, f"team-join-{theme}-{size['width']}")
    join(learner, mailing, link, f"{theme}-learner@example.org")
    set_a_card(page)
    audit("assignment")
    learner.goto(f"{mailing.address}{CARD}")
    answer_wrongly(learner)
    learner.goto(f"{mailing.address}{at}")
    expect_no_barrier(learner, f"team-for-you-{theme}-{size['width']}")
    audit("overview", at)
    page.get_by_role("link", name=f"{theme}-learner@example.org").first.click()
    audit("learner")
    page.locator("ul.rows a").first.click()
    page.get_by_label("Say something of it").fill("Well tried.")
    page.get_by_role("button", name="Say it").click()
    audit("attempt")
    for name in ("members/", "settings/", "quotas/", "assignments/new/", "delete/", "leave/"):
        audit(name.replace("/", "-"), f"{at}{name}")
    audit("card", f"{at}cards{CARD}")
    audit("teams", "/teams/")
    page.goto(f"{mailing.address}{at}members/")
    page.get_by_label("One address in each line").fill("new@example.org, New\nwrong")
    page.get_by_role("button", name="See what will happen").click()
    audit("preview")
    learner.goto(f"{mailing.address}/teams/feedback/")
    expect_no_barrier(learner, f"team-feedback-{theme}-{size['width']}")
