"""Answers that are not code: predictions and lines, as TOML. What learners send is hostile."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Final

from exercises.exercise import Exercise, Prediction

MAX_ANSWER_CHARACTERS: Final = 4000
MAX_WORD_CHARACTERS: Final = 200
LINES: Final = "lines"
_WHOLE: Final = r"(?<!\d)[1-9]\d{0,5}(?!\d)"
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,8}|(?:0|[1-9]\d{0,8})\.\d{1,3}", re.ASCII)

Answer = dict[str, object]


class AnswerRefused(Exception):
    """An answer that cannot be read; the text says what is wrong with it."""


def read_answer(exercise: Exercise, text: str) -> Answer:
    """What was answered, by prediction id, or under "lines". Raises AnswerRefused."""
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise AnswerRefused(f"the answer is over {MAX_ANSWER_CHARACTERS} characters")
    try:
        answer = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise AnswerRefused(f"the answer cannot be read: {error}") from error
    if exercise.kind == "line":
        return {LINES: _lines(exercise, answer)}
    for prediction in exercise.predictions:
        _check(prediction, answer.get(prediction.id))
    return {each.id: answer[each.id] for each in exercise.predictions}


def compose(exercise: Exercise, given: Mapping[str, str]) -> str:
    """The answer that a form's fields are, to be read by ``read_answer``."""
    if exercise.kind == "line":
        return f"{LINES} = [{', '.join(re.findall(_WHOLE, given.get(LINES, '')))}]"
    found = [each for each in exercise.predictions if given.get(each.id, "").strip()]
    return "".join(f"{each.id} = {_literal(each, given[each.id].strip())}\n" for each in found)


def _literal(prediction: Prediction, text: str) -> str:
    """A number as it is; all else as a text without what would end it."""
    is_text = prediction.choices or prediction.quantity == "error"
    if not is_text and _NUMBER.fullmatch(text):
        return text
    return '"' + re.sub(r'["\\\x00-\x1f\x7f]', "", text[:MAX_WORD_CHARACTERS]) + '"'


def _lines(exercise: Exercise, answer: Answer) -> list[int]:
    lines, last = answer.get(LINES), exercise.starter.count("\n") + 1
    if not isinstance(lines, list) or not lines:
        raise AnswerRefused("name at least one line, as in lines = [3]")
    if not all(type(line) is int and 1 <= line <= last for line in lines):
        raise AnswerRefused(f"the lines are numbers from 1 to {last}")
    return sorted(set(lines))


def _check(prediction: Prediction, given: object) -> None:
    if given is None:
        raise AnswerRefused(f"there is no answer to {prediction.question!r}")
    is_text = prediction.quantity == "error" or prediction.choices
    if prediction.quantity == "value" and not prediction.choices:
        return
    if is_text and not isinstance(given, str):
        raise AnswerRefused(f"the answer to {prediction.question!r} is a word in quotes")
    if not is_text and (isinstance(given, bool) or not isinstance(given, int | float)):
        raise AnswerRefused(f"the answer to {prediction.question!r} is a number")
    if prediction.choices and given not in prediction.choices:
        raise AnswerRefused(f"{given!r} is none of the choices: {', '.join(prediction.choices)}")
