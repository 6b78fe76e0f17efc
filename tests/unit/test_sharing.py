"""A link to a run: it ends in time, runs elsewhere, is embedded, reported and taken down."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from playground.runs import operations, queries
from playground.runs.models import AbuseReport, Recording
from tests.unit.test_recordings import CARD, EVENTS, HOSTILE, save, without_nonce

pytestmark = pytest.mark.django_db

ENDED = {"share_expires_at": timezone.now() - timedelta(seconds=1)}
PAGES = ("/r/{}/", "/r/{}/run/", "/r/{}/report/", "/embed/{}/")


@pytest.fixture
def alice(client: Client) -> Client:
    client.get(CARD)
    return client


@pytest.fixture
def token(alice: Client) -> str:
    """Of a run that alice shares."""
    recording = save(alice.session["learner"])
    operations.share_recording(recording)
    return str(recording.share_token)


@pytest.mark.parametrize(("days", "told"), [("7", 7), ("30", 30), ("180", 180), ("", 180)])
def test_its_learner_says_how_long_it_works(alice: Client, days: str, told: int) -> None:
    recording = save(alice.session["learner"])
    alice.post(f"/runs/{recording.run_id}/share/", {"days": days})
    recording.refresh_from_db()
    assert recording.share_expires_at
    assert recording.share_expires_at - timezone.now() > timedelta(days=told, minutes=-1)
    assert recording.share_expires_at - timezone.now() < timedelta(days=told, minutes=1)


@pytest.mark.parametrize("days", ["8", "-7", "9" * 40, HOSTILE])
def test_no_other_time_is_taken(alice: Client, days: str) -> None:
    recording = save(alice.session["learner"])
    address = f"/runs/{recording.run_id}/share/"
    answer = alice.post(address, {"days": days}, headers={"HX-Request": "true"})
    assert "Choose one of them" in answer.content.decode()
    recording.refresh_from_db()
    assert not recording.is_shared


def test_a_new_end_keeps_the_link_and_a_link_that_ended_stays_dead(token: str) -> None:
    recording = Recording.objects.get()
    operations.share_recording(recording, days=7)
    assert recording.share_token == token
    recording.share_expires_at = ENDED["share_expires_at"]
    operations.share_recording(recording, days=7)
    assert recording.share_token != token


@pytest.mark.parametrize("page", PAGES)
def test_every_link_that_leads_nowhere_gets_one_answer(token: str, page: str) -> None:
    assert Client().get(page.format(token)).status_code == 200
    unknown = Client().get(page.format("x" * 32))
    Recording.objects.update(**ENDED)
    ended = Client().get(page.format(token))
    Recording.objects.all().delete()
    deleted = Client().get(page.format(token))
    told = {
        without_nonce(answer.content.decode()).replace(token, "").replace("x" * 32, "")
        for answer in (unknown, ended, deleted)
    }
    assert [answer.status_code for answer in (unknown, ended, deleted)] == [404] * 3
    assert len(told) == 1
    assert "was taken back" in told.pop()


def test_of_deleted_code_no_piece_is_told_to_whoever_has_its_link(
    alice: Client, token: str
) -> None:
    pieces = ["fragments/", "recording.json", "trace.json", "run/", "report/", ""]
    shared = f"http://testserver/r/{token}/"
    assert alice.post(f"/runs/{'a' * 32}/delete/").status_code == 302
    for page in (*(f"/r/{token}/{piece}" for piece in pieces), f"/oembed?url={shared}"):
        gone = Client().get(page)
        assert gone.status_code == 404
        assert "alert(1)" not in gone.content.decode()
    assert Client().post(f"/r/{token}/report/", {"reason": "spam"}).status_code == 404


def test_what_is_no_longer_shared_is_an_ordinary_run(alice: Client, token: str) -> None:
    Recording.objects.update(**ENDED)
    assert queries.get_own(alice.session["learner"], "a" * 32)
    page = alice.get("/runs/").content.decode()
    assert "its link has ended" in page
    assert "Shared by me" not in page
    assert token not in page


def test_what_one_shares_is_listed_with_its_end(alice: Client, token: str) -> None:
    page = alice.get("/runs/").content.decode()
    assert "Shared by me" in page
    assert f"/r/{token}/" in page
    run = f"/runs/{'a' * 32}"
    assert alice.post(f"{run}/share/", {"days": "7", "list": "1"})["Location"] == "/runs/"
    assert alice.post(f"{run}/stop-sharing/", {"list": "1"})["Location"] == "/runs/"
    assert token not in alice.get("/runs/").content.decode()


def test_a_stranger_runs_the_very_code_in_a_cell_of_their_own(token: str) -> None:
    stranger = Client()
    page = stranger.get(f"/r/{token}/run/").content.decode()
    assert stranger.session["learner"]
    assert f'data-key="r/{token}"' in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in page
    assert "<script>" not in page
    assert '<option value="aiosqlite" selected>' in page


@pytest.mark.parametrize("gone", [{"pack": "gone"}, {"card": "gone"}, {"cell": "gone"}])
def test_a_run_of_a_cell_that_is_gone_is_shown_and_not_run(
    token: str, gone: dict[str, str]
) -> None:
    Recording.objects.update(**gone)
    for page in (f"/r/{token}/", f"/embed/{token}/", f"/r/{token}/fragments/"):
        assert Client().get(page).status_code == 200
    shown = Client().get(f"/r/{token}/").content.decode()
    assert "cannot be run here" in shown
    assert "Run it yourself" not in shown
    refused = Client().get(f"/r/{token}/run/")
    assert refused.status_code == 404
    assert "See what it did then" in refused.content.decode()


def test_an_embedded_page_may_be_framed_by_anybody_and_knows_nobody(
    alice: Client, token: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):  # the recording: no session, no account
        answer = alice.get(f"/embed/{token}/")
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer
    assert not answer.cookies
    page = answer.content.decode()
    assert "<script>" not in page
    assert "My runs" not in page
    for other in (f"/r/{token}/", f"/r/{token}/run/", f"/r/{token}/report/", "/runs/", CARD):
        refusal = alice.get(other)
        assert "frame-ancestors 'none'" in refusal["Content-Security-Policy"], other
        assert refusal["X-Frame-Options"] == "DENY"


def test_a_shared_page_says_where_oembed_is_and_is_listed_nowhere(token: str) -> None:
    page = Client().get(f"/r/{token}/").content.decode()
    found = re.search(r'type="application/json\+oembed" href="http://testserver([^"]+)"', page)
    assert found
    assert '<meta name="robots" content="noindex">' in page
    told = json.loads(Client().get(found[1]).content)
    assert (told["version"], told["type"]) == ("1.0", "rich")
    assert (told["width"], told["height"]) == (720, 520)
    assert f'src="http://testserver/embed/{token}/"' in told["html"]


@pytest.mark.parametrize("place", ["r", "embed"])
def test_oembed_keeps_to_the_size_asked_for(token: str, place: str) -> None:
    query = {"url": f"http://testserver/{place}/{token}/", "maxwidth": "300", "format": "xml"}
    told = ElementTree.fromstring(Client().get("/oembed", query).content)  # noqa: S314 - our own
    assert told.tag == "oembed"
    assert (told.findtext("width"), told.findtext("height")) == ("300", "520")
    assert 'width="300"' in (told.findtext("html") or "")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 404),
        ({"url": "http://testserver/r/unknown/"}, 404),
        ({"url": "http://evil.example/r/TOKEN/"}, 404),
        ({"url": "http://testserver/"}, 404),
        ({"url": "http://[/r/TOKEN/"}, 404),
        ({"url": "http://testserver/r/TOKEN/", "format": "yaml"}, 501),
        ({"url": "http://testserver/r/TOKEN/", "maxwidth": HOSTILE}, 400),
    ],
)
def test_oembed_refuses_by_the_book(token: str, query: dict[str, str], status: int) -> None:
    given = {name: value.replace("TOKEN", token) for name, value in query.items()}
    answer = Client().get("/oembed", given)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/plain")


def test_a_report_reaches_the_operator_and_names_nobody(
    alice: Client, token: str, settings: Settings
) -> None:
    settings.ABUSE_EMAIL = "operator@example.org"
    for _ in range(2):
        sent = Client().post(f"/r/{token}/report/", {"reason": "spam", "text": HOSTILE})
        assert "Thank you" in sent.content.decode()
        assert not sent.cookies
    report = AbuseReport.objects.get()
    assert (report.reason, report.text) == ("spam", HOSTILE)
    assert [message.to for message in mail.outbox] == [["operator@example.org"]]
    assert token in mail.outbox[0].body
    told = StringIO()
    call_command("reports", stdout=told)
    assert f"/r/{token}/" in told.getvalue()
    assert "1 open" in told.getvalue()
    call_command("reports", close=token, stdout=told)
    assert not queries.list_open_reports()
    assert "spam" not in alice.get("/runs/").content.decode()


@pytest.mark.parametrize("wrong", [{}, {"reason": "none"}, {"reason": "spam", "text": "x" * 2001}])
def test_a_report_without_its_reason_keeps_what_was_typed(
    token: str, wrong: dict[str, str]
) -> None:
    refused = Client().post(f"/r/{token}/report/", {"text": "<b>kept</b>", **wrong})
    assert refused.status_code == 400
    assert wrong.get("text", "&lt;b&gt;kept&lt;/b&gt;") in refused.content.decode()
    assert not AbuseReport.objects.exists()


def test_reports_are_counted_by_address(token: str) -> None:
    cache.clear()
    statuses = [
        Client().post(f"/r/{token}/report/", {"reason": "other", "text": str(n)}).status_code
        for n in range(11)
    ]
    assert statuses == [200] * 10 + [429]
    assert AbuseReport.objects.count() == 10


def test_what_was_taken_down_is_gone_and_its_learner_told(alice: Client, token: str) -> None:
    operations.report_recording(Recording.objects.get(), reason="spam", text="\x1b[31m")
    told = StringIO()
    call_command("reports", stdout=told)
    assert "\x1b" not in told.getvalue()
    call_command("reports", take_down=token, stdout=told)
    assert Client().get(f"/r/{token}/").status_code == 404
    assert not queries.list_open_reports()
    assert "taken down by the operator" in alice.get("/runs/").content.decode()
    shared = alice.post(f"/runs/{'a' * 32}/share/", headers={"HX-Request": "true"})
    assert "cannot be shared again" in shared.content.decode()
    with pytest.raises(CommandError, match="No run is shared"):
        call_command("reports", take_down=token)


def test_reports_go_with_the_recording(token: str) -> None:
    recording = save("bob", run_id="b" * 32, events=EVENTS)
    operations.share_recording(recording)
    operations.report_recording(recording, reason="spam", text=token)
    operations.forget_recordings("bob")
    assert not AbuseReport.objects.exists()
