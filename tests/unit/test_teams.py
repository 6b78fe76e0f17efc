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
    lea, lou, team = cast.lea.pk, cast.lou.pk, f"team {cast.team.pk}"
    operations.set_role(actor=cast.alice, member=cast.lou, role=Role.TEACHER)
    operations.transfer_team(actor=cast.alice, member=cast.tom)
    operations.remove_member(actor=cast.tom, member=cast.lea)
    operations.remove_member(actor=cast.lou, member=cast.lou)
    operations.archive_team(actor=cast.tom)
    operations.rename_team(actor=cast.tom, name="Secret words")
    operations.delete_team(actor=cast.tom)
    entries = AuditEntry.objects.exclude(act__in=("made", "invited", "joined")).order_by("pk")
    assert list(entries.values_list("who", "act", "thing", "details")) == [
        (called(cast.alice), "set the role", f"membership {lou}", f"to teacher in {team}"),
        (called(cast.alice), "handed over", team, f"to membership {cast.tom.pk}"),
        (called(cast.tom), "removed", f"membership {lea}", f"in {team}"),
        (called(cast.lou), "left", f"membership {lou}", f"in {team}"),
        (called(cast.tom), "archived", team, ""),
        (called(cast.tom), "renamed", team, ""),
        (called(cast.tom), "deleted", team, ""),
    ]


def test_every_way_in_is_written_down_and_no_token_with_it(cast: Cast) -> None:
    AuditEntry.objects.all()._raw_delete("default")
    link, token = operations.make_link(actor=cast.tom, role=Role.LEARNER, days=1, uses=2)
    mailed, other = operations.invite(
        actor=cast.tom, email="mia@example.org", name="Mia", role=Role.LEARNER
    )
    keys = (link.pk, mailed.pk)
    mia = operations.join(actor=make_user("mia@example.org"), invitation=link)
    operations.withdraw_invitation(actor=cast.alice, invitation=mailed)
    team = f"team {cast.team.pk}"
    entries = AuditEntry.objects.order_by("pk").values_list("who", "act", "thing", "details")
    by_link = f"by a link for 2, as learner in {team}"
    assert list(entries) == [
        (called(cast.tom), "invited", f"invitation {keys[0]}", by_link),
        (called(cast.tom), "invited", f"invitation {keys[1]}", f"by mail, as learner in {team}"),
        (
            called(mia),
            "joined",
            f"membership {mia.pk}",
            f"by invitation {keys[0]}, as learner in {team}",
        ),
        (called(cast.alice), "took back", f"invitation {keys[1]}", f"in {team}"),
    ]
    told = str(list(AuditEntry.objects.values_list()))
    assert not any(each in told for each in (token, other, "mia@example.org"))


def test_what_becomes_of_a_deleted_account_s_teams_is_written_down(cast: Cast) -> None:
    charlie, alice = cast.charlie.user, cast.alice.user
    for user in (alice, charlie):
        delete_account(user)
    entries = AuditEntry.objects.filter(details__contains="with their account").order_by("pk")
    assert list(entries.values_list("act", "thing", "details")) == [
        (
            "handed over",
            f"team {cast.team.pk}",
            f"to membership {cast.tom.pk}, with their account",
        ),
        ("deleted", f"team {cast.other.pk}", "with their account"),
    ]


def called(member: Membership) -> str:
    return f"user {member.user_id}"
