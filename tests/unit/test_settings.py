"""Every setting is read by a typed reader, told in docs/hosting.md, and safe beside the others."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from playground import env
from playground.operating import checks
from playground.runs import embedded
from tests.conftest import ROOT

# Where the environment itself is looked at, and what for.
READ_IT = {
    "playground/env.py": "the readers",
    "playground/asgi.py": "names the settings to Django",
    "playground/operating/copying.py": "what the programs of Postgres get beside the database",
    "playground/runs/machine.py": "whether this is a container",
    "playground/runs/supervision.py": "PATH for the supervisor, which gets nothing else",
}
TOOLS = ("playground/benchmarks/", "playground/setup/")
SHARED = {"ALLOWED_HOSTS": ["learn.example.org"], "SITE_URL": "https://learn.example.org"}
KEY = "kV3-" * 4 + "wq8ZpL0sYtR2uNxC7mJfHdGb1eKoAi"


def list_sources() -> dict[str, ast.Module]:
    files = sorted((ROOT / "playground").rglob("*.py"))
    return {
        file.relative_to(ROOT).as_posix(): ast.parse(file.read_text())
        for file in files
        if "node_modules" not in file.parts
    }


def list_read(tree: ast.AST) -> set[str]:
    """Names of variables that are handed to a reader, or asked of os.environ by name."""
    return {
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and re.match(r"_?read_", getattr(call.func, "id", ""))
        for argument in call.args
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and re.fullmatch(r"[A-Z][A-Z0-9_]+", argument.value)
    }


def list_told() -> list[str]:
    document = (ROOT / "docs" / "hosting.md").read_text()
    table = document.partition("## Settings")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)]


def test_every_setting_has_its_line_and_every_line_its_setting() -> None:
    sources = list_sources()
    read = set().union(
        *(list_read(sources[f"playground/{name}.py"]) for name in ("env", "settings"))
    )
    assert len(read) > 25
    told = list_told()
    assert sorted(told) == sorted(read)


def test_nothing_else_reads_the_environment() -> None:
    found = {
        name
        for name, tree in list_sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert {name for name in found if not name.startswith(TOOLS)} == set(READ_IT)


@pytest.mark.parametrize(
    ("reader", "value", "said"),
    [
        (env.read_hosts, "https://a.example", "without https://"),
        (env.read_hosts, "a.example:8000", "without a port"),
        (env.read_origins, "a.example", "https://HOST"),
        (env.read_origins, "https://a.example/path", "without a path"),
        (env.read_mail_address, "nobody", "NAME@HOST"),
        (env.read_redis, "http://h", "redis://"),
        (env.read_redis, "redis://:hidden@h:port", "redis://"),
        (env.read_redis, "unix://", "unix:///FILE"),
        (env.read_token, "hidden", "16 or more"),
        (env.read_token, "hidden words in here", "16 or more"),
        (env.read_text, "two\nlines", "one line"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, reader: Any, value: str, said: str
) -> None:
    monkeypatch.setenv("SOME_SETTING", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_SETTING") as refused:
        reader("SOME_SETTING", *([[]] if reader in (env.read_hosts, env.read_origins) else []))
    assert said in str(refused.value)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (env.read_hosts, ".example.org,[::1],10.0.0.1,*"),
        (env.read_origins, "https://*.example.org:444,http://localhost:8000"),
        (env.read_mail_address, "Async databases <learn@example.org>"),
        (env.read_redis, "rediss://:p%40ss@h:6380/1"),
        (env.read_redis, "unix:///run/redis.sock?db=1"),
        (env.read_token, "abcdefghijklmnop0123"),
    ],
)
def test_what_can_be_is_read(monkeypatch: pytest.MonkeyPatch, reader: Any, value: str) -> None:
    monkeypatch.setenv("SOME_SETTING", value)
    many = reader in (env.read_hosts, env.read_origins)
    read = reader("SOME_SETTING", *([[]] if many else []))
    assert read == (value.split(",") if many else value)


def test_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read_choice("SOME_SETTING", ("plain", "json")) == "plain"
    monkeypatch.setenv("SOME_SETTING", "JSON")
    assert env.read_choice("SOME_SETTING", ("plain", "json")) == "json"
    monkeypatch.setenv("SOME_SETTING", "xml")
    with pytest.raises(ImproperlyConfigured, match="set it to plain or json"):
        env.read_choice("SOME_SETTING", ("plain", "json"))


def load(tmp_path: Path, *names: str, **environment: str) -> list[str]:
    """What settings are with this environment, each as its repr."""
    told = (
        "from playground import settings\n"
        f"print(*(repr(getattr(settings, name)) for name in {names}), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_an_https_address_brings_secure_cookies_and_hsts_with_it(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "CSRF_TRUSTED_ORIGINS", "SITE_URL")
    address = "https://learn.example.org"
    assert load(tmp_path, *names, SITE_URL=address, ALLOWED_HOSTS="learn.example.org") == [
        "True",
        str(30 * 24 * 3600),
        f"['{address}']",
        f"'{address}'",
    ]
    assert load(tmp_path, *names) == ["False", "0", "[]", "'http://127.0.0.1:8000'"]
    said_otherwise = {"SECURE_COOKIES": "0", "HSTS_DAYS": "0", "CSRF_TRUSTED_ORIGINS": ""}
    assert load(tmp_path, *names[:3], SITE_URL=address, **said_otherwise) == ["False", "0", "[]"]


@pytest.fixture
def shared(settings: Any) -> Any:
    """Settings of a site that others reach, as they should be."""
    for name, value in SHARED.items():
        setattr(settings, name, value)
    settings.DEBUG = False
    settings.SECRET_KEY = KEY
    settings.SESSION_COOKIE_SECURE = True
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.SECURE_HSTS_SECONDS = 3600
    settings.REDIS_URL = ""
    settings.PACK_DIRS = [str(settings.ADDED_PACKS_DIR)]
    return settings


def find() -> list[str]:
    """Which checks speak; each says what to do."""
    found = [*checks.check_settings(), *checks.check_pages()]
    assert all(message.hint for message in found)
    return [str(message.id).removeprefix("operating.") for message in found]


def test_a_site_as_it_should_be_has_nothing_to_be_told(shared: Any) -> None:
    assert find() == []


SMTP = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"DEBUG": True}, ["E001"]),
        ({"SECRET_KEY": "django-insecure-" + KEY}, ["E002"]),
        ({"SECRET_KEY": "changeme" + KEY}, ["E002"]),
        ({"SECRET_KEY": "short"}, ["E002"]),
        ({"SECRET_KEY": "ab" * 40}, ["E002"]),
        ({"WEB_CONCURRENCY": 2}, ["E003"]),
        ({"WEB_CONCURRENCY": 2, "REDIS_URL": "redis://h"}, []),
        ({"SITE_URL": "http://learn.example.org"}, ["E005", "W002"]),
        ({"SITE_URL": "", "MAILERS": SMTP}, ["E006"]),
        ({"SITE_URL": "https://other.example.org"}, ["E007"]),
        ({"SITE_URL": "https://x.example.org", "ALLOWED_HOSTS": [".example.org"]}, []),
        ({"PACK_DIRS": ["/nowhere"]}, ["W003"]),
        ({"ALLAUTH_TRUSTED_PROXY_COUNT": 0}, ["W004"]),
    ],
)
def test_what_is_unsafe_or_a_contradiction(
    shared: Any, changed: dict[str, Any], expected: list[str]
) -> None:
    for name, value in changed.items():
        setattr(shared, name, value)
    assert find() == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("/tmp/playground-x1/pg/sock", ["E004"]), ("/run/postgresql", []), ("db.example.org", [])],
)
def test_the_site_s_database_is_no_scratch_database(
    shared: Any, monkeypatch: pytest.MonkeyPatch, host: str, expected: list[str]
) -> None:
    monkeypatch.setitem(shared.DATABASES["default"], "HOST", host)
    assert find() == expected


def test_a_key_of_one_host_is_told_in_a_fleet(shared: Any, tmp_path: Path) -> None:
    shared.REDIS_URL, shared.VAR_DIR = "redis://h", tmp_path
    assert find() == []
    (tmp_path / "secret-key").write_text(KEY)
    assert find() == ["W001"]


def test_on_one_s_own_machine_nothing_is_asked_for(settings: Any) -> None:
    settings.ALLOWED_HOSTS = settings.LOCAL_HOSTS
    settings.DEBUG, settings.SECRET_KEY, settings.SITE_URL = True, "short", "http://127.0.0.1:8000"
    assert find() == []


def test_a_server_started_without_manage_py_is_refused_as_well(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import playground.asgi"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(tmp_path),
            "WEB_CONCURRENCY": "2",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "WEB_CONCURRENCY is 2 without REDIS_URL" in done.stderr
    assert done.returncode != 0


async def test_with_redis_no_web_process_works_beside_the_fleet(settings: Any) -> None:
    """One setting decides, so the two cannot be had at once; the control has no Redis."""
    for address, expected in (("redis://h", 0), ("", 1)):
        settings.REDIS_URL = address
        begun: list[Any] = []

        async def site(scope: Any, receive: Any, send: Any) -> None:
            """Answers nothing."""

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(embedded, "_work", _note(begun))
            patch.setattr(embedded, "look_after_orphans", lambda: _note([])(None))
            entry = embedded.with_embedded_worker(site)
            await entry({"type": "http"}, None, None)
            await entry({"type": "http"}, None, None)
        assert len(begun) == expected


def _note(begun: list[Any]) -> Any:
    def work(application: Any) -> Any:
        begun.append(application)

        async def nothing() -> None:
            """No worker."""

        return nothing()

    return work
