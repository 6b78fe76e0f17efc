"""Questions as forms: every question of the packs can be answered by its form alone."""

from __future__ import annotations

import html
import re

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from exercises.question import Question
from exercises.questions import grade, list_questions, present, right_answer
from playground.progress.question_forms import ask, read_answer
from tests.attempts import PACK

QUESTIONS = [
    question for card in PACK.cards for question in list_questions(card) if question.kind != "cell"
]


def render(question: Question) -> str:
    return render_to_string("progress/question.html", {"asked": ask(question, "seed")})


def list_kind(kind: str) -> list[Question]:
    found = [question for question in QUESTIONS if question.kind == kind]
    assert found
    return found


def fill_in(question: Question) -> list[str]:
    """What a browser would send for the right answer."""
    right = right_answer(question)
    if question.kind == "order":
        return ["\r\n".join(question.orders[0]) + "\r\n"]
    return [str(one) for one in right] if isinstance(right, list) else [f"{right}"]


@pytest.mark.parametrize("kind", ["choose", "fill", "line", "order", "predict"])
def test_a_form_takes_the_right_answer(kind: str) -> None:
    for question in list_kind(kind):
        expect_right(question)


def expect_right(question: Question) -> None:
    page = render(question)
    sent = QueryDict(mutable=True)
    sent.setlist("answer", fill_in(question))
    assert grade(question, read_answer(question, sent)).right
    offered = re.findall(r'type="(?:radio|checkbox)" name="answer" value="([^"]+)"', page)
    if question.kind in ("choose", "line"):
        assert set(sent.getlist("answer")) < set(offered)
    elif question.kind == "fill":
        fields = re.findall(r'<(?:select|input) name="answer" aria-label="Blank (\d)"', page)
        assert fields == [f"{number + 1}" for number in range(len(question.blanks))]
        options = html.unescape(page)
        assert all(f"<option>{one}</option>" in options for one in question.tokens if one)
    else:
        assert page.count('name="answer"') == 1


@pytest.mark.parametrize("kind", ["choose", "fill", "line", "order", "predict"])
def test_a_form_tells_nothing_of_the_answer(kind: str) -> None:
    for question in list_kind(kind):
        expect_nothing_told(question)


def expect_nothing_told(question: Question) -> None:
    page = html.unescape(render(question))
    for choice in question.choices:
        assert not choice.feedback or choice.feedback not in page
    if question.is_authored:
        assert question.explanation.strip() not in page
    if question.kind == "order":
        lines = [option.text for option in present(question, "seed").options]
        assert page.index(lines[0]) < page.index(lines[1])
        assert tuple(lines) not in question.orders


@pytest.mark.parametrize(
    "sent", ["", "answer=", "answer=x&answer=x", "answer=%00%3Cscript%3E", "answer=9" * 100, "a=1"]
)
def test_what_is_no_answer_is_wrong_with_a_sentence(sent: str) -> None:
    for question in QUESTIONS:
        graded = grade(question, read_answer(question, QueryDict(sent)))
        assert not graded.right
        assert graded.feedback
