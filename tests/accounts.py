"""Somebody who signs up, in and out, as a browser would."""

from __future__ import annotations

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from playground.accounts.models import User

PASSWORD = "a long and odd sentence 71"
CARD = "/async-databases/blocking-driver/"


def make_user(email: str, **fields: Any) -> User:
    """An account whose address is proved."""
    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def post(client: Client, address: str, **fields: str) -> Any:
    """What a form there would send; the page that follows."""
    return client.post(address, fields, follow=True)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    """By password."""
    return post(client, "/accounts/login/", login=email, password=password)


def sign_in_twice(client: Client, email: str) -> None:
    """By password, and once more: what changes the ways in asks for it again."""
    sign_in(client, email)
    post(client, "/accounts/reauthenticate/", password=PASSWORD)


def sign_up(client: Client, email: str) -> Any:
    """With the code from the mail."""
    post(client, "/accounts/signup/", email=email, password1=PASSWORD)
    return post(client, "/accounts/confirm-email/", code=read_code())


def read_code() -> str:
    """The code in the newest mail."""
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found[1]


def read_link() -> str:
    """The path of the link in the newest mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def is_signed_in(client: Client) -> bool:
    """Whether the account page opens."""
    return client.get("/accounts/").status_code == 200
