"""questions.toml of a card; every error names file and line.

Each question names the claim that proves its answer, so no answer rests on its author's word. The
code shown is a piece of the claim's own cell: what is filled in or put in order is what was run.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from exercises.cell_claims import claim_of_cell, says_something
from exercises.claims import Claim
from exercises.exercise import Exercise
from exercises.files import SLUG, refuse_twins
from exercises.front_matter import PackError, line_of_table, read, read_text
from exercises.model import Cell
from exercises.question import Blank, Choice, Question, QuestionKind, Wrong, without_comments

QUESTIONS: Final = "questions.toml"
MAX_BLANKS: Final = 3
MIN_LINES: Final = 3
CHOICES: Final = range(3, 6)
MADE: Final = ("claim-", "exercise-")  # how ids begin that nobody writes


class QuestionMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[questions]]`` table; ``excerpt`` is the first and the last line of the cell shown."""

    id: str
    kind: QuestionKind
    prompt: str
    explanation: str
    claim: str = ""
    cell: str = ""
    exercise: str = ""
    excerpt: tuple[int, int] | None = None
    choices: tuple[Choice, ...] = ()
    blanks: tuple[Blank, ...] = ()
    tokens: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    orders: tuple[tuple[int, ...], ...] = ()
    accepts: tuple[str, ...] = ()
    number: float | None = None
    factor: float = 1.0
    wrong: tuple[Wrong, ...] = ()


class QuestionsMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """questions.toml."""

    questions: tuple[QuestionMatter, ...]


class _Refused(Exception):
    """What is wrong with a question, as a sentence."""


class Proofs(msgspec.Struct, frozen=True):
    """What of the card questions may rest on. ``cells`` are those that say what is expected."""

    claims: Sequence[Claim]
    exercises: Sequence[Exercise]
    cells: Sequence[Cell]

    def claim(self, matter: QuestionMatter) -> Claim | None:
        """The claim it names, or one that says what the cell it names is expected to do."""
        if matter.claim:
            return next((each for each in self.claims if each.id == matter.claim), None)
        cell = next((each for each in self.cells if each.file == matter.cell), None)
        return claim_of_cell(cell) if cell is not None and says_something(cell) else None

    def cell(self, slug: str) -> Cell:
        """The cell of that slug."""
        return next(each for each in self.cells if each.slug == slug)


def load_questions(folder: Path, proofs: Proofs) -> tuple[Question, ...]:
    """The questions written for the card in that folder."""
    file = folder / QUESTIONS
    if not file.exists():
        return ()
    text = read_text(file)
    found = []
    for number, matter in enumerate(read(file, text, QuestionsMatter).questions):
        line = line_of_table(text, "questions", number)
        try:
            found.append(_question(matter, proofs, line))
        except _Refused as refused:
            raise PackError(file, line, f"question {matter.id!r}: {refused}") from refused
    refuse_twins(file, "question", [each.id for each in found])
    return tuple(found)


def _question(matter: QuestionMatter, proofs: Proofs, line: int) -> Question:
    if not SLUG.fullmatch(matter.id) or matter.id.startswith(MADE):
        raise _Refused("its id is no lower-case words joined by '-', or one of a made question")
    if not matter.prompt.strip() or not matter.explanation.strip():
        raise _Refused("it has no prompt, or no explanation")
    if matter.kind == "cell":
        return _live(matter, proofs, line)
    claim = proofs.claim(matter)
    if claim is None or matter.exercise or (matter.claim and matter.cell):
        raise _Refused("it rests on a claim of the card, or a cell that says what is expected")
    cell = proofs.cell(claim.cell)
    code, first = _excerpt(cell.code, matter.excerpt)
    question = Question(
        id=matter.id,
        kind=matter.kind,
        prompt=matter.prompt.strip(),
        explanation=matter.explanation.strip(),
        claim=matter.claim,
        evidence=claim.cell,
        code=code,
        first_line=first,
        choices=matter.choices,
        blanks=matter.blanks,
        tokens=matter.tokens,
        lines=matter.lines,
        orders=_orders(matter, code),
        accepts=matter.accepts,
        number=matter.number,
        factor=matter.factor,
        wrong=matter.wrong,
        line=line,
    )
    _check(question)
    if question.kind == "predict":
        seen = msgspec.json.encode([claim.checks, cell.expect]).decode()
        _check_prediction(question, seen)
    return question


