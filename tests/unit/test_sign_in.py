"""Each way into an account and out of it, and those that are none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client
from django.utils import timezone

from playground.accounts.models import Session, User
from tests.accounts import (
    CARD,
    PASSWORD,
    is_signed_in,
    make_user,
    post,
    read_code,
    read_link,
    sign_in,
    sign_in_twice,
    sign_up,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

ALICE = "alice@example.org"
BOB = "bob@example.org"


def test_sign_up_needs_the_code_that_was_sent(client: Client) -> None:
    page = post(client, "/accounts/signup/", email=ALICE, password1=PASSWORD)
    assert page.redirect_chain[-1][0] == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    assert mail.outbox[-1].to == [ALICE]
    post(client, "/accounts/confirm-email/", code="AAAAAA")
    assert not is_signed_in(client)
    post(client, "/accounts/confirm-email/", code=read_code())
    assert is_signed_in(client)
    assert "alice@example.org" in client.get("/accounts/").content.decode()


def test_a_code_that_was_wrong_three_times_is_worth_nothing(client: Client) -> None:
    post(client, "/accounts/signup/", email=ALICE, password1=PASSWORD)
    code = read_code()
    for _ in range(3):
        post(client, "/accounts/confirm-email/", code="AAAAAA")
    post(client, "/accounts/confirm-email/", code=code)
    assert not is_signed_in(client)


def test_a_code_works_once_and_for_its_browser_alone(client: Client) -> None:
    make_user(ALICE)
    post(client, "/accounts/login/code/", email=ALICE)
    code = read_code()
    stranger = Client()
    post(stranger, "/accounts/login/code/confirm/", code=code)
    assert not is_signed_in(stranger)
    post(client, "/accounts/login/code/confirm/", code=code)
    assert is_signed_in(client)
    post(client, "/accounts/logout/")
    assert not is_signed_in(client)
    post(client, "/accounts/login/code/confirm/", code=code)
    assert not is_signed_in(client)


def test_a_code_that_is_too_old_opens_nothing(client: Client, settings: Any) -> None:
    make_user(ALICE)
    post(client, "/accounts/login/code/", email=ALICE)
    settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT = -1
    page = post(client, "/accounts/login/code/confirm/", code=read_code())
    assert page.status_code == 200
    assert not is_signed_in(client)


def test_a_password_wrong_ten_times_shuts_the_door_for_a_while(client: Client) -> None:
    make_user(ALICE)
    pages = [sign_in(client, ALICE, "wrong").content.decode() for _ in range(10)]
    assert "do not belong together" in pages[0]
    assert "Wait five minutes" in pages[-1]
    sign_in(client, ALICE)
    assert not is_signed_in(client)
    post(client, "/accounts/login/code/", email=ALICE)  # her own way past who locked her out
    post(client, "/accounts/login/code/confirm/", code=read_code())
    assert is_signed_in(client)


def test_asking_again_and_again_is_refused_with_a_page(client: Client) -> None:
    make_user(ALICE)
    pages = [post(Client(), "/accounts/login/code/", email=ALICE) for _ in range(5)]
    assert len(mail.outbox) == 3
    assert "Wait five minutes" in pages[-1].content.decode()
    answers = [sign_in(client, BOB) for _ in range(31)]
    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)
    assert "Wait a minute" in answers[-1].content.decode()


@pytest.mark.parametrize("address", ["/accounts/login/code/", "/accounts/password/reset/"])
def test_nobody_learns_who_has_an_account(address: str) -> None:
    make_user(ALICE)
    pages = []
    for email in (ALICE, BOB):
        page = post(Client(), address, email=email)
        pages.append((page.status_code, page.redirect_chain, neutral(page, email)))
    assert pages[0] == pages[1]
    assert [each.to for each in mail.outbox] == [[ALICE], [BOB]]


def test_nobody_learns_by_sign_up_who_has_an_account() -> None:
    make_user(ALICE)
    pages = []
    for email in (ALICE, BOB):
        page = post(Client(), "/accounts/signup/", email=email, password1=PASSWORD)
        pages.append((page.status_code, page.redirect_chain, neutral(page, email)))
    assert pages[0] == pages[1]
    assert "already" in str(mail.outbox[0].body)
    assert User.objects.filter(email=ALICE).count() == 1


def neutral(page: Any, email: str) -> str:
    import re

    text = page.content.decode().replace(email, "someone")
    return re.sub(r'(name="csrfmiddlewaretoken" value|content|nonce)="[^"]*"', "", text)


def test_a_wrong_password_and_no_account_look_alike() -> None:
    make_user(ALICE)
    known, unknown = (sign_in(Client(), email, "wrong") for email in (ALICE, BOB))
    assert neutral(known, ALICE) == neutral(unknown, BOB)


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(client: Client) -> None:
    make_user(ALICE)
    elsewhere = Client()
    sign_in(elsewhere, ALICE)
    post(client, "/accounts/password/reset/", email=ALICE)
    link = read_link()
    form = client.get(link, follow=True)
    new = "another long sentence 72"
    post(client, form.redirect_chain[-1][0], password1=new, password2=new)
    assert not is_signed_in(elsewhere)
    reused = Client().get(link, follow=True).content.decode()
    assert "does not work any more" in reused
    sign_in(client, ALICE)
    assert not is_signed_in(client)
    sign_in(client, ALICE, new)
    assert is_signed_in(client)


def test_a_link_that_is_too_old_or_made_up_says_so(client: Client, settings: Any) -> None:
    make_user(ALICE)
    post(client, "/accounts/password/reset/", email=ALICE)
    link = read_link()
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "does not work any more" in client.get(link, follow=True).content.decode()
    made_up = "/accounts/password/reset/key/1-abc-def/"
    assert "does not work any more" in client.get(made_up, follow=True).content.decode()


def test_the_address_changes_once_the_new_one_is_proved(client: Client) -> None:
    user = make_user(ALICE)
    sign_in_twice(client, ALICE)
    post(client, "/accounts/email/", email=BOB, action_add="")
    user.refresh_from_db()
    assert user.email == ALICE
    newest = [each for each in mail.outbox if each.to == [BOB]]
    assert newest
    mail.outbox.append(newest[-1])
    post(client, "/accounts/confirm-email/", code=read_code())
    user.refresh_from_db()
    assert user.email == BOB
    assert is_signed_in(client)


def test_an_authenticator_app_is_asked_for_and_a_recovery_code_works_once(client: Client) -> None:
    user = make_user(ALICE)
    sign_in_twice(client, ALICE)
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    post(client, "/accounts/2fa/totp/activate/", code=totp(secret))
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    shown = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert all(code in shown for code in codes)
    stranger = Client()
    page = sign_in(stranger, ALICE)
    assert page.redirect_chain[-1][0] == "/accounts/2fa/authenticate/"
    post(stranger, "/accounts/2fa/authenticate/", code="000000")
    assert not is_signed_in(stranger)
    post(stranger, "/accounts/2fa/authenticate/", code=codes[0])
    assert is_signed_in(stranger)
    again = Client()
    sign_in(again, ALICE)
    post(again, "/accounts/2fa/authenticate/", code=codes[0])
    assert not is_signed_in(again)


def totp(secret: str) -> str:
    """What an authenticator app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_signing_out_takes_a_form(client: Client) -> None:
    make_user(ALICE)
    sign_in(client, ALICE)
    client.get("/accounts/logout/")
    assert is_signed_in(client)
    post(client, "/accounts/logout/")
    assert not is_signed_in(client)


