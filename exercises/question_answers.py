"""What was answered to a question, read by its form. What learners send is hostile."""

from __future__ import annotations

import math
import re
from typing import Final

import msgspec

from exercises.files import digest_of
from exercises.question import Question

MAX_CHARACTERS: Final = 200
MAX_PARTS: Final = 60
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?", re.ASCII)

Given = list[str] | list[int] | str | float


class Option(msgspec.Struct, frozen=True):
    """A choice or a line to put in order; its key tells nothing of whether or where it belongs."""

    key: str
    text: str


class GivenRefused(Exception):
    """No answer of the form that the question has; the text is for whoever gave it."""


def read_given(question: Question, answer: object) -> Given:
    """The answer in the form that its question has. Raises GivenRefused."""
    match question.kind:
        case "cell":
            raise GivenRefused("This question is answered by running its cell.")
        case "predict":
            return _word(question, answer)
        case "line":
            lines = [each for each in _parts(answer) if type(each) is int]
            last = question.first_line + question.code.count("\n")
            if len(lines) < len(_parts(answer)) or not set(lines) <= set(
                range(question.first_line, last)
            ):
                raise GivenRefused("Pick lines of the code.")
            return sorted(set(lines))
        case "fill":
            texts = [_short(each) for each in _parts(answer)]
            if len(texts) != len(question.blanks) or not all(map(str.strip, texts)):
                raise GivenRefused("Fill every blank.")
            return texts
        case _:
            return _picked(question, _parts(answer))


def _picked(question: Question, parts: list[object]) -> list[str]:
    """The texts of the options with these keys, lines in their order."""
    known = {option.key: option.text for option in options_of(question)}
    keys = [each for each in parts if isinstance(each, str) and each in known]
    if len(keys) < len(parts) or len(set(keys)) < len(keys):
        raise GivenRefused("That is none of the choices, or one of them twice.")
    if question.kind == "order" and len(keys) < len(known):
        raise GivenRefused("Put every line in its place.")
    return [known[key] for key in keys]


def _parts(answer: object) -> list[object]:
    if not isinstance(answer, list | tuple) or not answer or len(answer) > MAX_PARTS:
        raise GivenRefused("There is no answer yet.")
    return list(answer)


def _short(given: object) -> str:
    if not isinstance(given, str) or len(given) > MAX_CHARACTERS:
        raise GivenRefused(f"An answer is a text of at most {MAX_CHARACTERS} characters.")
    return given


def _word(question: Question, answer: object) -> str | float:
    if question.number is None:
        text = _short(answer)
        if not text.strip():
            raise GivenRefused("There is no answer yet.")
        return text
    if isinstance(answer, str) and _NUMBER.fullmatch(answer[:MAX_CHARACTERS].strip()):
        answer = float(answer)
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise GivenRefused("The answer is a number.")
    if not abs(answer) < 1e10 or not math.isfinite(answer):
        raise GivenRefused("The answer is a number, and a smaller one.")
    return float(answer)


def key_of(question: Question, text: str, nth: int = 0) -> str:
    """What a page calls this choice or line, the ``nth`` of those alike."""
    return digest_of(question.id, text, str(nth))[:10]


def options_of(question: Question) -> list[Option]:
    """In the author's order; lines that are alike count up, so that each has a key."""
    texts = [each.text for each in question.choices]
    texts += question.orders[0] if question.orders else ()
    return [
        Option(key_of(question, text, texts[:place].count(text)), text)
        for place, text in enumerate(texts)
    ]
