"""A team from its making to its end: who owns it, who leaves, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import AuditEntry
from playground.accounts.operations import delete_account
from playground.progress.models import Attempt
from playground.teams import operations
from playground.teams.models import Membership, Role, Team
from tests.accounts import make_user, post, sign_in, sign_in_twice
from tests.attempts import attempt
from tests.teams import Cast, add_member, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def roles(team: Team) -> dict[str, str]:
    return {one.user.email.partition("@")[0]: one.role for one in team.memberships.all()}


def test_a_team_is_made_renamed_archived_and_deleted(client: Client) -> None:
    make_user("alice@example.org")
    sign_in(client, "alice@example.org")
    assert "You are in no team yet" in client.get("/teams/").content.decode()
    assert "Members" in post(client, "/teams/", name="Spring").content.decode()
    team = Team.objects.get()
    at = f"/teams/{team.public_id}/"
    assert roles(team) == {"alice": "owner"}
    post(client, f"{at}settings/", name="New <b>")
    assert "<h1>New &lt;b&gt;</h1>" in client.get(at).content.decode()
    page = post(client, f"{at}archive/").content.decode()
    assert "In the archive since" in page
    page = post(client, f"{at}settings/", name="Newer").content.decode()
    assert "it can be read, and nothing in it changes" in page
    team.refresh_from_db()
    assert team.name == "New <b>"
    post(client, f"{at}unarchive/")
    refused = client.post(f"{at}delete/", {"name": "wrong"})
    assert (refused.status_code, Team.objects.count()) == (400, 1)
    assert b"Download all of it first" in refused.content
    assert client.get(f"{at}team.json").json()["members"][0]["email"] == "alice@example.org"
    post(client, f"{at}delete/", name="New <b>")
    assert not Team.objects.exists()


def test_one_is_in_several_teams_and_switches(client: Client, cast: Cast) -> None:
    sign_in(client, "lea@example.org")
    post(client, "/teams/", name="Lea's friends")
    page = client.get(cast.address).content.decode()
    assert '<details class="switcher">' in page
    assert "Lea&#x27;s friends" in page


def test_the_last_owner_cannot_go_and_hands_the_team_over(client: Client, cast: Cast) -> None:
    sign_in(client, "alice@example.org")
    assert "You are the only owner" in post(client, f"{cast.address}leave/").content.decode()
    members = f"{cast.address}members/"
    page = post(client, f"{members}{cast.alice.pk}/role/", role="learner").content.decode()
    assert "You are the only owner" in page
    assert roles(cast.team)["alice"] == "owner"
    post(client, f"{members}{cast.lea.pk}/role/", role="transfer")
    assert roles(cast.team) == {
        "alice": "teacher",
        "tom": "teacher",
        "lea": "owner",
        "lou": "learner",
    }
    assert client.post(f"{members}{cast.lou.pk}/role/", {"role": "owner"}).status_code == 404
    assert "You left Spring class" in post(client, f"{cast.address}leave/").content.decode()
    assert client.get(cast.address).status_code == 404


def test_two_owners_cannot_both_go(cast: Cast) -> None:
    operations.set_role(actor=cast.alice, member=cast.tom, role=Role.OWNER)
    operations.remove_member(actor=cast.alice, member=cast.alice)
    with pytest.raises(operations.LastOwner):
        operations.remove_member(actor=cast.tom, member=cast.tom)


@pytest.mark.parametrize("how", ["removed", "left", "deleted"])
def test_what_was_learnt_stays_its_learner_s(client: Client, cast: Cast, how: str) -> None:
    attempt(cast.lea.user.learner, "of-lea", "passed")
    who = "lea" if how == "left" else "alice"
    sign_in(client, f"{who}@example.org")
    if how == "removed":
        post(client, f"{cast.address}members/{cast.lea.pk}/remove/")
    elif how == "left":
        post(client, f"{cast.address}leave/")
    else:
        post(client, f"{cast.address}delete/", name=cast.team.name)
    assert not Membership.objects.filter(pk=cast.lea.pk).exists()
    assert Attempt.objects.get().learner == cast.lea.learner


def test_a_deleted_account_s_team_goes_to_its_longest_serving_teacher(
    client: Client, cast: Cast
) -> None:
    add_member(cast.alice, "tina@example.org", Role.TEACHER)
    sign_in_twice(client, "alice@example.org")
    page = client.get("/accounts/delete/").content.decode()
    assert "It goes to Tom, the teacher who is in it longest" in page
    post(client, "/accounts/delete/")
    assert roles(cast.team) == {
        "tom": "owner",
        "tina": "teacher",
        "lea": "learner",
        "lou": "learner",
    }


def test_without_a_teacher_it_is_deleted_as_its_page_said(client: Client, cast: Cast) -> None:
    attempt(cast.lea.user.learner, "of-lea", "passed")
    operations.remove_member(actor=cast.alice, member=cast.tom)
    sign_in_twice(client, "alice@example.org")
    page = client.get("/accounts/delete/").content.decode()
    assert "Nobody else teaches in it, so it is deleted" in page
    delete_account(cast.alice.user)
    assert list(Team.objects.all()) == [cast.other]
    assert Attempt.objects.count() == 1


def test_an_account_that_only_learns_leaves_the_team_as_it_was(cast: Cast) -> None:
    delete_account(cast.lea.user)
    assert roles(cast.team) == {"alice": "owner", "tom": "teacher", "lou": "learner"}


def test_there_is_an_end_to_how_many(client: Client, cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(operations, "MOST_TEAMS", 1)
    sign_in(client, "lea@example.org")
    page = client.post("/teams/", {"name": "One more"})
    assert (page.status_code, Team.objects.count()) == (400, 2)
    assert b"One more" in page.content


def test_what_owners_do_is_written_down(cast: Cast) -> None:
    operations.set_role(actor=cast.alice, member=cast.lou, role=Role.TEACHER)
    operations.transfer_team(actor=cast.alice, member=cast.tom)
    operations.remove_member(actor=cast.tom, member=cast.lea)
    operations.remove_member(actor=cast.lou, member=cast.lou)
    operations.archive_team(actor=cast.tom)
    operations.delete_team(actor=cast.tom)
    acts = AuditEntry.objects.exclude(act="made").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["set the role", "handed over", "removed", "archived", "deleted"]
