"""The questions of a self-quiz: which there are, what a page may show, and grading. Pure.

A page lists ``list_questions(card)``, shows ``present(question, seed)`` and nothing else of it,
sends back what was answered, and shows ``grade(question, answer)`` with the explanation and a run
of ``question.evidence``. Answers, as they come from JSON:

- ``choose``: keys of the options picked; ``order``: keys of the options, from the top;
- ``fill``: a text for each blank; ``line``: numbers of lines as the excerpt has them;
- ``predict``: a number or a text;
- ``cell``: none. The exercise ``question.exercise`` is answered and judged as on its card.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

import msgspec

from exercises.made_questions import make_from_claims, make_from_exercise
from exercises.model import Card
from exercises.question import BLANK, Question, QuestionKind, Wrong, without_comments
from exercises.question_answers import Given, GivenRefused, Option, key_of, options_of, read_given


class Presented(msgspec.Struct, frozen=True):
    """What a page may show before the answer. ``picks`` is how many options or lines are right,
    ``is_number`` whether a number is predicted.
    """

    id: str
    kind: QuestionKind
    prompt: str
    code: str
    first_line: int
    options: tuple[Option, ...]
    tokens: tuple[str, ...]
    blanks: int
    picks: int
    is_number: bool
    exercise: str


class Graded(msgspec.Struct, frozen=True):
    """``feedback`` says what of the answer is wrong, ``given`` and ``expected`` are for reading."""

    right: bool
    feedback: str
    given: str
    expected: str


def list_questions(card: Card) -> list[Question]:
    """What its author wrote, then what its claims and exercises make."""
    made = [
        *make_from_claims(card),
        *(q for each in card.exercises for q in make_from_exercise(each)),
    ]
    used = {each.claim for each in card.questions if each.kind == "choose"}
    return [*card.questions, *(each for each in made if not each.claim or each.claim not in used)]


def present(question: Question, seed: str) -> Presented:
    """The same for the same seed; without anything of the answer."""
    shuffled = random.Random(f"{seed}/{question.id}")  # noqa: S311 - nothing is kept secret by it
    options = options_of(question)
    tokens = list(question.tokens)
    shuffled.shuffle(options)
    shuffled.shuffle(tokens)
    if question.kind == "order" and tuple(o.text for o in options) in question.orders:
        options.reverse()
    code = "" if question.kind == "order" else question.code
    for blank in question.blanks:
        code = code.replace(blank.text, BLANK)
    right = [each for each in question.choices if each.right] or question.lines
    return Presented(
        id=question.id,
        kind=question.kind,
        prompt=question.prompt,
        code=code,
        first_line=question.first_line,
        options=tuple(options),
        tokens=tuple(tokens),
        blanks=len(question.blanks),
        picks=len(right),
        is_number=question.number is not None,
        exercise=question.exercise,
    )


def grade(question: Question, answer: object) -> Graded:
    """Whatever comes is hostile: what is no answer is wrong, with a sentence."""
    expected = _expected(question)
    try:
        given = read_given(question, answer)
    except GivenRefused as refused:
        return Graded(False, str(refused), "", expected)
    right = _is_right(question, given)
    feedback = "" if right else _feedback(question, given)
    return Graded(right, feedback, _shown(given), expected)


def right_answer(question: Question) -> object:
    """An answer that is right, as a page would send it."""
    match question.kind:
        case "choose":
            return [key_of(question, each.text) for each in question.choices if each.right]
        case "order":
            return [option.key for option in options_of(question)]
        case "fill":
            return [blank.text for blank in question.blanks]
        case "line":
            return list(question.lines)
        case _:
            return question.accepts[0] if question.accepts else question.number


def find_fault(question: Question) -> str:
    """Why it is not as promised: what is right is graded right, each wrong answer by its own words.

    Empty when all is well, and for a live cell, whose exercise proves itself.
    """
    if question.kind == "cell":
        return ""
    if not grade(question, right_answer(question)).right:
        return "its own answer is graded wrong"
    wrong: list[tuple[object, str]] = [
        ([key_of(question, each.text)], each.feedback)
        for each in question.choices
        if not each.right
    ]
    wrong += [(_as_sent(question, each), each.feedback) for each in question.wrong]
    for answer, feedback in wrong:
        graded = grade(question, answer)
        if graded.right:
            return f"{_shown(answer)} is to be wrong, and is graded right"
        if graded.feedback != feedback:
            return f"{_shown(answer)} gets the feedback of another: {graded.feedback!r}"
    return ""


def fill_in(question: Question, code: str, answers: Iterable[str]) -> str:
    """The whole code of the cell with these answers in place of the blanks."""
    lines = without_comments(code).splitlines(keepends=True)
    start = question.first_line - 1
    end = start + question.code.count("\n")
    shown = "".join(lines[start:end])
    at = 0
    for blank, answer in zip(question.blanks, answers, strict=True):
        at = shown.index(blank.text, at)
        shown = shown[:at] + answer + shown[at + len(blank.text) :]
        at += len(answer)
    return "".join(lines[:start]) + shown + "".join(lines[end:])


def _is_right(question: Question, given: Given) -> bool:
    match question.kind:
        case "choose":
            assert isinstance(given, list)
            return set(given) == {each.text for each in question.choices if each.right}
        case "order":
            assert isinstance(given, list)
            return tuple(given) in question.orders
        case "line":
            return given == sorted(set(question.lines))
        case "fill":
            assert isinstance(given, list)
            pairs = zip(given, question.blanks, strict=True)
            return all(
                _plain_code(str(text)) in map(_plain_code, (b.text, *b.also)) for text, b in pairs
            )
        case _:
            return _is_foretold(question, given)


def _is_foretold(question: Question, given: object) -> bool:
    if question.number is None:
        return _plain_word(str(given)) in map(_plain_word, question.accepts)
    assert isinstance(given, float)
    if question.number <= 0 or given <= 0 or question.factor == 1:
        return given == question.number
    low, high = sorted((given, question.number))
    return high / low <= question.factor


def _plain_code(text: str) -> str:
    """One way of writing: spaces and the kind of quotes do not count, but part words."""
    spaced = re.sub(r"\s+", " ", text.strip()).replace("'", '"')
    return re.sub(r" ?([^\w ]) ?", r"\1", spaced)


def _plain_word(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" .\"'`").casefold()


def _feedback(question: Question, given: Given) -> str:
    if question.kind == "choose":
        assert isinstance(given, list)
        picked = [c for c in question.choices if not c.right and c.text in given]
        left_out = [c for c in question.choices if c.right and c.text not in given]
        return " ".join(c.feedback for c in picked or left_out) or "There is more to pick."
    for each in question.wrong:
        try:
            foreseen = read_given(question, _as_sent(question, each))
        except GivenRefused:
            continue
        if _plain(foreseen) == _plain(given):
            return each.feedback
    return "That is not it. Run the evidence and compare."


def _plain(given: object) -> object:
    if isinstance(given, list):
        return [_plain_code(each) if isinstance(each, str) else each for each in given]
    return _plain_word(given) if isinstance(given, str) else given


def _as_sent(question: Question, wrong: Wrong) -> object:
    """A foreseen wrong order is written as numbers of the lines, from 1."""
    if question.kind != "order" or not isinstance(wrong.answer, tuple):
        return list(wrong.answer) if isinstance(wrong.answer, tuple) else wrong.answer
    keys = [option.key for option in options_of(question)]
    return [keys[n - 1] if isinstance(n, int) and 0 < n <= len(keys) else "" for n in wrong.answer]


def _expected(question: Question) -> str:
    match question.kind:
        case "choose":
            return "\n".join(each.text for each in question.choices if each.right)
        case "order":
            return "\n".join(question.orders[0])
        case "cell":
            return ""
        case _:
            return _shown(right_answer(question))


def _shown(given: object) -> str:
    if isinstance(given, list):
        return ", ".join(map(str, given))
    return f"{given:g}" if isinstance(given, float) else str(given)
