"""An error that somebody pastes is known, whole or in part, whatever was lost on the way."""

import time

import pytest

from exercises.known import KnownError, Sign, load_known_errors
from exercises.loader import BUILT_IN, load_packs
from exercises.pasted import MAX_RECOGNISED, MIN_SIGN_CHARACTERS, recognise

KNOWN = list(load_known_errors(load_packs([BUILT_IN])).values())
TRACEBACK = """\
Traceback (most recent call last):
  File "/app/main.py", line 12, in read
    raise NoResultFound from error
  File "/app/venv/sqlalchemy/pool/impl.py", line 168, in _do_get
    raise exc.TimeoutError(
sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out
"""
CHAIN = """\
sqlite3.IntegrityError: UNIQUE constraint failed: users.name

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    session.flush()
sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back
"""
NAMED = {"MissingGreenlet", "DetachedInstanceError"}  # texts of signs that name another error
GREENLET = (
    "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_() here."
)
PASTED = {
    "a traceback": (TRACEBACK, "pool-timeout"),
    "without its newlines": (TRACEBACK.replace("\n", ""), "pool-timeout"),
    "with the newlines of Windows": (TRACEBACK.replace("\n", "\r\n"), "pool-timeout"),
    "as pytest prints it": ("E   " + GREENLET.replace("; ", ";\nE   "), "missing-greenlet"),
    "in a group": ("  | " + GREENLET, "missing-greenlet"),
    "from a log": (f"ERROR:    app: {GREENLET}", "missing-greenlet"),
    "the end of a chain": (CHAIN, "pending-rollback"),
    "the name alone": ("MissingGreenlet", "missing-greenlet"),
    "the message alone": ("greenlet_spawn has not been called", "missing-greenlet"),
    "in other letters": ("queuepool LIMIT of size 3", "pool-timeout"),
    "of another library": ("psycopg2.errors.DeadlockDetected: deadlock detected", "deadlock"),
    "wrapped": (
        "sqlalchemy.exc.DBAPIError: (sqlalchemy.dialects.postgresql.asyncpg.Error) "
        "<class 'asyncpg.exceptions.DeadlockDetectedError'>: deadlock detected",
        "deadlock",
    ),
    "with a long text before": ("x = 1\n" * 20_000 + GREENLET, "missing-greenlet"),
}


def say(sign: Sign) -> list[str]:
    """The sign as it is printed: behind each of its types, and if it tells enough alone."""
    if sign.printed:
        return [sign.printed]
    message = " it ".join(sign.texts) or sign.exactly or ""
    alone = sum(map(len, sign.texts)) >= MIN_SIGN_CHARACTERS and not NAMED & set(sign.texts)
    return [f"{each}: {message}" for each in sign.types] + [message] * alone


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.slug)
def test_every_sign_is_recognised(known: KnownError) -> None:
    for sign in known.signs:
        for text in say(sign):
            assert recognise(KNOWN, text)[0] == known, text


@pytest.mark.parametrize("name", PASTED)
def test_what_is_pasted_is_recognised(name: str) -> None:
    text, slug = PASTED[name]
    assert recognise(KNOWN, text)[0].slug == slug


@pytest.mark.parametrize(
    "text",
    ["", "\0", "select", "event loop", "TypeError", "TimeoutError: mine", "Async", "x" * 9999],
)
def test_other_texts_are_no_known_error(text: str) -> None:
    assert recognise(KNOWN, text) == []


def test_a_text_made_to_be_slow_is_answered_in_time() -> None:
    start = time.process_time()
    assert len(recognise(KNOWN, "TimeoutError: a.b.c (" * 5000)) <= MAX_RECOGNISED
    assert len(recognise(KNOWN, " | E   " * 5000 + "\n" * 5000)) <= MAX_RECOGNISED
    assert time.process_time() - start < 5
