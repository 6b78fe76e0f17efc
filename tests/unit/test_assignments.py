"""What is set to a team: when it shows, when it counts, and who is reminded."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from exercises.checks.base import State as Verdict
from playground.progress.models import Attempt, ExerciseProgress
from playground.progress.operations import mark_read
from playground.teams import assignments, mails, operations
from playground.teams.assignments import State
from playground.teams.models import Assignment, NoReminders, Reminder
from tests.accounts import post, sign_in
from tests.attempts import PACK, attempt
from tests.teams import Cast, make_cast, set_cards

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]
BLOCKING = "blocking-driver"
FREEZE = f"{BLOCKING}/freeze-the-loop"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def do(cast: Cast, *states: Verdict, exercise: str = "freeze-the-loop") -> None:
    """Lea's attempts at one exercise."""
    for state in states:
        number = Attempt.objects.count()
        attempt(cast.lea.user.learner, f"of-lea-{number}", state, exercise=exercise)


def stand(cast: Cast, made: Assignment) -> assignments.Result:
    return assignments.list_results(made, [cast.lea])[cast.lea.pk]


def test_times_are_entered_and_shown_in_each_person_s_zone(client: Client, cast: Cast) -> None:
    sign_in(client, "tom@example.org")
    client.cookies["zone"] = "Europe%2FBerlin"
    fields = {
        "title": "Week <1>",
        "items": f"{BLOCKING}/",
        "whom": "all",
        "late": "refuse",
        "opens_at": "2026-01-01T08:00",
        "due_at": "2036-07-01T12:00",
        "pass_mark": "50",
    }
    page = post(client, f"{cast.address}assignments/new/", **fields).content.decode()
    made = Assignment.objects.get()
    assert made.due_at == datetime(2036, 7, 1, 10, 0, tzinfo=UTC)
    assert "1 Jul 2036, 12:00</time> Europe/Berlin" in page
    learner = Client()
    sign_in(learner, "lea@example.org")
    for zone, shown in (("America/New_York", "06:00"), ("Asia/Tokyo", "19:00"), ("x", "10:00")):
        learner.cookies["zone"] = zone
        page = learner.get(cast.address).content.decode()
        assert f"1 Jul 2036, {shown}</time>" in page
        assert "Week &lt;1&gt;" in page
    page = client.get(f"{cast.address}assignments/{made.pk}/edit/").content.decode()
    assert 'value="2036-07-01T12:00"' in page
    fields |= {"title": "Week 2", "whom": "some", "members": str(cast.lou.pk)}
    post(client, f"{cast.address}assignments/{made.pk}/edit/", **fields)
    assert "Week" not in learner.get(cast.address).content.decode()


def test_what_cannot_be_set_is_said_and_nothing_typed_is_lost(client: Client, cast: Cast) -> None:
    sign_in(client, "tom@example.org")
    fields = {
        "title": "Kept",
        "items": [f"{BLOCKING}/"],
        "whom": "some",
        "late": "refuse",
        "opens_at": "2026-01-02T08:00",
        "due_at": "2026-01-01T12:00",
        "pass_mark": "101",
    }
    answer = client.post(f"{cast.address}assignments/new/", fields)
    page = answer.content.decode()
    assert (answer.status_code, Assignment.objects.count()) == (400, 0)
    for said in ("It is due before it opens", "Choose a learner", "less than or equal to 100"):
        assert said in page
    assert 'value="Kept"' in page
    assert f'value="{BLOCKING}/" checked' in page
    foreign = fields | {"members": [str(cast.charlie.pk)], "items": ["no-such-card/"]}
    page = client.post(f"{cast.address}assignments/new/", foreign).content.decode()
    assert page.count("Select a valid choice") == 2


def test_it_is_not_there_before_it_opens(client: Client, cast: Cast) -> None:
    set_cards(cast.tom, FREEZE, title="Later", opens_at=timezone.now() + timedelta(hours=1))
    sign_in(client, "lea@example.org")
    assert "Later" not in client.get(cast.address).content.decode()


def test_read_ran_stuck_passed(cast: Cast) -> None:
    whole, one = set_cards(cast.tom, BLOCKING), set_cards(cast.tom, FREEZE)
    assert stand(cast, whole).standings[0].state == State.UNREAD
    mark_read(cast.lea.user.learner, PACK.slug, BLOCKING)
    assert [stand(cast, each).standings[0].state for each in (whole, one)] == ["read", "unread"]
    do(cast, "failed", "failed")
    assert stand(cast, one).standings[0].state == State.RAN
    do(cast, "failed")
    assert {stand(cast, each).standings[0].state for each in (whole, one)} == {State.STUCK}
    do(cast, "passed")
    assert [stand(cast, each).standings[0].state for each in (whole, one)] == ["ran", "passed"]
    assert (stand(cast, one).is_met, stand(cast, whole).is_met) == (True, False)
    card = PACK.card(BLOCKING)
    assert card
    for exercise in card.exercises:
        do(cast, "passed", exercise=exercise.slug)
    assert stand(cast, whole).is_met


