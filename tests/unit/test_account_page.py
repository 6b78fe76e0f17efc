"""The account's own page: all of it to download, and a deletion that leaves nothing."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.apps import apps
from django.test import AsyncClient, Client

from playground.accounts.learners import digest_learner
from playground.accounts.models import FormerLearner, Session, User
from playground.progress import operations as progress
from playground.progress import reviewing
from playground.progress.models import ReviewLog
from playground.progress.scheduling import Grade
from playground.quiz import operations as quizzes
from playground.quiz.items import get_items
from playground.runs import operations
from playground.runs.models import Recording
from playground.runs.worker import CHANNEL
from tests.accounts import CARD, is_signed_in, make_user, post, sign_in, sign_in_twice
from tests.attempts import attempt
from tests.edits import write
from tests.unit.test_recordings import HOSTILE, save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

ALICE = "alice-in-all-tables@example.org"
BOB = "bob@example.org"


def fill(client: Client) -> User:
    """An account with something in every table that can have something of it."""
    user = make_user(ALICE)
    client.get(CARD)
    save(client.session["learner"], run_id="from-the-browser")
    write(client, HOSTILE, set_aside=[{"text": "alice-set-this-aside", "why": "reset"}])
    sign_in_twice(client, ALICE)
    sign_in(Client(), ALICE)
    attempt(user.learner, "alice-attempt", answer=HOSTILE)
    progress.mark_ran(user.learner, "async-databases", "crud", date(2026, 11, 26))
    progress.take_hint(user.learner, "async-databases", "blocking-driver", "big-result", 1)
    reviewing.review_card(
        learner=user.learner,
        pack="async-databases",
        card="crud",
        number=0,
        grade=Grade.GOOD,
        source=ReviewLog.Source.BEHAVIOUR,
        day=date(2026, 11, 26),
        question="asked",
        answer=[HOSTILE],
    )
    reviewing.set_daily_limit(user.learner, 7)
    item = next(each for each in get_items().values() if each.question.kind == "predict")
    begun = quizzes.begin(user.learner, "tag=alice", [item])
    assert begun
    quizzes.answer(begun, 1, right=False, given=HOSTILE)
    operations.share_recording(save(user.learner, run_id="shared-by-alice", cell="cure"))
    EmailAddress.objects.create(user=user, email=f"new-{ALICE}", verified=False)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "alice's secret"})
    account = SocialAccount.objects.create(
        user=user, provider="github", uid="alice-uid", extra_data={"login": HOSTILE}
    )
    SocialToken.objects.create(account=account, token="alice-token")
    return user


def list_traces(*marks: str) -> list[str]:
    """Every row of every table that has one of these in it, sessions opened."""
    found = []
    for model in apps.get_models():
        for row in model._default_manager.all().values():
            if model is Session:
                row["opened"] = Session(**row).get_decoded()
            if any(mark in repr(row) for mark in marks):
                found.append(f"{model._meta.label}: {row}")
    return found


def test_deletion_leaves_no_row(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    bob = make_user(BOB)
    save(bob.learner, run_id="of-bob")
    user = fill(client)
    key = str(user.pk)
    marks = (
        *[ALICE, user.learner, digest_learner(user.learner), "alice"],
        *["from-the-browser", f"'_auth_user_id': '{key}'"],
    )
    before = {trace.partition(":")[0] for trace in list_traces(*marks)}
    assert {
        *["accounts.User", "accounts.Session", "account.EmailAddress", "mfa.Authenticator"],
        *["socialaccount.SocialAccount", "socialaccount.SocialToken", "runs.Recording"],
        *["edits.Edit", "edits.SetAside"],
        *["quiz.Quiz", "quiz.QuizAnswer"],
    } <= before
    assert FormerLearner.objects.filter(user=user).exists()
    with django_capture_on_commit_callbacks(execute=True):
        page = post(client, "/accounts/delete/").content.decode()
    assert "Your account is deleted" in page
    assert list_traces(*marks) == []
    of_user = [
        field.model._meta.label
        for model in apps.get_models()
        for field in model._meta.fields
        if field.related_model is User
        and field.model._default_manager.filter(**{field.attname: int(key)}).exists()
    ]
    assert of_user == []
    assert not is_signed_in(client)
    assert list(Recording.objects.values_list("run_id", flat=True)) == ["of-bob"]
    layer = get_channel_layer()
    assert layer is not None
    message = async_to_sync(layer.receive)(CHANNEL)
    assert message == {"type": "session.reset", "session": user.learner}


def test_deletion_asks_for_the_password_and_then_once_more(client: Client) -> None:
    make_user(ALICE)
    sign_in(client, ALICE)
    page = client.post("/accounts/delete/")
    assert page["Location"].startswith("/accounts/reauthenticate/")
    client.get("/accounts/delete/")
    assert User.objects.count() == 1
    post(client, "/accounts/reauthenticate/", password="wrong", next="/accounts/delete/")
    assert client.post("/accounts/delete/").status_code == 302
    assert User.objects.count() == 1


@pytest.mark.usefixtures("closing_connections")
async def test_the_download_has_all_of_it_and_is_sent_in_pieces() -> None:
    from asgiref.sync import sync_to_async

    client = Client()
    user = await sync_to_async(fill)(client)
    bob = await sync_to_async(make_user)(BOB)
    await sync_to_async(save)(bob.learner, run_id="of-bob")
    browser = AsyncClient()
    browser.cookies = client.cookies
    response = await browser.get("/accounts/download.json")
    assert response.streaming
    pieces = [piece async for piece in response]  # type: ignore[attr-defined]
    assert len(pieces) > 4
    told = json.loads(b"".join(pieces))
    assert told["account"]["email"] == ALICE
    assert told["account"]["email_addresses"][1]["email"] == f"new-{ALICE}"
    assert told["account"]["other_sites"][0]["told_us"] == {"login": HOSTILE}
    assert len(told["account"]["sessions"]) == 2
    runs = [each["run"]["run_id"] for each in told["recordings"]]
    assert runs == ["from-the-browser", "shared-by-alice"]
    assert told["recordings"][0]["code"] == HOSTILE
    kinds = [each["kind"] for each in told["progress"]]
    assert kinds == ["card", "attempt", "hint", "review", "review plan", "day"]
    assert told["progress"][3]["answer"] == [HOSTILE]
    assert told["progress"][1]["answer"] == HOSTILE
    assert [(each["place"], each["text"]) for each in told["edits"]] == [("trap", HOSTILE)]
    assert told["edits"][0]["set_aside"][0]["text"] == "alice-set-this-aside"
    assert told["quizzes"][0]["questions"][0]["given"] == HOSTILE
    text = b"".join(pieces).decode()
    for secret in ("alice's secret", "alice-token", 'password":"', user.learner, user.password):
        assert secret not in text


def test_somebody_else_s_passkey_is_not_there(client: Client) -> None:
    alice = make_user(ALICE)
    key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "hers"})
    make_user(BOB)
    sign_in_twice(client, BOB)
    for action in ("edit", "remove"):
        for answer in (client.get, client.post):
            address = f"/accounts/2fa/webauthn/keys/{key.pk}/{action}/"
            assert answer(address).status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("address", ["/accounts/", "/accounts/download.json", "/accounts/delete/"])
def test_no_cache_keeps_it(client: Client, address: str) -> None:
    make_user(ALICE)
    sign_in_twice(client, ALICE)
    assert "no-store" in client.get(address)["Cache-Control"]


def test_pages_ask_the_database_little(client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(0):
        Client().get("/async-databases/")
    client.get(CARD)
    with django_assert_max_num_queries(3):  # its session, as ever, and its progress
        client.get("/async-databases/")
    make_user(ALICE)
    sign_in(client, ALICE)
    for address in ("/async-databases/", CARD, "/runs/", "/accounts/"):
        client.get(address)
        with django_assert_max_num_queries(7):
            client.get(address)
