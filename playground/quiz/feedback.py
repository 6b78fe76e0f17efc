"""What a page says once a question was answered, and what is run to prove it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.safestring import SafeString

from exercises.answers import LINES
from exercises.exercise import Exercise
from exercises.model import Cell
from exercises.question import Question
from exercises.question_answers import GivenRefused, options_of, read_given
from exercises.questions import grade, right_answer
from playground.catalog import markdown
from playground.catalog.claims import anchor_of_cell
from playground.quiz.items import Item


class Told(NamedTuple):
    """``given`` and ``expected`` are parts of answers, of code where ``is_code`` says so; ``why``
    is empty where it would only say the right answer again.
    """

    sentence: SafeString
    given: list[str]
    expected: list[str]
    is_code: bool
    near: str
    why: SafeString


class Evidence(NamedTuple):
    """A cell to run, or the exercise that the question was made of, narrowed to what it asked.

    ``given`` is what its field begins with; ``anchor`` is the place on the card's page.
    """

    cell: Cell | None
    driver: str
    exercise: Exercise | None
    asked: str
    given: str
    anchor: str


def tell(item: Item, given: object) -> Told:
    """Of the answer as it was kept; None is who did not know."""
    question = item.question
    is_cell = question.kind == "cell"
    sentence = "" if given is None or is_cell else grade(question, given).feedback
    expected = [] if is_cell else list_parts(question, right_answer(question))
    is_said = markdown.render_inline(question.explanation) in expected
    factor = f"within a factor of {question.factor:g}" if question.factor > 1 else ""
    return Told(
        markdown.render_inline(sentence),
        [] if given is None else list_parts(question, given),
        expected,
        question.kind in ("fill", "line", "order"),
        factor,
        SafeString("") if is_said else markdown.render(question.explanation),
    )


def find_evidence(item: Item, given: object) -> Evidence:
    """What the page offers to run, with this answer."""
    card, question = item.card, item.question
    if cell := card.cell(question.evidence):
        claim = card.claim(question.claim)
        driver = next(iter(claim.drivers), "") if claim else ""
        return Evidence(cell, driver, None, "", "", anchor_of_cell(card, cell.slug))
    exercise = item.exercise
    anchor = f"cell-{exercise.place}" if exercise else ""
    if exercise is None or exercise.is_code:
        return Evidence(None, "", None, "", "", anchor)
    asked = _asked_of(question, exercise)
    parts = [] if given is None else list_parts(question, given, with_code=False)
    narrowed = exercise.narrowed_to(asked)
    return Evidence(None, "", narrowed, asked, ", ".join(parts), anchor)


def list_parts(question: Question, answer: object, *, with_code: bool = True) -> list[str]:
    """An answer for reading; what an author wrote of it is rendered."""
    if question.kind == "cell":
        return []
    if question.kind == "choose":
        texts = {option.key: option.text for option in options_of(question)}
        keys = answer if isinstance(answer, list) else []
        shown = [texts[key] for key in keys if key in texts]
        return [markdown.render_inline(each) for each in shown] if with_code else shown
    try:
        given = read_given(question, answer)
    except GivenRefused:
        return []
    if isinstance(given, float):
        return [f"{given:g}"]
    if isinstance(given, str):
        return [given]
    if question.kind == "line" and with_code:
        lines = question.code.split("\n")
        return [f"{n:>3}  {lines[n - question.first_line]}" for n in map(int, given)]
    return list(map(str, given))


def _asked_of(question: Question, exercise: Exercise) -> str:
    if exercise.kind == "line":
        return LINES
    return question.id.removeprefix(f"exercise-{exercise.slug}-")
