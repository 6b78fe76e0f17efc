"""What an operator says of mail, of other sites to sign in with, and of unsafe combinations."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from playground import env
from playground.accounts.checks import PAGES, SITE, check_accounts
from playground.runs.management.commands import play, runworker
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("value", "backend", "options"),
    [
        ("", "console", {}),
        ("console:", "console", {}),
        ("file:///var/mail%20out", "filebased", {"file_path": "/var/mail out"}),
        ("smtp://mail", "smtp", {"host": "mail", "port": 25, "use_tls": False, "use_ssl": False}),
        (
            "smtp+tls://me%40here:p%2Fw@mail.example.org:2525",
            "smtp",
            {"username": "me@here", "password": "p/w", "port": 2525, "use_tls": True},
        ),
        ("smtps://mail", "smtp", {"port": 465, "use_ssl": True, "use_tls": False}),
    ],
)
def test_mail(
    monkeypatch: pytest.MonkeyPatch, value: str, backend: str, options: dict[str, Any]
) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    mailer = env.read_mailer("EMAIL_URL")
    assert mailer["BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert options.items() <= mailer.get("OPTIONS", {}).items()


@pytest.mark.parametrize("value", ["mail", "smtp://", "file://relative", "smtp://u:secret@h:port"])
def test_mail_that_cannot_be_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_URL .* set it to console:") as refused:
        env.read_mailer("EMAIL_URL")
    assert "secret" not in str(refused.value)


def test_other_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read_providers() == {}
    for name in ("GITHUB", "OIDC"):
        monkeypatch.setenv(f"{name}_CLIENT_ID", "id")
        monkeypatch.setenv(f"{name}_CLIENT_SECRET", "secret")
    with pytest.raises(ImproperlyConfigured, match="OIDC_SERVER_URL is ''"):
        env.read_providers()
    monkeypatch.setenv("OIDC_SERVER_URL", "https://sign-in.example.org/")
    providers = env.read_providers()
    assert set(providers) == {"github", "openid_connect"}
    assert providers["openid_connect"]["APPS"][0]["name"] == "OpenID Connect"


def test_an_id_without_its_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "id")
    with pytest.raises(ImproperlyConfigured, match="GOOGLE_CLIENT_SECRET is empty"):
        env.read_providers()


@pytest.mark.parametrize(("value", "expected"), [("", 2), ("0", 0), ("3", 3)])
def test_a_whole_number(monkeypatch: pytest.MonkeyPatch, value: str, expected: int) -> None:
    monkeypatch.setenv("SOME_NUMBER", value)
    assert env.read_whole_number("SOME_NUMBER", 2) == expected


def test_what_is_unsafe_where_others_sign_in_is_told(settings: Any) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.ALLOWED_HOSTS = settings.LOCAL_HOSTS
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    assert check_accounts() == []
    settings.ALLOWED_HOSTS = ["cards.example.org"]
    found = {message.id: message for message in check_accounts()}
    assert set(found) == {"accounts.E001", "accounts.W001", "accounts.W002"}
    assert all("cards.example.org" in message.msg for message in found.values())
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
    settings.SESSION_COOKIE_SECURE = True
    settings.MAILERS = {"default": env.read_mailer("NO_SUCH_VARIABLE") | {"BACKEND": "smtp"}}
    assert check_accounts() == []


def test_a_worker_checks_itself_without_a_database(tmp_path: Path) -> None:
    """SQLite makes the file of whoever opens it, as the control does."""
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "REDIS_URL": ""}
    for command, said, is_there in (
        (["runworker", "sandbox"], "REDIS_URL is not set", False),
        (["check"], "no issues", True),
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert said in done.stdout + done.stderr
        assert (tmp_path / "site.sqlite3").exists() is is_there


@pytest.mark.django_db(transaction=True)
def test_browsers_from_before_there_were_accounts_keep_their_session() -> None:
    from django.contrib.sessions.backends.db import SessionStore as FormerStore

    from playground.accounts.learners import find_learner

    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate([("accounts", "0001_initial"), ("sessions", "0001_initial")])
    session = FormerStore()
    session["learner"] = "from before"
    session.save()
    assert find_learner(session.session_key) == ""
    again = MigrationExecutor(connection)
    again.migrate(newest)
    assert find_learner(session.session_key) == "from before"
    assert not session.exists(str(session.session_key))


def test_a_worker_is_not_warned_of_what_is_the_pages_alone(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["learn.example.org"]
    settings.REDIS_URL = "redis://redis:6379/0"
    settings.SESSION_COOKIE_SECURE = False
    settings.PACK_DIRS = ["/nowhere"]
    asked = runworker.Command().get_check_kwargs({"skip_checks": False})
    told = {message.id for message in run_checks(**asked)}
    assert told == set()
    settings.DEBUG = True
    assert {message.id for message in run_checks(**asked)} == {"operating.E001"}
    on_pages = {message.id for message in run_checks(databases=[])}
    assert {"accounts.W002", "operating.W003", "operating.E001"} <= on_pages


def test_every_check_of_ours_says_where_it_is_asked() -> None:
    """Without a tag a worker would leave it out unseen."""
    ours = [one for one in registry.get_checks() if one.__module__.startswith("playground.")]
    assert len(ours) >= 5
    assert all(set(one.tags) & {PAGES, SITE} for one in ours)


@pytest.mark.django_db
def test_a_site_that_is_up_to_date_migrates_nothing() -> None:
    assert not play.is_behind()
    [newest] = MigrationExecutor(connection).loader.graph.leaf_nodes("teams")
    MigrationRecorder.Migration.objects.filter(app=newest[0], name=newest[1]).delete()
    assert play.is_behind()