def test_signing_out_elsewhere_leaves_this_browser(client: Client) -> None:
    make_user(ALICE)
    other, stranger = Client(), Client()
    make_user(BOB)
    sign_in(client, ALICE)
    sign_in(other, ALICE)
    sign_in(stranger, BOB)
    page = post(client, "/accounts/sign-out-elsewhere/")
    assert "Signed out in 1 other browser" in page.content.decode()
    assert [is_signed_in(each) for each in (client, other, stranger)] == [True, False, True]


def test_a_return_address_is_of_this_site_alone(client: Client) -> None:
    make_user(ALICE)
    away = {"login": ALICE, "password": PASSWORD, "next": "https://example.org/"}
    assert client.post("/accounts/login/", away)["Location"] == "/accounts/"
    own = {**away, "next": "/runs/"}
    assert Client().post("/accounts/login/", own)["Location"] == "/runs/"


def test_without_settings_there_is_no_other_site_to_sign_in_with(client: Client) -> None:
    assert "With another site" not in client.get("/accounts/login/").content.decode()
    for way in ("github", "google", "oidc/oidc"):
        assert client.post(f"/accounts/{way}/login/").status_code == 404


def test_a_provider_of_the_settings_has_its_button(client: Client, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {
        "github": {"APPS": [{"client_id": "our-id", "secret": "our-secret"}]}
    }
    page = client.get("/accounts/login/").content.decode()
    assert 'href="/accounts/github/login/' in page
    assert "Google" not in page
    assert client.get("/accounts/github/login/").status_code == 200
    leaving = client.post("/accounts/github/login/").content.decode()
    assert "https://github.com/login/oauth/authorize" in leaving
    assert "our-secret" not in leaving


def test_a_sign_up_makes_one_account(client: Client) -> None:
    sign_up(client, ALICE)
    assert is_signed_in(client)
    assert list(User.objects.values_list("email", flat=True)) == [ALICE]


def test_who_never_entered_the_code_is_forgotten_after_a_week(client: Client) -> None:
    post(client, "/accounts/signup/", email=ALICE, password1=PASSWORD)
    make_user(BOB)
    by_the_operator = User.objects.create_user("by-the-operator@example.org", PASSWORD)
    long_ago = timezone.now() - timedelta(days=8)
    sign_up(Client(), "carol@example.org")
    assert User.objects.filter(email=ALICE).exists()
    User.objects.update(created_at=long_ago)
    sign_up(Client(), "dave@example.org")
    kept = set(User.objects.values_list("email", flat=True))
    assert kept == {BOB, by_the_operator.email, "carol@example.org", "dave@example.org"}


def test_who_comes_again_stays_known_and_is_renewed_once_a_day(client: Client) -> None:
    client.get(CARD)
    sessions = Session.objects.filter(pk=client.session.session_key)
    assert not client.get(CARD).cookies
    whole = sessions.get().expire_date
    for spent in (timedelta(days=2), timedelta(hours=2)):
        sessions.update(expire_date=whole - spent)
        cookies = client.get(CARD).cookies
        assert (sessions.get().expire_date >= whole) == (spent.days > 0) == bool(cookies)
    sessions.update(expire_date=whole - timedelta(days=2))
    cookie = client.get("/progress/").cookies["playground"]
    assert (cookie.value, cookie["httponly"]) == (client.session.session_key, True)
    assert int(cookie["max-age"]) == 90 * 24 * 60 * 60
    assert client.session["learner"]
    sessions.update(expire_date=timezone.now())
    client.get("/progress/")
    assert "learner" not in client.session
