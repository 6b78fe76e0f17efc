"""A line of the log says which run it is about, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.test import Client
from pytest_django.fixtures import Settings as DjangoSettings

from playground.accounts.models import User
from playground.runs import queries
from playground.settings import LOGGING
from sandbox.logs import MASK, Formatter, about_run, level_of

PASSWORD = "correct-horse-battery"
TOKEN = "kXw3rT9pLm2QzV8sNb4c"


def make_record(message: str, *arguments: object, error: BaseException | None = None) -> Any:
    found = (type(error), error, None) if error else None
    return logging.LogRecord("playground.x", logging.ERROR, "f", 1, message, arguments, found)


def test_json_is_an_object_a_line_with_the_run_it_is_about() -> None:
    with about_run("r1"):
        line = Formatter("json").format(
            make_record("ended: %s\nso", "well", error=ValueError("no"))
        )
    told = json.loads(line)
    assert "\n" not in line
    assert (told["level"], told["message"]) == ("ERROR", "ended: well\nso")
    assert (told["run_id"], told["error"].strip()) == ("r1", "ValueError: no")
    assert told["at"].endswith("+00:00")
    assert "run_id" not in json.loads(Formatter("json").format(make_record("outside")))


def test_plain_lines_name_their_run_once() -> None:
    plain = Formatter()
    with about_run("r1"):
        assert plain.format(make_record("late")) == "ERROR playground.x: late run=r1"
        assert plain.format(make_record("run %s", "r1")) == "ERROR playground.x: run r1"
    assert plain.format(make_record("late")) == "ERROR playground.x: late"


@pytest.mark.parametrize(
    "text",
    [
        "Error 111 connecting to redis://:{}@redis:6379/0",
        "postgresql://me:{}@db/site refused",
        "password={} host=db",
        "Authorization: Bearer {}",
        "Internal Server Error: /r/{}/",
        "GET /embed/{}/?x",
        "/accounts/password/reset/key/1-{}/",
        "/news/unsubscribe/{}/",
        "/teams/join/{}/",
        "the key is {}",
    ],
)
@pytest.mark.parametrize("shape", ["plain", "json"])
def test_what_opens_something_is_masked(text: str, shape: Any) -> None:
    message = text.format(TOKEN)
    for record in (make_record("%s", message), make_record("it failed", error=OSError(message))):
        line = Formatter(shape, [TOKEN] if "the key" in text else []).format(record)
        assert TOKEN not in line
        assert MASK in line


def test_programs_hear_of_every_run_and_people_of_what_is_out_of_the_ordinary() -> None:
    assert (level_of("json"), level_of("plain")) == (logging.DEBUG, logging.INFO)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the site logs from now on, at any level, as its own settings write it."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    formatter = cast("dict[str, Any]", LOGGING["formatters"])["ours"]
    handler.setFormatter(Formatter(formatter["shape"], formatter["secrets"]))
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, ("django", "django.request", "playground"))]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.django_db
def test_no_request_leaves_a_secret_in_the_log(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings
) -> None:
    User.objects.create_user("ada@example.org", PASSWORD)
    client = Client(raise_request_exception=False)
    for password in (PASSWORD, PASSWORD + "!"):
        client.post("/accounts/login/", {"login": "ada@example.org", "password": password})
    client.post("/accounts/signup/", {"email": "bob@example.org", "password1": PASSWORD})
    client.get(f"/accounts/password/reset/key/1-{TOKEN}/")
    client.get(f"/r/{TOKEN}/")
    client.get(f"/news/unsubscribe/{TOKEN}/")
    client.post(f"/r/{TOKEN}/report/", {"text": PASSWORD})

    def fail(*arguments: Any, **named: Any) -> None:
        raise OSError(
            f"cannot reach postgresql://site:{PASSWORD}@db/site, key {settings.SECRET_KEY}"
        )

    monkeypatch.setattr(queries, "get_shared", fail)
    assert client.get(f"/r/{TOKEN}/", headers={"Cookie": f"playground={TOKEN}"}).status_code == 500
    said = log.getvalue()
    assert "Internal Server Error: /r/" in said  # the control: it was logged, with its traceback
    assert "cannot reach postgresql://" in said
    for secret in (PASSWORD, TOKEN, settings.SECRET_KEY):
        assert secret not in said
