"""What an operator writes in the environment is read, or refused by name."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from playground import env


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("on", True), ("0", False), ("", False)]
)
def test_flag(monkeypatch: pytest.MonkeyPatch, value: str, *, expected: bool) -> None:
    monkeypatch.setenv("SOME_FLAG", value)
    assert env.read_flag("SOME_FLAG") is expected


def test_a_flag_that_is_neither_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FLAG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="SOME_FLAG is 'perhaps': set it to 1 or 0"):
        env.read_flag("SOME_FLAG")


def test_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_LIST", " a, b ,,")
    assert env.read_list("SOME_LIST", ["x"]) == ["a", "b"]
    monkeypatch.delenv("SOME_LIST")
    assert env.read_list("SOME_LIST", ["x"]) == ["x"]


def test_a_secret_is_made_once_and_is_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SOME_SECRET", raising=False)
    kept = tmp_path / "secret"
    made = env.read_secret("SOME_SECRET", kept)
    assert len(made) > 40
    assert kept.stat().st_mode & 0o777 == 0o600
    assert env.read_secret("SOME_SECRET", kept) == made
    monkeypatch.setenv("SOME_SECRET", "given")
    assert env.read_secret("SOME_SECRET", kept) == "given"


def test_a_program_is_an_absolute_path_that_can_be_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SOME_PROGRAM", raising=False)
    assert env.read_program("SOME_PROGRAM") == ""
    monkeypatch.setenv("SOME_PROGRAM", "/bin/sh")
    assert env.read_program("SOME_PROGRAM") == "/bin/sh"
    for wrong in ("sh", str(tmp_path / "none")):
        monkeypatch.setenv("SOME_PROGRAM", wrong)
        with pytest.raises(ImproperlyConfigured, match=r"SOME_PROGRAM is .*: set it to the full"):
            env.read_program("SOME_PROGRAM")


def test_the_site_s_own_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SITE_DATABASE_URL", raising=False)
    file = tmp_path / "site.sqlite3"
    assert env.read_site_database("SITE_DATABASE_URL", file)["NAME"] == file
    monkeypatch.setenv("SITE_DATABASE_URL", "postgresql://me:p%2Fw@db:5433/site?sslmode=require")
    read = env.read_site_database("SITE_DATABASE_URL", file)
    expected = {"NAME": "site", "USER": "me", "PASSWORD": "p/w", "HOST": "db", "PORT": "5433"}
    assert expected.items() <= read.items()
    assert read["OPTIONS"]["sslmode"] == "require"
    assert read["OPTIONS"]["pool"]["max_size"] > 1
    monkeypatch.setenv("SITE_DATABASE_URL", "postgresql:///site?host=/run/postgresql")
    assert env.read_site_database("SITE_DATABASE_URL", file)["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    "value",
    [
        "secret",
        "mysql://me:secret@db/site",
        "postgresql://me:secret@db/",
        "postgresql://[secret/x",
        "postgresql://me:secret@db/site?no-such-option=1",
    ],
)
def test_a_database_that_cannot_be_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.setenv("SITE_DATABASE_URL", value)
    with pytest.raises(
        ImproperlyConfigured, match="SITE_DATABASE_URL has no readable address"
    ) as refused:
        env.read_site_database("SITE_DATABASE_URL", tmp_path)
    assert "secret" not in str(refused.value)
