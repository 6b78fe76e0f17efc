"""A browser that is gone before what it sent was read is no error of ours, and anything else is."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.test import Client

from playground.edits import messages
from playground.operating import middleware
from tests.attempts import PACK

pytestmark = pytest.mark.django_db

EDIT = f"/{PACK.slug}/{PACK.cards[0].slug}/edits/{PACK.cards[0].cells[0].slug}/"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


class Closed(io.BytesIO):
    """What Django leaves of a request whose browser is gone."""

    def __init__(self) -> None:
        super().__init__(b"{}")
        self.close()


@pytest.fixture
def leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser is gone as soon as its request is asked for."""
    ours = middleware._Left
    monkeypatch.setattr(middleware, "_Left", lambda sent: ours(Closed()))


@pytest.mark.usefixtures("leaves")
@pytest.mark.parametrize(
    ("path", "kind", "checks"),
    [
        (EDIT, JSON, False),
        ("/accounts/login/", FORM, False),
        ("/accounts/login/", FORM, True),
        ("/accounts/login/", PARTS, False),
        ("/accounts/login/", PARTS, True),
    ],
)
def test_nobody_hears_of_it(
    caplog: pytest.LogCaptureFixture, path: str, kind: str, checks: bool
) -> None:
    client = Client(enforce_csrf_checks=checks)
    with caplog.at_level(logging.INFO):
        answer = client.generic("POST", path, b"{}", content_type=kind)
    assert answer.status_code in (400, 403)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def test_a_mistake_of_ours_is_an_error_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("I/O operation on closed file.")

    monkeypatch.setattr(messages, "decode", fail)
    with pytest.raises(ValueError, match="closed file"):
        Client().generic("POST", EDIT, b"{}", content_type=JSON)


def test_what_was_sent_is_read_as_ever() -> None:
    sent: Any = middleware._Left(io.BytesIO(b"one\ntwo\n"))
    assert (sent.seekable(), sent.readline(), sent.read(2), sent.closed) == (
        True,
        b"one\n",
        b"tw",
        False,
    )
