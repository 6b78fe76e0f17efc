"""Statements that differ in their values alone are the same statement."""

from __future__ import annotations

import time

import pytest

from sandbox.inside.telemetry import fingerprints
from sandbox.inside.telemetry.fingerprints import normalise, read

SAME = {
    "a value": ["SELECT * FROM pet WHERE id = 1", "SELECT * FROM pet WHERE id = -21.5e3"],
    "a parameter": [
        "SELECT * FROM pet WHERE id = $1",
        "SELECT * FROM pet WHERE id = %s",
        "SELECT * FROM pet WHERE id = %(id)s",
        "SELECT * FROM pet WHERE id = ?",
        "SELECT * FROM pet WHERE id = :id",
        "SELECT * FROM pet WHERE id = 'it''s'",
    ],
    "case and space": ["select  name\n FROM Pet ; ", "SELECT name FROM pet"],
    "comments": ["SELECT 1 -- one\n, 2", "SELECT /* two\nlines */ 1, 2"],
    "the length of a list": ["SELECT 1 WHERE a IN (1)", "SELECT 1 WHERE a in ($1, $2,$3)"],
    "the number of rows": ["INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES (?,?), (?,?)"],
    "what is quoted with dollars": ["SELECT $$it's$$", "SELECT $tag$ $$ $tag$"],
    "a semicolon": ["COMMIT", "commit;"],
}

OTHERS = [
    "SELECT name FROM pet WHERE id = ?",
    "SELECT name FROM pet WHERE di = ?",
    "SELECT name FROM pet2 WHERE id = ?",
    'SELECT "Name" FROM pet WHERE id = ?',
    'SELECT "name" FROM pet WHERE id = ?',
    "SELECT name FROM pet WHERE id = ? AND id = ?",
    "SELECT name::text FROM pet WHERE id = ?",
    "SELECT name::date FROM pet WHERE id = ?",
]

ACTIONS = {
    "BEGIN": "begin",
    "begin isolation level serializable read only;": "begin",
    "START TRANSACTION": "begin",
    "COMMIT;": "commit",
    "END TRANSACTION": "commit",
    "ROLLBACK": "rollback",
    "abort": "rollback",
    'SAVEPOINT "Mine"': "savepoint",
    "RELEASE SAVEPOINT a1": "release savepoint",
    "release a1": "release savepoint",
    "ROLLBACK TO SAVEPOINT a1;": "rollback savepoint",
    "rollback work to a1": "rollback savepoint",
    "BEGIN; INSERT INTO t VALUES (1); COMMIT": "",
    "SELECT 'commit'": "",
    "ENDING": "",
    "": "",
}


@pytest.mark.parametrize("statements", SAME.values(), ids=SAME)
def test_the_same(statements: list[str]) -> None:
    assert len({read(statement).fingerprint for statement in statements}) == 1
    assert all(len(read(statement).fingerprint) == 16 for statement in statements)


def test_not_the_same() -> None:
    assert len({read(statement).fingerprint for statement in OTHERS}) == len(OTHERS)


@pytest.mark.parametrize(("statement", "action"), ACTIONS.items())
def test_what_it_does_to_a_transaction(statement: str, action: str) -> None:
    assert read(statement).action == action


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "MOST_KEPT", 10)
    for number in range(100):
        read(f"SELECT a{number}")
    assert len(fingerprints._read) <= 10
    assert read("x" * 1_000_000) == read("x" * 2_000_000)


@pytest.mark.parametrize("nasty", ["'", "/*", "$a$", "(?,", '"', "1.", " ", "--", "(?),"])
def test_no_text_takes_long(nasty: str) -> None:
    began = time.process_time()
    normalise((nasty * fingerprints.MOST_CHARACTERS)[: fingerprints.MOST_CHARACTERS])
    assert time.process_time() - began < 2
