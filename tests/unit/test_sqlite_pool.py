"""Connections to the site's SQLite outlive the thread that asked, and nothing else does."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, connections, transaction

from playground.sqlite import base
from playground.sqlite.base import DatabaseWrapper, Pool

Ask = Callable[..., tuple[list[Any], int]]


@pytest.fixture(autouse=True)
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    pool = Pool()
    monkeypatch.setattr(base, "pool", pool)
    yield pool
    pool.close()


@pytest.fixture
def ask(tmp_path: Path, django_db_blocker: Any) -> Ask:
    """What a thread of its own gets from a file, and which connection it had."""

    def ask_one(*statements: str, file: str = "site.sqlite3") -> tuple[list[Any], int]:
        options = connections[DEFAULT_DB_ALIAS].settings_dict
        wrapper = DatabaseWrapper({**options, "NAME": tmp_path / file})
        try:
            with django_db_blocker.unblock(), wrapper.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall(), id(wrapper.connection)
        finally:
            wrapper.close()

    def ask_in_thread(*statements: str, **options: str) -> tuple[list[Any], int]:
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(ask_one, *statements, **options).result()

    return ask_in_thread


def test_the_next_thread_has_the_same_connection(ask: Ask) -> None:
    _, first = ask("CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('kept')")
    assert ask("SELECT text FROM notes") == ([("kept",)], first)


def test_what_was_not_committed_is_gone_and_locks_nobody_out(ask: Ask, tmp_path: Path) -> None:
    _, first = ask("CREATE TABLE notes (text)")
    _, left = ask("BEGIN IMMEDIATE", "INSERT INTO notes VALUES ('half')")
    other = sqlite3.connect(tmp_path / "site.sqlite3", timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.close()
    assert ask("SELECT text FROM notes") == ([], first)
    assert left == first


def test_another_file_is_another_connection(ask: Ask, tmp_path: Path) -> None:
    ask("CREATE TABLE notes (text)")
    with pytest.raises(OperationalError, match="no such table"):
        ask("SELECT text FROM notes", file="other.sqlite3")


def test_a_file_that_was_put_in_its_place_is_read(ask: Ask, tmp_path: Path) -> None:
    ask("PRAGMA journal_mode = DELETE", "CREATE TABLE notes (text)")
    for rest in tmp_path.glob("site.sqlite3*"):
        rest.unlink()
    restored = sqlite3.connect(tmp_path / "site.sqlite3")
    restored.executescript("CREATE TABLE notes (text); INSERT INTO notes VALUES ('restored')")
    restored.close()
    assert ask("SELECT text FROM notes")[0] == [("restored",)]


def test_no_more_wait_than_are_of_use(pool: Pool, tmp_path: Path) -> None:
    made = [sqlite3.connect(tmp_path / "x", check_same_thread=False) for _ in range(base.MOST_IDLE)]
    one_more = sqlite3.connect(tmp_path / "x")
    for each in [*made, one_more]:
        pool.give((1, "x", 0, 0), each)
    with pytest.raises(sqlite3.ProgrammingError):
        one_more.execute("SELECT 1")
    for each in made:
        each.execute("SELECT 1")
        each.close()


def test_what_was_forked_along_is_neither_used_nor_closed(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = sqlite3.connect(tmp_path / "x")
    pool.give((os.getpid(), "x", 0, 0), mine)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert pool.take((1, "x", 0, 0)) is None
    pool.close()
    mine.execute("SELECT 1")
    mine.close()


@pytest.mark.django_db(transaction=True)
def test_errors_and_transactions_are_as_django_has_them() -> None:
    from playground.accounts.models import User

    User.objects.create_user("one@example.org", "x")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("one@example.org", "x")
    connections[DEFAULT_DB_ALIAS].close()
    assert User.objects.count() == 1
