"""Questions as forms: what ``progress/question.html`` shows of one, and the answer it sends back.

The template has the fields alone; the form around them and its buttons are the page's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
from django.http import QueryDict
from django.utils.safestring import SafeString

from exercises.question import BLANK, Question
from exercises.question_answers import MAX_CHARACTERS, MAX_PARTS, options_of
from exercises.questions import Presented, present
from playground.catalog import markdown

ANSWER: Final = "answer"  # the name of every field; a question has a form of its own
MOST_KEPT: Final = 2 * MAX_CHARACTERS


class Line(NamedTuple):
    """A line of the code, to be picked."""

    number: int
    code: SafeString


class Asked(NamedTuple):
    """A question as its form shows it, with nothing of its answer.

    ``pieces`` are the code around its blanks; without blanks, or if they are asked for below it,
    it is one piece. ``ordering`` is what ``<order-lines>`` begins with, ``program`` its text.
    """

    question: Presented
    prompt: SafeString
    pieces: list[SafeString]
    fields_below: range
    lines: list[Line]
    options: list[tuple[str, SafeString]]
    ordering: str
    program: str


def ask(question: Question, seed: str) -> Asked:
    """Show it; in the same order for the same seed."""
    shown = present(question, seed)
    pieces = _cut(markdown.highlight_code(shown.code), shown.blanks) if shown.code else []
    texts = [option.text for option in shown.options]
    ordering = {"before": "", "after": "", "indent": "", "lines": texts, "sets_indent": False}
    is_order = shown.kind == "order"
    return Asked(
        shown,
        markdown.render(shown.prompt),
        pieces,
        range(shown.blanks if len(pieces) < 2 else 0),
        _number(shown) if shown.kind == "line" else [],
        [(each.key, markdown.render_inline(each.text)) for each in shown.options],
        msgspec.json.encode(ordering).decode() if is_order else "",
        "\n".join(texts) if is_order else "",
    )


def read_answer(question: Question, given: QueryDict) -> object:
    """What the form sent, as ``exercises.questions.grade`` takes it; whatever it is."""
    match question.kind:
        case "predict":
            return given.get(ANSWER, "")
        case "line":
            parts = given.getlist(ANSWER)[: MAX_PARTS + 1]
            return [int(each) if each.isdecimal() and len(each) < 9 else each for each in parts]
        case "order":
            return _read_order(question, given.get(ANSWER, ""))
        case _:
            return given.getlist(ANSWER)[: MAX_PARTS + 1]


def cut(answer: object) -> object:
    """As much of an answer as is kept: what is longer is none anyway."""
    if isinstance(answer, list):
        return [cut(each) for each in answer]
    return answer[:MOST_KEPT].replace("\0", "") if isinstance(answer, str) else answer


def _cut(code: SafeString, blanks: int) -> list[SafeString]:
    pieces = [SafeString(piece) for piece in code.split(BLANK)]  # cut between tags and texts
    return pieces if len(pieces) == blanks + 1 else [code]


def _number(shown: Presented) -> list[Line]:
    lines = markdown.highlight_code(shown.code).rstrip("\n").split("\n")
    # The formatter ends every tag with its line.
    return [Line(shown.first_line + place, SafeString(one)) for place, one in enumerate(lines)]


def _read_order(question: Question, program: str) -> list[str]:
    """The keys of the lines; spaces do not count, as hands may have moved them."""
    left = [(option.text.strip(), option.key) for option in options_of(question)]
    keys = []
    for line in filter(None, map(str.strip, program.splitlines()[: 2 * MAX_PARTS])):
        found = next((each for each in left if each[0] == line), None)
        if found:
            left.remove(found)
        keys.append(found[1] if found else line)
    return keys
