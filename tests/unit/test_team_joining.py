"""The ways into a team, and what is told on each."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from playground.accounts.models import User
from playground.teams import mails, operations, queries
from playground.teams.models import Invitation, Membership, Role
from tests.accounts import PASSWORD, make_user, post, read_code, sign_in
from tests.teams import Cast, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def make_link(client: Client, cast: Cast, **fields: str) -> str:
    """As tom makes it on the page; its path."""
    sign_in(client, "tom@example.org")
    given = {"role": "learner", "days": "7", "uses": "2"} | fields
    page = client.post(f"{cast.address}links/", given).content.decode()
    found = re.search(r'value="http://testserver(/join/[^"]+)"', page)
    assert found, page
    return found[1]


def test_a_stranger_follows_a_link_signs_up_and_is_in(client: Client, cast: Cast) -> None:
    link = make_link(Client(), cast)
    page = client.get(link).content.decode()
    assert "Join Spring class" in page
    assert "What its teachers will see of you" in page
    forward = re.search(r'href="(/accounts/signup/\?next=[^"]+)"', page)
    assert forward
    fields = {"email": "new@example.org", "password1": PASSWORD, "next": link}
    client.post(forward[1], fields, follow=True)
    page = post(client, "/accounts/confirm-email/", code=read_code())
    assert page.redirect_chain[-1][0] == link
    page = post(client, link, name="New")
    assert "You are in Spring class now." in page.content.decode()
    member = Membership.objects.get(user__email="new@example.org")
    assert (member.role, member.name, member.joined_by) == ("learner", "New", cast.tom.user)
    assert post(client, link, name="").redirect_chain[-1][0] == cast.address
    assert Invitation.objects.get().uses_left == 1


def test_the_database_has_no_link(client: Client, cast: Cast) -> None:
    token = make_link(client, cast).split("/")[2]
    assert token not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize("end", ["used up", "too old", "withdrawn", "archived", "unknown"])
def test_a_link_that_ended_says_so_and_lets_nobody_in(client: Client, cast: Cast, end: str) -> None:
    link = make_link(Client(), cast)
    invitations = Invitation.objects.all()
    if end == "used up":
        invitations.update(uses_left=0)
    elif end == "too old":
        invitations.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "withdrawn":
        operations.withdraw_invitation(actor=cast.alice, invitation=invitations.get())
    elif end == "archived":
        operations.archive_team(actor=cast.alice)
    else:
        link = "/join/unknown/"
    make_user("new@example.org")
    sign_in(client, "new@example.org")
    for answer in (Client().get(link), client.get(link), client.post(link, {"name": ""})):
        assert answer.status_code == 404
        assert b"This invitation does not work" in answer.content
    assert not Membership.objects.filter(user__email="new@example.org").exists()


def test_the_last_use_of_a_link_is_nobody_s_twice(cast: Cast) -> None:
    invitation, _ = operations.make_link(actor=cast.alice, role=Role.LEARNER, days=1, uses=1)
    stale = Invitation.objects.get(pk=invitation.pk)
    operations.join(actor=make_user("one@example.org"), invitation=invitation)
    with pytest.raises(operations.Ended):
        operations.join(actor=make_user("two@example.org"), invitation=stale)


def test_teachers_invite_learners_alone(client: Client, cast: Cast) -> None:
    sign_in(client, "tom@example.org")
    fields = {"role": "teacher", "days": "7", "uses": "1"}
    assert client.post(f"{cast.address}links/", fields).status_code == 400
    alice = Client()
    sign_in(alice, "alice@example.org")
    assert alice.post(f"{cast.address}links/", fields).status_code == 200
    assert Invitation.objects.get().role == "teacher"


def test_who_is_in_already_stays_what_they_are(client: Client, cast: Cast, settings: Any) -> None:
    link = make_link(Client(), cast)
    sign_in(client, "alice@example.org")
    assert post(client, link, name="x").redirect_chain[-1][0] == cast.address
    cast.alice.refresh_from_db()
    assert (cast.alice.role, cast.alice.name) == ("owner", "")


PASTED = """email,name,role
new@example.org, New One
"Lee, Ann" <ann@example.org>
teach@example.org,,teacher
LEA@example.org
new@example.org
boss@example.org,Boss,owner
"""


def test_a_pasted_list_shows_what_will_happen_and_then_it_does(client: Client, cast: Cast) -> None:
    sign_in(client, "tom@example.org")
    address = f"{cast.address}invite/"
    given = {"people": PASTED, "role": "learner"}
    page = client.post(address, given).content.decode()
    assert mail.outbox == []
    assert not Invitation.objects.exists()
    assert "1 mail will leave" in page
    rows = re.findall(r"<td>([^<]*)</td></tr>", page)
    assert [row.partition(":")[0] for row in rows] == [
        "is invited by mail",
        "has no e-mail address in front",
        "is to teach, and owners alone invite teachers",
        "is in the team already",
        "stands further up already",
        "has a third word that is neither learner nor teacher",
    ]
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    page = post(client, address, **given, seen=seen[1], send="yes").content.decode()
    assert "1 invitation sent." in page
    assert [one.to for one in mail.outbox] == [["new@example.org"]]
    # Sent again by a double click, it is not what was looked at any more.
    page = post(client, address, **given, seen=seen[1], send="yes").content.decode()
    assert "so nothing was sent" in page
    assert len(mail.outbox) == 1
    member = join_by_mail("new@example.org")
    assert (member.role, member.name) == ("learner", "New One")
    assert not Invitation.objects.exists()


def join_by_mail(email: str) -> Membership:
    client = Client()
    link = re.search(r"http://testserver(/join/\S+)", str(mail.outbox[-1].body))
    assert link
    make_user(email)
    sign_in(client, email)
    assert "as a learner" in client.get(link[1]).content.decode()
    post(client, link[1], name="")
    assert client.get(link[1]).status_code in (302, 404)
    return Membership.objects.get(user__email=email)


def test_a_mail_that_did_not_leave_is_told_and_nothing_else_stops(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ConnectionRefusedError

    sign_in(client, "alice@example.org")
    given = {"people": "a@example.org", "role": "teacher"}
    page = client.post(f"{cast.address}invite/", given).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    monkeypatch.setattr(mails, "make_invitation", refuse)
    page = post(client, f"{cast.address}invite/", **given, seen=seen[1], send="yes")
    assert "These mails did not leave" in page.content.decode()
    assert "not sent" in page.content.decode()


def test_too_many_lists_are_kept_and_not_sent(client: Client, cast: Cast, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"invite": "1/h/user", "login": False, "login_failed": False}
    cache.clear()
    sign_in(client, "tom@example.org")
    statuses = []
    for number in range(2):
        given = {"people": f"a{number}@example.org", "role": "learner"}
        page = client.post(f"{cast.address}invite/", given).content.decode()
        seen = re.search(r'name="seen" value="(\w+)"', page)
        assert seen
        sent = client.post(f"{cast.address}invite/", {**given, "seen": seen[1], "send": "yes"})
        statuses.append(sent.status_code)
        kept = f"a{number}@example.org</textarea>" in sent.content.decode()
        assert kept is (number == 1)
    assert statuses == [302, 429]
    assert len(mail.outbox) == 1


def test_an_owner_lets_in_the_domain_of_a_proved_address(client: Client, cast: Cast) -> None:
    sign_in(client, "alice@example.org")
    for domain, said in (
        ("elsewhere.example", "at which you have a proved address yourself"),
        ("example.org", "Whoever proves an address at example.org can join now."),
    ):
        page = post(client, f"{cast.address}domain/", domain=domain).content.decode()
        assert said in page
    unproved = User.objects.create_user("not-yet@example.org", PASSWORD)
    assert queries.list_invited(unproved) == []
    other = make_user("other@elsewhere.example")
    assert queries.list_invited(other) == []
    make_user("colleague@example.org")
    colleague = Client()
    sign_in(colleague, "colleague@example.org")
    assert "You are invited" in colleague.get("/teams/").content.decode()
    page = post(colleague, f"{cast.address}join/").content.decode()
    assert "What its teachers will see of you" in page
    post(colleague, f"{cast.address}join/", name="")
    assert Membership.objects.get(user__email="colleague@example.org").role == "learner"
    stranger = Client()
    stranger.force_login(other, "allauth.account.auth_backends.AuthenticationBackend")
    assert stranger.post(f"{cast.address}join/", {"name": ""}).status_code == 404


def test_nobody_opens_a_team_to_a_provider_of_addresses() -> None:
    user = make_user("alice@gmail.com")
    assert operations.list_domains(user) == []
