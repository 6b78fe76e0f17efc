"""What a page's form sends as an answer, and what is made of it. All of it is hostile."""

import json
from datetime import date
from typing import Any

import pytest

from exercises.answers import AnswerRefused, compose, read_answer
from exercises.exercise import Prediction
from playground.runs import ending, messages
from playground.runs.grading import Grade
from playground.runs.messages import CheckAnswer
from playground.runs.under_way import UnderWay
from sandbox.protocol import RunRecord, RunRequest
from tests.records import exercise

NUMBER = Prediction("count", "How many?", "responses", "together")
WORD = Prediction("error", "Which?", "error")
GUESS = exercise(kind="predict", predictions=(NUMBER, WORD))
LINE = exercise(kind="line", solution="lines = [2]")


def decode(**fields: Any) -> CheckAnswer:
    place = {"action": "check", "pack": "p", "card": "c", "cell": "exercise-e"}
    message = messages.decode(json.dumps({**place, **fields}))
    assert isinstance(message, CheckAnswer)
    return message


def test_fields_of_a_form_are_an_answer() -> None:
    fields = {"predict-count": "15", "predict-error": "TimeoutError", "HEADERS": {"a": "b"}}
    answer = compose(GUESS, decode(**fields).foretold)
    assert read_answer(GUESS, answer) == {"count": 15, "error": "TimeoutError"}


def test_one_prediction_can_be_asked_for_alone() -> None:
    narrowed = GUESS.narrowed_to("error")
    assert narrowed
    assert narrowed.predictions == (WORD,)
    assert GUESS.narrowed_to("nothing") is None
    assert exercise(kind="code").narrowed_to("error") is None
    assert LINE.narrowed_to("lines") == LINE
    assert decode(asked="error").asked == "error"


def test_lines_are_read_however_they_are_written() -> None:
    answer = compose(LINE, decode(**{"predict-lines": "line 3, and 1"}).foretold)
    assert read_answer(LINE, answer) == {"lines": [1, 3]}


@pytest.mark.parametrize(
    "said",
    [
        '"\nerror = 1',
        "1_000",
        "0x10",
        "inf",
        "nan",
        "-1",
        "9" * 40,
        "\0",
        "]",
        "1e9",
        "٣",
        "'" * 999,
    ],
)
def test_what_is_no_number_is_refused_and_says_nothing_else(said: str) -> None:
    answer = compose(GUESS, {"count": said, "error": "none"})
    with pytest.raises(AnswerRefused, match=r"'How many\?' is a number|no answer to 'How many"):
        read_answer(GUESS, answer)


@pytest.mark.parametrize("said", ['none"\ncount = 7', "no\\ne", "x" * 9999, "\x7f", "é", "#"])
def test_a_word_stays_one_word(said: str) -> None:
    read = read_answer(GUESS, compose(GUESS, {"count": "1", "error": said}))
    assert read["count"] == 1
    assert isinstance(read["error"], str)


@pytest.mark.parametrize("value", [1, None, {"a": 1}, ["x"]])
def test_a_field_that_is_no_text_is_left_out(value: object) -> None:
    assert decode(**{"predict-count": value}).foretold == {}


def test_too_much_code_is_refused() -> None:
    with pytest.raises(messages.NotOurs, match="longer than"):
        decode(code="x" * 70_000)


def test_what_another_field_claims_to_be_foretold_is_not() -> None:
    assert decode(foretold={"count": "15"}).foretold == {}


async def test_what_a_quiz_proves_is_no_attempt() -> None:
    """Without a database to write to, and of an exercise that is not there."""
    message = decode(asked="count")
    run = UnderWay("learner", RunRequest("proof", ""), message, date(2026, 11, 26))
    await ending.keep_attempt(run, Grade([], None, RunRecord("completed", "nobody", "")))
