"""News by mail: only to those who asked, each once, and ended by one click."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from playground.accounts.models import User
from playground.news import mails, operations, queries
from playground.news.models import SentNews, Subscription
from tests.accounts import make_user, post, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]
ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture
def alice() -> User:
    """Somebody who asked before anything was new."""
    user = make_user(ALICE)
    make_user(BOB)
    operations.subscribe(user)
    Subscription.objects.update(since="2026-01-01")
    return user


def test_it_is_off_until_it_is_asked_for(client: Client) -> None:
    user = make_user(ALICE)
    sign_in(client, ALICE)
    assert "You get no such mail" in client.get("/accounts/").content.decode()
    post(client, "/news/by-mail/", wanted="yes")
    assert Subscription.objects.get().user == user
    page = post(client, "/news/by-mail/", wanted="no").content.decode()
    assert "no more news" in page
    assert not Subscription.objects.exists()


def test_what_was_there_before_is_not_sent() -> None:
    operations.subscribe(make_user(ALICE))
    Subscription.objects.update(since=timezone.now().date() + timedelta(days=1))
    call_command("sendnews")
    assert mail.outbox == []


def test_each_is_sent_once(alice: User) -> None:
    call_command("sendnews", "--dry-run")
    assert (mail.outbox, SentNews.objects.count()) == ([], 0)
    call_command("sendnews")
    call_command("sendnews")
    assert [message.to for message in mail.outbox] == [[ALICE]]
    for entry in queries.list_entries():
        assert entry.news.title in mail.outbox[0].body
    assert SentNews.objects.exclude(sent_at=None).count() == len(queries.list_entries())


def test_what_did_not_leave_is_sent_the_next_time(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(mails, "make_mail", refuse)
        with pytest.raises(CommandError, match="did not leave"):
            call_command("sendnews")
    call_command("sendnews")
    assert len(mail.outbox) == 1


def test_what_another_call_is_about_to_send_is_left_to_it_unless_it_died(alice: User) -> None:
    entries = [entry.id for entry in queries.list_entries()]
    assert operations.claim(alice, entries) == set(entries)
    call_command("sendnews")
    assert mail.outbox == []
    SentNews.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    call_command("sendnews")
    assert len(mail.outbox) == 1


def test_an_address_that_is_not_proved_gets_nothing(alice: User) -> None:
    alice.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    call_command("sendnews")
    assert mail.outbox == []


def test_one_click_ends_it_without_signing_in(alice: User) -> None:
    call_command("sendnews")
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<https?://[^/]+(/\S+)>", headers["List-Unsubscribe"])
    assert found
    assert found[1] in mail.outbox[0].body
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.get(found[1])
    assert ALICE not in page.content.decode()
    assert Subscription.objects.exists()
    done = stranger.post(found[1], {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert not Subscription.objects.exists()
    assert stranger.post(found[1]).status_code == 200


@pytest.mark.parametrize("token", ["x", "1", "MQ:1:x", "%00", "<b>"])
def test_a_made_up_link_ends_nothing(alice: User, token: str) -> None:
    for answer in (Client().get, Client().post):
        assert answer(f"/news/unsubscribe/{token}/").status_code == 404
    assert Subscription.objects.exists()


def test_it_goes_with_the_account_and_is_in_the_download(alice: User, client: Client) -> None:
    from asgiref.sync import async_to_sync

    from playground.accounts.operations import delete_account
    from playground.news.keeping import tell

    async def list_told() -> list[bytes]:
        return [one async for one in tell(alice.learner)]

    call_command("sendnews")
    told = [json.loads(one) for one in async_to_sync(list_told)()]
    assert told[0] == {"mail_since": "2026-01-01"}
    assert len(told) == 1 + len(queries.list_entries())
    delete_account(alice)
    assert not Subscription.objects.exists()
    assert not SentNews.objects.exists()


def test_a_site_that_others_reach_has_to_say_where_it_is(alice: User, settings: Any) -> None:
    settings.SITE_URL = ""
    with pytest.raises(CommandError, match="SITE_URL is not set"):
        call_command("sendnews")
