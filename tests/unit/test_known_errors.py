"""Known errors: a broken one is named with file and line; the right one is found in anything."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from exercises.front_matter import PackError
from exercises.known import KnownError, load_known_errors
from exercises.loader import BUILT_IN, load_packs
from exercises.printed import Seen, find_line, read_chains
from exercises.recogniser import MAX_EXPLANATIONS, EventSigns, explain
from sandbox.protocol import Cause, Raised

PACKS = load_packs([BUILT_IN])
KNOWN = load_known_errors(PACKS)
ERROR = """\
title = "Locked"
what = "Somebody else writes."
cure = "Wait."
see = "async-databases/sqlite-in-tests#part-one-writer-at-a-time"
drivers = ["aiosqlite"]

[[signs]]
types = ["sqlite3.OperationalError"]
texts = ["database is locked"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One known error that is right."""
    error = tmp_path / "locked"
    error.mkdir()
    (error / "error.toml").write_text(ERROR)
    (error / "example.py").write_text("print(1)\n")
    return tmp_path


def replace(old: str, new: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        file = folder / "locked" / "error.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    return make


def write(path: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)

    return make


TYPES = 'types = ["sqlite3.OperationalError"]'
SLIPS = {
    "no title": (replace('"Locked"', '""'), "error.toml", 1, "title is empty"),
    "two sentences": (replace("else writes.", "else. It writes."), "error.toml", 2, "one whole"),
    "half a sentence": (replace('"Wait."', '"Wait"'), "error.toml", 3, "one whole sentence"),
    "no such card": (replace("sqlite-in", "mysql-in"), "error.toml", 4, "no card"),
    "no such pack": (replace('see = "async', 'see = "sync'), "error.toml", 4, "no card"),
    "no such place": (replace("#part-one", "#part-two"), "error.toml", 4, "has no place"),
    "bad driver": (replace("aiosqlite", "mysql"), "error.toml", 5, "mysql"),
    "no sign": (
        replace(f'[[signs]]\n{TYPES}\ntexts = ["database is locked"]', "signs = []"),
        "error.toml",
        0,
        "no sign",
    ),
    "a sign of nothing": (replace(TYPES, ""), "error.toml", 7, "either types"),
    "a sign of two kinds": (replace(TYPES, TYPES + '\nprinted = "x"'), "error.toml", 7, "either"),
    "words of no exception": (replace(TYPES, 'printed = "x"'), "error.toml", 7, "belong to"),
    "an empty text": (replace('"database is locked"', '""'), "error.toml", 7, "empty text"),
    "an event of no kind": (
        replace(TYPES + '\ntexts = ["database is locked"]', 'event = { state = "x" }'),
        "error.toml",
        7,
        "no kind",
    ),
    "an event of any kind": (
        replace(TYPES + '\ntexts = ["database is locked"]', 'event = { kind = "*" }'),
        "error.toml",
        7,
        "no kind",
    ),
    "unknown key": (replace("title", "tilte"), "error.toml", 1, "unknown field `tilte`"),
    "bad name": (write("Not a slug/error.toml", b""), "Not a slug", 0, "lower-case words"),
    "stranger": (write("locked/more.py", b""), "more.py", 0, "no such file"),
    "no error.toml": (write("other/example.py", b""), "error.toml", 0, "missing"),
    "not UTF-8": (write("locked/error.toml", b"\xff"), "error.toml", 0, "not UTF-8"),
    "example with a slip": (write("locked/example.py", b"print("), "example.py", 1, "closed"),
}


def test_a_right_one_is_read(folder: Path) -> None:
    [known] = load_known_errors(PACKS, folder).values()
    assert (known.slug, known.card, known.anchor) == (
        "locked",
        "sqlite-in-tests",
        "part-one-writer-at-a-time",
    )


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_with_file_and_line(folder: Path, slip: str) -> None:
    make, file, line, message = SLIPS[slip]
    make(folder)
    with pytest.raises(PackError) as caught:
        load_known_errors(PACKS, folder)
    assert (caught.value.file.name, caught.value.line) == (file, line)
    assert message in caught.value.message


def names(
    raised: Raised | None = None, stderr: str = "", *events: dict[str, str | int | None]
) -> list[tuple[str, int]]:
    found = explain(list(KNOWN.values()), raised, stderr, events)
    return [(each.known.slug, each.line) for each in found]


def test_the_outermost_known_exception_counts_and_lines_come_from_near_it() -> None:
    cause = Cause("asyncpg.exceptions.UniqueViolationError", "duplicate key", 0)
    wrapper = Cause("sqlalchemy.exc.IntegrityError", "(x) something", 7)
    group = Raised("ExceptionGroup", "unhandled errors in a TaskGroup", 20, (wrapper, cause))
    assert names(group) == [("unique-violation", 7)]


def test_the_sign_with_the_most_words_counts() -> None:
    told = "A transaction is already begun on this Session. The unique() method must be invoked on "
    raised = Raised("sqlalchemy.exc.InvalidRequestError", told + "this Result", 3)
    assert names(raised) == [("unique-needed", 3)]


def test_a_module_in_between_does_not_count_but_the_package_does() -> None:
    said = "cannot perform operation: another operation is in progress"
    known = [("another-operation-in-progress", 1)]
    assert names(Raised("asyncpg.exceptions._base.InterfaceError", said, 1)) == known
    assert names(Raised("sqlite3.InterfaceError", said, 1)) == []


def test_statements_that_failed_are_told_with_their_line() -> None:
    event: dict[str, str | int | None] = {"kind": "sql", "line": 9}
    assert names(None, "", {**event, "error": None}) == []
    assert names(None, "", {**event, "error": "Error: deadlock detected"}) == [("deadlock", 9)]
    failed = {**event, "error": "UniqueViolation: duplicate key"}
    assert names(None, "", failed, failed) == [("unique-violation", 9)]


def test_the_probe_tells_of_waits_and_of_what_was_never_awaited() -> None:
    waited: dict[str, str | int | None] = {"kind": "pool", "action": "wait_timeout", "line": 4}
    forgotten: dict[str, str | int | None] = {"kind": "lane", "state": "never_awaited", "line": 6}
    printed = "RuntimeWarning: coroutine 'f' was never awaited\n"
    assert names(None, printed, waited, forgotten) == [("pool-timeout", 4), ("never-awaited", 6)]


def test_a_connection_of_no_pool_is_not_missed_by_one() -> None:
    left: dict[str, str | int | None] = {"kind": "pool", "action": "left_out", "line": 4}
    assert names(None, "", {**left, "pool": None}) == []
    assert names(None, "", {**left, "pool": 1}) == [("connection-left-out", 4)]


class CountedEvent(dict[str, str | int | None]):
    """An event that counts how often it is asked."""

    asked = 0

    def get(self, name: str, default: object = None) -> str | int | None:
        self.asked += 1
        return super().get(name)


def test_an_event_of_a_kind_that_no_sign_names_is_asked_its_kind_and_error_alone() -> None:
    signs = EventSigns(KNOWN.values())
    for kind in ("run", "await", "ready", "sql", "tick"):
        event = CountedEvent(kind=kind, line=4, duration_us=7)
        assert not signs.is_telling(event)
        assert event.asked == 2
    assert signs.is_telling({"kind": "run", "error": "ValueError: 1"})


def test_whatever_kind_a_run_forges_is_no_sign() -> None:
    signs = EventSigns(KNOWN.values())
    for kind in (None, 7, "", "*"):
        assert not signs.is_telling({"kind": kind, "state": "never_awaited"})


def test_what_only_follows_is_told_where_its_line_is_known() -> None:
    raised = Raised("AttributeError", "'coroutine' object has no attribute 'all'", 3)
    warned = "RuntimeWarning: coroutine 'f' was never awaited\n"
    assert names(raised, warned) == [("coroutine-used-as-result", 3)]
    assert names(raised, "<cell>:2: " + warned)[1:] == [("never-awaited", 2)]


TASK = """\
Task exception was never retrieved
future: <Task finished name='Task-2' coro=<work() done, defined at <cell>:4>>
Traceback (most recent call last):
  File "sqlite3.py", line 161, in execute
sqlite3.OperationalError: database is locked

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "<cell>", line 5, in work
    await session.execute(query)
  File "sqlalchemy/engine/base.py", line 20, in execute
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked
[SQL: INSERT]
"""
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "<cell>", line 9, in main
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "<cell>", line 5, in work
    | ValueError: first line
    | second line
    +------------------------------------
"""


def test_a_printed_chain_is_read_with_the_outermost_first() -> None:
    [[outer, inner]] = read_chains(TASK)
    assert outer.type == "sqlalchemy.exc.OperationalError"
    assert outer.line == 5
    assert inner == Seen("sqlite3.OperationalError", "database is locked", 0)
    assert names(None, TASK) == [("database-is-locked", 5)]


def test_a_printed_group_is_read_with_its_members() -> None:
    [[group], [member]] = read_chains(GROUP)
    assert (group.type, group.line) == ("ExceptionGroup", 9)
    assert (member.type, member.line) == ("ValueError", 5)
    assert "second line" in member.message


def test_lines_that_look_like_one_another_stay_apart() -> None:
    assert list(read_chains("ValueError: no traceback\n")) == []
    assert list(read_chains("note: RuntimeWarning: coroutine 'x' was never awaited")) == []
    [[warned]] = read_chains("<cell>:12: RuntimeWarning: coroutine 'x' was never awaited\n")
    assert warned == Seen("RuntimeWarning", "coroutine 'x' was never awaited", 12)
    assert find_line("Task was destroyed\n" + "x" * 600 + "<cell>:3", 0) == 0


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):\n" * 5000,
        ("Traceback (most recent call last):\n" + "a." * 500 + "\n") * 100,
        "a" * 200_000,
        "a." * 100_000 + ": x",
        ("The above exception was the direct cause of the following exception:\n" * 3000),
        "\n".join(["x" * 299 + ":1: RuntimeWarning"] * 500),
        "<cell>:" + "9" * 100_000,
        "\x00\ud800\u2028" * 20_000,
    ],
    ids=range(8),
)
def test_hostile_text_costs_little(text: str) -> None:
    began = time.process_time()
    raised = Raised("sqlalchemy.exc.OperationalError", text, 1, (Cause(text, text),) * 8)
    event: dict[str, str | int | None] = {"kind": "sql", "error": f"Error: {text}", "line": -1}
    assert len(explain(list(KNOWN.values()), raised, text, [event] * 1000)) <= MAX_EXPLANATIONS
    assert time.process_time() - began < 5


def test_a_run_that_meets_every_error_is_told_a_few() -> None:
    stderr = "".join(
        f"Traceback (most recent call last):\n{sign.types[0]}: {' '.join(sign.texts)}\n\n"
        for known in KNOWN.values()
        for sign in known.signs
        if sign.types
    )
    assert len(explain(list(KNOWN.values()), None, stderr)) == MAX_EXPLANATIONS


@pytest.mark.parametrize("known", KNOWN.values(), ids=lambda known: known.slug)
def test_a_known_error_is_told_in_two_plain_sentences(known: KnownError) -> None:
    for sentence in (known.what, known.cure):
        assert 5 <= len(sentence.split()) <= 60
    assert len(known.title) <= 70