@pytest.mark.parametrize(("late", "is_met"), [("accept", True), ("refuse", False)])
def test_what_is_late_counts_by_the_rule(cast: Cast, late: str, is_met: bool) -> None:
    made = set_cards(cast.tom, FREEZE, late=late, due_at=timezone.now() - timedelta(hours=1))
    do(cast, "passed")
    found = stand(cast, made)
    assert (found.done, found.late, found.is_met) == (1, 1, is_met)
    ExerciseProgress.objects.update(passed_at=timezone.now() - timedelta(hours=2))
    assert stand(cast, made).is_met


@pytest.mark.parametrize(("mark", "is_met"), [(50, True), (51, False)])
def test_the_pass_mark(cast: Cast, mark: int, is_met: bool) -> None:
    made = set_cards(cast.tom, FREEZE, "crud", pass_mark=mark)
    do(cast, "passed")
    assert stand(cast, made).is_met is is_met


def test_what_is_gone_from_a_pack_is_not_asked_for(client: Client, cast: Cast) -> None:
    made = set_cards(cast.tom, "no-such-card", FREEZE)
    assert [item.exercise for item in assignments.list_items(made)] == ["freeze-the-loop"]
    Assignment.objects.update(pack="gone")
    sign_in(client, "lea@example.org")
    assert "not here any more" in client.get(cast.address).content.decode()


def due_soon(cast: Cast, **fields: Any) -> Assignment:
    return set_cards(cast.tom, FREEZE, due_at=timezone.now() + timedelta(hours=3), **fields)


def test_who_has_not_done_it_is_reminded_once(cast: Cast) -> None:
    made = due_soon(cast)
    set_cards(cast.tom, FREEZE, due_at=timezone.now() + timedelta(days=3), title="Far")
    set_cards(cast.tom, FREEZE, due_at=timezone.now() - timedelta(hours=1), title="Over")
    do(cast, "passed")
    call_command("sendreminders", "--dry-run")
    assert mail.outbox == []
    call_command("sendreminders")
    call_command("sendreminders")
    assert [one.to for one in mail.outbox] == [["lou@example.org"]]
    assert f"/assignments/{made.pk}/" in mail.outbox[0].body
    Assignment.objects.filter(pk=made.pk).update(due_at=timezone.now() + timedelta(hours=5))
    call_command("sendreminders")
    assert len(mail.outbox) == 2


def test_a_link_in_it_ends_them_without_signing_in(client: Client, cast: Cast) -> None:
    due_soon(cast, members=(cast.lou,))
    call_command("sendreminders")
    link = re.search(r"http://127.0.0.1:8000(/teams/reminders/\S+)", str(mail.outbox[0].body))
    assert link
    assert mail.outbox[0].extra_headers["List-Unsubscribe"].endswith(f"{link[1]}>")
    assert "Remind me no more" in client.get(link[1]).content.decode()
    assert not NoReminders.objects.exists()
    assert "no more reminders" in client.post(link[1]).content.decode()
    due_soon(cast, members=(cast.lou,))
    call_command("sendreminders")
    assert len(mail.outbox) == 1
    assert client.post("/teams/reminders/forged/").status_code == 404
    sign_in(client, "lou@example.org")
    assert "You get no reminders" in client.get("/teams/").content.decode()
    post(client, "/teams/reminders/", wanted="yes")
    call_command("sendreminders")
    assert len(mail.outbox) == 2


def test_a_reminder_that_did_not_leave_is_sent_the_next_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ConnectionRefusedError

    due_soon(cast, members=(cast.lou,))
    with monkeypatch.context() as broken:
        broken.setattr(mails, "make_reminder", refuse)
        with pytest.raises(CommandError, match="did not leave"):
            call_command("sendreminders")
    call_command("sendreminders")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("minutes", "sent"), [(1, 0), (20, 1)])
def test_a_claim_is_left_to_its_claimer_unless_it_died(cast: Cast, minutes: int, sent: int) -> None:
    made = due_soon(cast, members=(cast.lou,))
    claimed_at = timezone.now() - timedelta(minutes=minutes)
    assert made.due_at
    Reminder.objects.create(
        assignment=made, user=cast.lou.user, due_at=made.due_at, claimed_at=claimed_at
    )
    call_command("sendreminders")
    assert len(mail.outbox) == sent


def test_an_archived_team_reminds_nobody(cast: Cast) -> None:
    due_soon(cast)
    operations.archive_team(actor=cast.alice)
    call_command("sendreminders")
    assert mail.outbox == []