def _live(matter: QuestionMatter, proofs: Proofs, line: int) -> Question:
    exercise = next((each for each in proofs.exercises if each.slug == matter.exercise), None)
    if exercise is None or not exercise.is_code or matter.claim or matter.cell:
        raise _Refused("it rests on one of the card's exercises of code, and on nothing else")
    return Question(
        matter.id, "cell", matter.prompt, matter.explanation, exercise=exercise.slug, line=line
    )


def _excerpt(code: str, lines: tuple[int, int] | None) -> tuple[str, int]:
    if lines is None:
        return "", 1
    first, last = lines
    every = without_comments(code).splitlines()
    if not 1 <= first <= last <= len(every):
        raise _Refused(f"the excerpt is not within the {len(every)} lines of its cell")
    return textwrap.dedent("\n".join(every[first - 1 : last])) + "\n", first


def _orders(matter: QuestionMatter, code: str) -> tuple[tuple[str, ...], ...]:
    """The order of the cell, and those that do as well: numbers of its lines, from 1."""
    if matter.kind != "order":
        return ()
    lines = code.splitlines()
    wanted = list(range(1, len(lines) + 1))
    for order in matter.orders:
        if sorted(order) != wanted:
            raise _Refused("an order names each line of the excerpt once, from 1")
    return (tuple(lines), *(tuple(lines[n - 1] for n in order) for order in matter.orders))


_OWN: Final = {
    "choose": ("choices",),
    "fill": ("blanks", "tokens"),
    "line": ("lines",),
    "order": ("orders",),
    "predict": ("accepts", "number"),
}


def _check(question: Question) -> None:
    _check_fields(question)
    if question.kind in ("fill", "line", "order") and not question.code:
        raise _Refused("it shows no code: add an excerpt")
    if not all(each.feedback.strip() for each in question.wrong):
        raise _Refused("a wrong answer has no feedback of its own")
    if question.kind == "choose":
        _check_choices(question.choices)
    elif question.kind == "fill":
        _check_blanks(question)
    elif question.kind == "line":
        numbers = range(question.first_line, question.first_line + question.code.count("\n"))
        if not question.lines or not set(question.lines) <= set(numbers):
            raise _Refused("its lines are numbers of lines of the excerpt")
    elif question.kind == "order" and len(question.orders[0]) < MIN_LINES:
        raise _Refused("there are too few lines to put in order")


def _check_fields(question: Question) -> None:
    for kind, names in _OWN.items():
        for name in names if kind != question.kind else ():
            if getattr(question, name) not in ((), None):
                raise _Refused(f"{name} belongs to the kind {kind}")


def _check_choices(choices: tuple[Choice, ...]) -> None:
    if len(choices) not in CHOICES or len({each.text for each in choices}) < len(choices):
        raise _Refused("it has three to five choices, no two alike")
    right = sum(each.right for each in choices)
    if not 0 < right < len(choices):
        raise _Refused("at least one choice is right and one wrong")
    for each in choices:
        if not each.feedback.strip() and (not each.right or right > 1):
            raise _Refused(f"the choice {each.text!r} has no feedback of its own")


def _check_blanks(question: Question) -> None:
    if not 1 <= len(question.blanks) <= MAX_BLANKS:
        raise _Refused(f"it has one to {MAX_BLANKS} blanks")
    places = []
    for blank in question.blanks:
        if question.code.count(blank.text) != 1:
            raise _Refused(f"{blank.text!r} does not stand in the excerpt exactly once")
        places.append(question.code.index(blank.text))
    if places != sorted(places):
        raise _Refused("the blanks are not in the order of the code")
    wanted = {blank.text for blank in question.blanks}
    if question.tokens and not wanted < set(question.tokens):
        raise _Refused("the tokens lack an answer, or hold nothing else")


def _check_prediction(question: Question, seen: str) -> None:
    if bool(question.accepts) == (question.number is not None):
        raise _Refused("it either accepts words or a number")
    if question.factor < 1:
        raise _Refused("the factor is below 1")
    right = question.accepts[0] if question.accepts else f"{question.number:g}"
    if question.factor == 1 and right not in seen:
        raise _Refused(f"neither its claim nor that one's cell expects {right!r}")
