"""Questions of the self-quiz: loading, what may be shown, and grading of whatever comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.claims import Claim
from exercises.front_matter import PackError
from exercises.loader import BUILT_IN, load_packs
from exercises.model import Cell, Expectation
from exercises.question import Question
from exercises.question_loader import Proofs, load_questions
from exercises.questions import fill_in, find_fault, grade, list_questions, present, right_answer

CODE = "first()\nawait second()  # here\nawait third('x')\n"
HEAD = '[[questions]]\nid = "one"\nprompt = "P"\nexplanation = "E"\nclaim = "holds"\n'
FILL = 'kind = "fill"\nexcerpt = [2, 3]\nblanks = [{ text = "second()", also = ["other()"] }]\n'
CHOOSE = """kind = "choose"
choices = [
  { text = "a", right = true },
  { text = "b", feedback = "not b" },
  { text = "c", feedback = "not c" },
]
"""
ORDER = 'kind = "order"\nexcerpt = [1, 3]\nwrong = [{ answer = [2, 1, 3], feedback = "no" }]\n'
LINE = 'kind = "line"\nexcerpt = [2, 3]\nlines = [2]\nwrong = [{ answer = [3], feedback = "no" }]\n'
PREDICT = 'kind = "predict"\naccepts = ["ValueError"]\n'
NUMBER = 'kind = "predict"\nnumber = 100\nfactor = 2\n'

CARDS = [card for pack in load_packs([BUILT_IN]).values() for card in pack.cards]
EVERY = [question for card in CARDS for question in list_questions(card)]
answers = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def load(folder: Path, text: str) -> Question:
    (folder / "questions.toml").write_text(HEAD + text)
    claim = Claim("holds", "It holds.", "cell", (), ())
    expect = Expectation("raised", error="ValueError")
    cell = Cell("cell", "A cell", "demo", CODE, (), "default", expect, "01-cell.py", "")
    proofs = Proofs((claim,), (), (cell,))
    return load_questions(folder, proofs)[0]


@pytest.mark.parametrize("text", [FILL, CHOOSE, ORDER, LINE, PREDICT, NUMBER])
def test_an_authors_own_answers_are_graded_as_promised(tmp_path: Path, text: str) -> None:
    question = load(tmp_path, text)
    assert find_fault(question) == ""
    assert grade(question, right_answer(question)).right
    assert not grade(question, []).right


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CHOOSE.replace('"not b"', '""'), "no feedback"),
        (CHOOSE.replace(", right = true", ', feedback = "x"'), "one wrong"),
        (FILL.replace("second()", "fourth()", 1), "exactly once"),
        (FILL.replace("[2, 3]", "[2, 9]"), "excerpt"),
        (LINE.replace("lines = [2]", "lines = [1]"), "lines of the excerpt"),
        (ORDER + "orders = [[1, 1, 2]]\n", "each line"),
        (PREDICT.replace("ValueError", "TypeError"), "expects"),
        (PREDICT + "lines = [1]\n", "belongs to the kind line"),
        ('kind = "cell"\nexercise = "none"\n', "exercises of code"),
    ],
)
def test_an_authors_slip_is_told_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PackError, match=complaint) as raised:
        load(tmp_path, text)
    assert (raised.value.file.name, raised.value.line) == ("questions.toml", 1)


def test_a_question_rests_on_a_claim(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="rests on a claim"):
        load(tmp_path, CHOOSE + 'claim = "unknown"\n'.replace("claim", "exercise"))


def test_blanks_are_filled_for_the_run(tmp_path: Path) -> None:
    question = load(tmp_path, FILL)
    assert present(question, "s").code == "await ____\nawait third('x')\n"
    assert fill_in(question, CODE, ["other()"]) == "first()\nawait other()\nawait third('x')\n"


@pytest.mark.parametrize("written", ["second()", " second( ) ", "second ()", "other()"])
def test_spaces_do_not_count_in_what_is_filled_in(tmp_path: Path, written: str) -> None:
    assert grade(load(tmp_path, FILL), [written]).right


def test_words_and_numbers_are_read_kindly(tmp_path: Path) -> None:
    assert grade(load(tmp_path, PREDICT), " valueerror. ").right
    question = load(tmp_path, NUMBER)
    assert [grade(question, each).right for each in (49, 50, "200", 201)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_wrong_choice_gets_its_own_feedback(tmp_path: Path) -> None:
    question = load(tmp_path, CHOOSE)
    keys = {option.text: option.key for option in present(question, "s").options}
    assert grade(question, [keys["b"]]).feedback == "not b"
    assert not grade(question, [keys["a"], keys["b"]]).right


def test_the_seed_alone_shuffles(tmp_path: Path) -> None:
    question = load(tmp_path, ORDER)
    assert present(question, "1") == present(question, "1")
    for seed in map(str, range(20)):
        shown = [option.text for option in present(question, seed).options]
        assert tuple(shown) not in question.orders
        assert sorted(shown) == sorted(question.orders[0])


def test_what_is_shown_tells_no_answer() -> None:
    for question in EVERY:
        presented = present(question, "seed")
        shown = msgspec.json.encode(presented).decode()
        texts = [each.feedback for each in question.choices]
        texts += [each.feedback for each in question.wrong]
        texts += [question.explanation] if question.is_authored else []
        assert [each for each in texts if each and each in shown] == []
        assert not any(blank.text in presented.code for blank in question.blanks)


def test_every_question_is_graded_as_promised() -> None:
    assert [each.id for each in EVERY if find_fault(each)] == []


@settings(max_examples=60)
@given(st.sampled_from(EVERY), answers)
def test_whatever_comes_is_answered_with_a_sentence(question: Question, answer: Any) -> None:
    graded = grade(question, answer)
    assert graded.right or graded.feedback.strip()
    assert len(graded.given) <= 10_000


def test_ids_are_given_once_a_card() -> None:
    for card in CARDS:
        ids = [each.id for each in list_questions(card)]
        assert len(set(ids)) == len(ids)
