"""The admin: for staff alone, quick on much, showing no secret; what it does is written down."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from playground.accounts.audit import record
from playground.accounts.models import AuditEntry, Session, User
from playground.news.models import SentNews, Subscription
from playground.runs import operations
from playground.runs.models import AbuseReport, Recording
from playground.teams import operations as operations_of_teams
from playground.teams.models import Role, Team
from tests.accounts import CARD, PASSWORD, is_signed_in, make_user, sign_in
from tests.teams import make_cast, set_cards
from tests.unit.test_recordings import save
from tests.unit.test_routes import ADMIN, TABLES, fill_admin

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

ADA = "ada@example.org"
BOB = "bob@example.org"


@pytest.fixture
def staff(client: Client) -> Client:
    make_user(ADA, is_staff=True)
    sign_in(client, ADA)
    return client


def share(learner: str, run_id: str) -> Recording:
    recording = save(learner, run_id=run_id)
    operations.share_recording(recording)
    return recording


def list_acts() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("who", "act", "thing"))


@pytest.mark.parametrize("route", ADMIN)
def test_a_stranger_finds_nothing_there(route: str) -> None:
    make_user(BOB)
    client = Client()
    sign_in(client, BOB)
    answers = [client.get(fill_admin(route), follow=True), client.post(fill_admin(route))]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_staff_sign_in_where_everybody_does() -> None:
    client = Client()
    page = client.get("/admin/runs/recording/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert "admin%2Fruns%2Frecording" in page.redirect_chain[-1][0]


def test_whoever_may_not_sign_in_any_more_operates_nothing(staff: Client) -> None:
    User.objects.filter(email=ADA).update(is_active=False)
    assert staff.get("/admin/").status_code == 302


@pytest.mark.parametrize("table", TABLES)
def test_pages_are_quick_on_much_and_show_no_secret(
    staff: Client, table: str, django_assert_max_num_queries: Any
) -> None:
    secrets = {"sha256", "md5$", PASSWORD, "totp-secret", str(staff.session.session_key)}
    for number in range(30):
        user = make_user(f"learner-{number}@example.org")
        recording = share(user.learner, f"run-{number}")
        operations.report_recording(recording, reason="spam", text=f"look {number}")
        Subscription.objects.create(user=user, since=timezone.now())
        SentNews.objects.create(user=user, entry=f"{number:032}", claimed_at=timezone.now())
        record(user, "renamed", recording)
        team = operations_of_teams.create_team(actor=user, name=f"learner-{number} and others")
        member = team.memberships.get()
        set_cards(member, "crud", title=f"Week of learner-{number}")
        _, token = operations_of_teams.make_link(actor=member, role=Role.LEARNER, days=1, uses=1)
        secrets |= {user.learner, user.password, recording.learner, member.learner, token}
        secrets |= {str(recording.share_token)} if table != "runs/abusereport" else set()
    newest_user = User.objects.latest("pk")
    Authenticator.objects.create(user=newest_user, type="totp", data={"secret": "totp-secret"})
    with django_assert_max_num_queries(12):
        page = staff.get(f"/admin/{table}/").content.decode()
    assert page.count("<tr") > 30
    with django_assert_max_num_queries(12):
        assert staff.get(f"/admin/{table}/?q=learner-7").status_code == 200
    newest = apps.get_model(table.replace("/", "."))._default_manager.latest("pk").pk
    page += staff.get(f"/admin/{table}/{newest}/change/").content.decode()
    if table == "accounts/user":
        page += staff.get(f"/admin/{table}/{newest}/delete/").content.decode()
        assert f"learner-29{BOB[3:]}" in page
    assert {secret for secret in secrets if secret in page} == set()


def test_pages_keep_to_the_policy(staff: Client) -> None:
    for address in ("/admin/", "/admin/accounts/user/", "/admin/runs/abusereport/"):
        response = staff.get(address)
        assert "unsafe" not in response["Content-Security-Policy"]
        page = response.content.decode()
        assert " style=" not in page
        assert "onclick=" not in page


def test_an_account_is_deleted_with_all_it_has_and_that_is_written_down(staff: Client) -> None:
    bob = make_user(BOB)
    browser = Client()
    sign_in(browser, BOB)
    save(bob.learner, run_id="of-bob")
    key = bob.pk
    staff.post(f"/admin/accounts/user/{key}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=key).exists()
    assert not Recording.objects.exists()
    assert not is_signed_in(browser)
    ada = User.objects.get(email=ADA)
    assert list_acts() == [(f"user {ada.pk}", "deleted", f"user {key}")]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.address) == (ada, "127.0.0.1")
    assert not LogEntry.objects.exists()  # which would keep the address
    ada.delete()
    assert AuditEntry.objects.get().actor is None
    assert list_acts() == [(f"user {ada.pk or entry.actor_id}", "deleted", f"user {key}")]


def test_several_are_deleted_but_never_oneself(staff: Client) -> None:
    users = [make_user(f"{name}@example.org") for name in ("bob", "eve")]
    ada = User.objects.get(email=ADA)
    chosen = [user.pk for user in (*users, ada)]
    fields = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    staff.post("/admin/accounts/user/", fields)
    assert list(User.objects.all()) == [ada]
    assert len(list_acts()) == 2
    assert staff.post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_is_kept_from_signing_in_is_signed_out(staff: Client) -> None:
    bob = make_user(BOB)
    browser = Client()
    sign_in(browser, BOB)
    staff.post(f"/admin/accounts/user/{bob.pk}/change/", {"email": "x@example.org"})
    bob.refresh_from_db()
    assert (bob.email, bob.is_active) == (BOB, False)
    assert not Session.objects.filter(user=bob).exists()
    assert not is_signed_in(browser)
    assert list_acts()[0][1:] == ("changed", f"user {bob.pk}")


def test_a_reported_run_is_taken_down_or_left(staff: Client) -> None:
    bad, fine = (share("somebody", name) for name in ("bad", "fine"))
    for recording in (bad, bad, fine):
        reason = "spam" if recording is bad else "other"
        operations.report_recording(recording, reason=reason, text="")
    assert "2 open reports" in staff.get("/admin/").content.decode()
    for action, recording in (("take_down", bad), ("close", fine)):
        chosen = [report.pk for report in recording.reports.all()]
        fields = {"action": action, "_selected_action": chosen}
        staff.post("/admin/runs/abusereport/", fields)
        recording.refresh_from_db()
    assert (bad.share_token, bool(bad.taken_down_at)) == (None, True)
    assert fine.is_shared
    assert not AbuseReport.objects.filter(closed_at=None).exists()
    acts = [(act, thing) for _, act, thing in list_acts()]
    report = fine.reports.get()
    assert acts == [("took down", f"recording {bad.pk}"), ("closed", f"abuse report {report.pk}")]


def test_a_team_gets_a_ceiling_of_its_own(staff: Client) -> None:
    cast = make_cast()
    at = f"/admin/teams/team/{cast.team.pk}/change/"
    page = staff.get(at).content.decode()
    assert f'?q={cast.team.public_id}">4</a>' in page
    assert "Empty: as the setting RUNS_AT_ONCE_PER_TEAM says." in page
    staff.post(at, {"name": "Mine now", "runs_at_once": 3, "most_runs_at_once": 7})
    cast.team.refresh_from_db()
    assert (cast.team.name, cast.team.runs_at_once) == ("Spring class", 0)
    assert (cast.team.most_runs_at_once, cast.team.most_runs_per_hour) == (7, None)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.act, entry.thing) == ("changed", f"team {cast.team.pk}")
    assert entry.details == "Most runs at once"


def test_teams_in_the_archive_are_listed_apart(staff: Client) -> None:
    cast = make_cast()
    operations_of_teams.archive_team(actor=cast.charlie)
    for state, named in (("used", "Spring class"), ("archived", "Charlie&#x27;s own")):
        page = staff.get("/admin/teams/team/", {"state": state}).content.decode()
        assert (page.count('class="field-members"'), named in page) == (1, True)


def test_teams_are_deleted_and_their_learners_stay(staff: Client) -> None:
    cast = make_cast()
    kept = save(cast.lea.user.learner, run_id="of-lea")
    chosen = [cast.team.pk, cast.other.pk]
    fields = {"action": "delete_selected", "_selected_action": chosen}
    page = staff.post("/admin/teams/team/", fields).content.decode()
    assert "Spring class" in page
    assert "lea@example.org" not in page
    staff.post("/admin/teams/team/", {**fields, "post": "yes"})
    assert not Team.objects.exists()
    assert Recording.objects.get() == kept
    assert [(act, thing) for _, act, thing in list_acts()][-2:] == [
        ("deleted", f"team {key}") for key in sorted(chosen, reverse=True)
    ]


def test_members_are_found_by_address_team_and_its_id(staff: Client) -> None:
    cast = make_cast()
    for asked, found in (("lea@", 1), ("Spring", 4), (cast.team.public_id, 4), ("nobody", 0)):
        page = staff.get("/admin/teams/membership/", {"q": asked}).content.decode()
        assert page.count('class="action-select"') + page.count('class="field-user') == found


def test_nobody_changes_the_audit_log(staff: Client) -> None:
    entry = record("root@here", "took down", "recording 7")
    for act in ("change", "delete"):
        answer = staff.post(f"/admin/accounts/auditentry/{entry.pk}/{act}/", {"post": "yes"})
        assert answer.status_code == 403
    fields = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    staff.post("/admin/accounts/auditentry/", fields)
    with pytest.raises(TypeError, match="never changed"):
        entry.save()
    with pytest.raises(TypeError, match="never deleted"):
        entry.delete()
    assert list_acts() == [("root@here", "took down", "recording 7")]


def test_a_row_s_history_is_in_the_audit_log(staff: Client) -> None:
    recording = share("somebody", "a-run")
    record("root@here", "took down", recording)
    page = staff.get(f"/admin/runs/recording/{recording.pk}/history/", follow=True)
    assert "took down" in page.content.decode()


def test_the_command_line_says_who_it_is(client: Client, capsys: Any) -> None:
    bob = make_user(BOB)
    client.get(CARD)
    recording = share("somebody", "a-run")
    Recording.objects.update(share_token="-begins-as-an-option-does")
    recording.refresh_from_db()
    call_command("staff", BOB.upper())
    call_command("staff")
    call_command("reports", f"--take-down={recording.share_token}")
    call_command("staff", BOB, "--remove")
    with pytest.raises(CommandError, match="sign up first"):
        call_command("staff", "nobody@example.org")
    assert BOB in capsys.readouterr().out.splitlines()
    acts = list_acts()
    assert [act for _, act, _ in acts] == ["gave the admin to", "took down", "took the admin from"]
    assert all(", manage.py " in who and "@" in who for who, _, _ in acts)
    bob.refresh_from_db()
    assert bob.is_staff is False
