"""Claims, follow-ups and exercises say what is wrong with them; a new card is right at once."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from exercises.loader import PackError, load_pack
from exercises.model import Card
from tests.packs.test_packs import PACK, remove, replace, write

Slip = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """A pack with one card as ``newcard`` makes it."""
    (tmp_path / "pack.toml").write_text(PACK)
    settings.PACK_DIRS = [tmp_path]
    call_command("newcard", "a-pack", "first", stdout=StringIO())
    return tmp_path


def load_card(folder: Path) -> Card:
    (card,) = load_pack(folder).cards
    return card


def test_a_new_card_is_right(folder: Path) -> None:
    card = load_card(folder)
    assert (card.slug, card.number) == ("first", 1)
    assert [claim.id for claim in card.claims] == ["one-after-another"]
    assert [each.cell for each in card.follow_ups] == ["cure"]
    (exercise,) = card.exercises
    assert [mistake.file for mistake in exercise.mistakes] == ["no-wait.py", "await-in-turn.py"]


def test_a_new_card_gets_the_next_number(folder: Path) -> None:
    said = StringIO()
    call_command("newcard", "a-pack", "second", stdout=said)
    assert said.getvalue().strip() == str(folder / "02-second")
    assert [card.slug for card in load_pack(folder).cards] == ["first", "second"]


@pytest.mark.parametrize(
    ("pack", "slug", "said"),
    [
        ("a-pack", "First", "lower-case"),
        ("a-pack", "../x", "lower-case"),
        ("no-pack", "second", "no pack"),
        ("a-pack", "first", "has a card"),
    ],
)
def test_a_card_that_cannot_be_made(folder: Path, pack: str, slug: str, said: str) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(CommandError, match=said):
        call_command("newcard", pack, slug)
    assert sorted(folder.rglob("*")) == before


CARD = "01-first/card.md"
CLAIMS = "01-first/claims.toml"
ASKED = "01-first/follow-ups.toml"
EXERCISE = "01-first/exercises/01-first-try/exercise.toml"
BELOW = "01-first/exercises/01-first-try"
PREDICT = 'kind = "predict"\npredictions = [{ id = "it", question = "How?", quantity = "error" }]\n'


def several(*slips: Slip) -> Slip:
    def make(folder: Path) -> None:
        for slip in slips:
            slip(folder)

    return make


def as_kind(kind: str, *slips: Slip) -> Slip:
    """The exercise as one whose answers are TOML."""
    return several(
        write(
            EXERCISE,
            'title = "T"\ngoal = "G"\nwhy = "W"\nhints = []\ndrivers = []\n'
            f'{kind}mistakes = [{{ file = "wrong.toml", message = "No." }}]\n',
        ),
        remove(f"{BELOW}/solution.py"),
        remove(f"{BELOW}/mistakes/no-wait.py"),
        remove(f"{BELOW}/mistakes/await-in-turn.py"),
        write(f"{BELOW}/solution.toml", 'it = "none"\n'),
        write(f"{BELOW}/mistakes/wrong.toml", 'it = "ValueError"\n'),
        *slips,
    )


ORDER = 'kind = "order"\nlines = """\nb = a\na = 1\nc = 3\n"""\n'
CHECKED = 'checks = [{ check = "completed" }]\n'


def as_order(exercise: str, *slips: Slip) -> Slip:
    """The exercise as lines to be put in order."""
    return several(
        as_kind(exercise + CHECKED),
        replace(EXERCISE, "wrong.toml", "wrong.py"),
        remove(f"{BELOW}/solution.toml"),
        remove(f"{BELOW}/mistakes/wrong.toml"),
        write(f"{BELOW}/starter.py", "d = 0\npass  # lines\nprint(b)\n"),
        write(f"{BELOW}/solution.py", "d = 0\na = 1\nb = a\nprint(b)\n"),
        write(f"{BELOW}/mistakes/wrong.py", "d = 0\na = 1\nc = 3\nprint(b)\n"),
        *slips,
    )


SLIPS: dict[str, tuple[Slip, str, int, str]] = {
    "claim unknown": (
        replace(CARD, "{claim: one-", "{claim: no-"),
        "card.md",
        25,
        "no claim 'no-after-another'",
    ),
    "claim placed twice": (
        replace(CARD, "Then the cure.", "Then {claim: one-after-another}"),
        "card.md",
        29,
        "has its place already",
    ),
    "claim placed in a follow-up as well": (
        replace(ASKED, "Answer it", "{claim: one-after-another}"),
        "follow-ups.toml",
        4,
        "has its place already",
    ),
    "claim nowhere": (
        replace(CARD, "{claim: one-after-another}", ""),
        "claims.toml",
        1,
        "no text has {claim: one-after-another}",
    ),
    "claim given twice": (
        write(
            CLAIMS,
            2 * '[[claims]]\nid = "a"\nsentence = "S."\ncell = "01-trap.py"\nexpect = '
            '[{ check = "completed" }]\n',
        ),
        "claims.toml",
        0,
        "the claim 'a' is given twice",
    ),
    "claim without its cell": (
        replace(CLAIMS, "01-trap.py", "09-no.py"),
        "claims.toml",
        1,
        "there is no cell '09-no.py'",
    ),
    "claim of a driver that its cell has not": (
        replace(CLAIMS, "expect", 'drivers = ["asyncpg"]\nexpect'),
        "claims.toml",
        1,
        "does not run on ['asyncpg']",
    ),
    "claim of nothing": (
        replace(CLAIMS, '{ check = "prints", texts = ["one after another: True"] }', ""),
        "claims.toml",
        1,
        "what must be observed",
    ),
    "check unknown": (
        replace(CLAIMS, '"prints"', '"shouts"'),
        "claims.toml",
        5,
        "Invalid value 'shouts'",
    ),
    "check of a phase nobody makes": (
        replace(
            CLAIMS,
            'check = "prints", texts = ["one after another: True"]',
            'check = "statuses", phase = "x"',
        ),
        "claims.toml",
        1,
        "there is no phase 'x'",
    ),
    "check that SQLite cannot tell": (
        replace(
            CLAIMS,
            'check = "prints", texts = ["one after another: True"]',
            'check = "statements_at_most", number = 1',
        ),
        "claims.toml",
        1,
        "only Postgres tells it",
    ),
    "check of what is looked at after phases": (
        replace(
            CLAIMS,
            'check = "prints", texts = ["one after another: True"]',
            'check = "nothing_left_open"',
        ),
        "claims.toml",
        1,
        "there are no phases",
    ),
    "often wrong without what is said": (
        replace(CLAIMS, "expect", 'badge = "often wrong"\nexpect'),
        "claims.toml",
        1,
        "go together",
    ),
    "releases of something that is said to hold everywhere": (
        replace(CLAIMS, "expect", 'only_on = ["sqlalchemy>=2.1"]\nexpect'),
        "claims.toml",
        1,
        "its badge is version-dependent",
    ),
    "releases of nothing we have": (
        replace(CLAIMS, "expect", 'only_on = ["numpy>=2"]\nbadge = "version-dependent"\nexpect'),
        "claims.toml",
        1,
        "is about none of sqlalchemy",
    ),
    "badge unknown": (
        replace(CLAIMS, "expect", 'badge = "nice"\nexpect'),
        "claims.toml",
        5,
        "nice",
    ),
    "cell behind nothing": (
        several(
            write("01-first/claims/11-x.py", "print(1)\n"),
            write(
                CLAIMS, '[[cells]]\nfile = "11-x.py"\ntitle = "X"\nkind = "demo"\ndrivers = []\n'
            ),
            replace(CARD, "{claim: one-after-another}", ""),
        ),
        "claims.toml",
        2,
        "neither a claim nor a follow-up uses 11-x.py",
    ),
    "cell not listed": (write("01-first/claims/11-x.py", ""), "11-x.py", 0, "not listed"),
    "follow-up without its cell": (
        replace(ASKED, "02-cure.py", "09-no.py"),
        "follow-ups.toml",
        1,
        "there is no cell '09-no.py'",
    ),
    "follow-up that asks nothing": (
        replace(ASKED, "fails?", "fails."),
        "follow-ups.toml",
        1,
        "a question with an answer",
    ),
    "exercise with an unknown key": (
        replace(EXERCISE, "hints", "hint"),
        "exercise.toml",
        9,
        "unknown field `hint`",
    ),
    "exercise of an unknown kind": (
        replace(EXERCISE, '"code"', '"essay"'),
        "exercise.toml",
        2,
        "essay",
    ),
    "exercise without a goal": (
        replace(
            EXERCISE,
            "`/both` waits for two things of 1 s, one after the other. Let the waits overlap.",
            "",
        ),
        "exercise.toml",
        3,
        "the goal is empty",
    ),
    "exercise of an unknown profile": (
        replace(EXERCISE, "drivers", 'profile = "huge"\ndrivers'),
        "exercise.toml",
        13,
        "huge",
    ),
    "exercise of too many workers": (
        replace(EXERCISE, "drivers", "workers = 9\ndrivers"),
        "exercise.toml",
        13,
        "not 1 to 4",
    ),
    "no request": (
        replace(EXERCISE, '"/both" }', '"both" }'),
        "exercise.toml",
        15,
        "is no request",
    ),
    "too many requests": (
        replace(EXERCISE, '"/both" }', '"/both", repeat = 99 }'),
        "exercise.toml",
        15,
        "repeat is not 1 to 64",
    ),
    "check of an unknown phase": (
        replace(
            EXERCISE,
            'check = "responds_after"\nphase = "ask"',
            'check = "responds_after"\nphase = "no"',
        ),
        "exercise.toml",
        24,
        "there is no phase 'no'",
    ),
    "check of an unknown read": (
        replace(
            EXERCISE,
            'check = "responds_after"\nphase = "ask"\nms = 950',
            'check = "rows_equal"\nread = "no"\nrows = []',
        ),
        "exercise.toml",
        24,
        "there is no read 'no'",
    ),
    "check without a bound": (
        replace(EXERCISE, "ms = 950", ""),
        "exercise.toml",
        24,
        "give ms",
    ),
    "two checks of one name": (
        replace(EXERCISE, '"responds_after"', '"responds_within"'),
        "exercise.toml",
        0,
        "the check 'responds_within' is given twice",
    ),
    "only checks from inside": (
        several(
            write(
                EXERCISE,
                'title = "T"\nkind = "code"\ngoal = "G"\nwhy = "W"\nhints = []\n'
                'drivers = []\nchecks = [{ check = "prints", texts = ["x"] }]\n',
            ),
            remove(f"{BELOW}/mistakes/no-wait.py"),
            remove(f"{BELOW}/mistakes/await-in-turn.py"),
        ),
        "exercise.toml",
        7,
        "add one from outside",
    ),
    "mistake of one of several checks, one of them unknown": (
        replace(EXERCISE, 'fails = ["responds_after"]', 'fails_one_of = ["responds_after", "no"]'),
        "exercise.toml",
        34,
        "no check is called 'no'",
    ),
    "mistake of an unknown check": (
        replace(EXERCISE, '["responds_after"]', '["no"]'),
        "exercise.toml",
        34,
        "no check is called 'no'",
    ),
    "mistake that is missing": (remove(f"{BELOW}/mistakes/no-wait.py"), "no-wait.py", 0, "missing"),
    "mistake not listed": (write(f"{BELOW}/mistakes/x.py", ""), "x.py", 0, "not listed"),
    "mistake outside": (
        replace(EXERCISE, '"no-wait.py"', '"../starter.py"'),
        "exercise.toml",
        34,
        "is no name of a .py file",
    ),
    "mistake without a message": (
        replace(EXERCISE, '"The answer came before anything was waited for."', '" "'),
        "exercise.toml",
        34,
        "no message of its own",
    ),
    "solution that does not compile": (
        write(f"{BELOW}/solution.py", "a = 1\nb = (\n"),
        "solution.py",
        2,
        "never closed",
    ),
    "no solution": (remove(f"{BELOW}/solution.py"), "solution.py", 0, "missing"),
    "stray file": (write(f"{BELOW}/checks.py", ""), "checks.py", 0, "not listed"),
    "badly named exercise": (
        write("01-first/exercises/Second/exercise.toml", ""),
        "Second",
        0,
        "no such folder",
    ),
    "nothing to predict": (
        as_kind('kind = "predict"\n'),
        "exercise.toml",
        0,
        "nothing to predict",
    ),
    "prediction without an answer": (
        as_kind(PREDICT, write(f"{BELOW}/solution.toml", "")),
        "solution.toml",
        1,
        "there is no answer to 'How?'",
    ),
    "line behind the end": (
        as_kind('kind = "line"\n', write(f"{BELOW}/solution.toml", "lines = [99]")),
        "solution.toml",
        1,
        "numbers from 1 to 13",
    ),
    "lines without their place": (
        as_order(ORDER, write(f"{BELOW}/starter.py", "print(b)\n")),
        "exercise.toml",
        7,
        "needs one line",
    ),
    "an empty line to be put in order": (
        as_order(ORDER.replace("a = 1", "")),
        "exercise.toml",
        9,
        "a line is empty",
    ),
    "a line too deep for its learner": (
        as_order(ORDER.replace("a = 1", "  a = 1") + "sets_indent = true\n"),
        "exercise.toml",
        9,
        "begin it without",
    ),
    "one line to be put in order": (
        as_order('kind = "order"\nlines = "a = 1"\n'),
        "exercise.toml",
        7,
        "1 lines are not 2 to 30",
    ),
    "lines of another kind": (
        replace(EXERCISE, 'kind = "code"', 'kind = "code"\nlines = "a = 1"'),
        "exercise.toml",
        3,
        "only the kind order has lines",
    ),
    "solution of other lines": (
        as_order(ORDER, write(f"{BELOW}/solution.py", "d = 0\na = 1\nb = 2\nprint(b)\n")),
        "solution.py",
        3,
        "'b = 2' is none of the lines",
    ),
    "mistake of a line that is there once": (
        as_order(ORDER, write(f"{BELOW}/mistakes/wrong.py", "d = 0\na = 1\na = 1\nprint(b)\n")),
        "wrong.py",
        3,
        "'a = 1' is none of the lines that are left",
    ),
    "solution in another program": (
        as_order(ORDER, write(f"{BELOW}/solution.py", "d = 1\na = 1\nb = a\nprint(b)\n")),
        "solution.py",
        0,
        "not that of starter.py",
    ),
    "mistake that the learner begins with": (
        as_order(
            ORDER, write(f"{BELOW}/mistakes/wrong.py", "d = 0\nb = a\na = 1\nc = 3\nprint(b)\n")
        ),
        "wrong.py",
        0,
        "what the learner begins with",
    ),
    "broken checked.toml": (write("checked.toml", "checked = 1"), "checked.toml", 1, "Expected"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_with_file_and_line(folder: Path, name: str) -> None:
    slip, file, line, message = SLIPS[name]
    slip(folder)
    with pytest.raises(PackError) as refused:
        load_pack(folder)
    assert (refused.value.file.name, refused.value.line) == (file, line), refused.value
    assert message in refused.value.message


def test_a_prediction_and_a_line_load(folder: Path) -> None:
    as_kind(PREDICT)(folder)
    (exercise,) = load_card(folder).exercises
    assert not exercise.is_code
    assert exercise.code_to_run("anything") == exercise.starter


def test_lines_to_be_put_in_order_load(folder: Path) -> None:
    as_order(ORDER)(folder)
    (exercise,) = load_card(folder).exercises
    assert exercise.is_code
    assert exercise.starter == "d = 0\nb = a\na = 1\nc = 3\nprint(b)\n"


def test_a_claims_digest_is_of_what_decides_it(folder: Path) -> None:
    (before,) = load_card(folder).claims
    replace(CLAIMS, "Two waits", "Just two waits")(folder)
    assert load_card(folder).claims[0].digest == before.digest
    replace("01-first/cells/01-trap.py", "0.1", "0.2")(folder)
    changed = load_card(folder).claims[0].digest
    assert changed != before.digest
    replace(CLAIMS, "one after another: True", "one after another")(folder)
    assert load_card(folder).claims[0].digest not in (before.digest, changed)
