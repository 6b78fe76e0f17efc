"""What a question of the self-quiz is made of. Answers and feedback never leave the site before
an answer came: a page shows what ``exercises.questions.present`` gives, nothing else.
"""

from __future__ import annotations

import io
import tokenize
from typing import Final, Literal

import msgspec

QuestionKind = Literal["choose", "fill", "line", "order", "predict", "cell"]
BLANK: Final = "____"


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice; ``feedback`` is for whoever picks it, or leaves it out where it is right."""

    text: str
    feedback: str = ""
    right: bool = False


class Blank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of the cell's code that is left out; ``also`` are other answers that do as well."""

    text: str
    also: tuple[str, ...] = ()


class Wrong(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A foreseen wrong answer, as it is graded, with its own feedback."""

    answer: str | float | tuple[str | int, ...]
    feedback: str


class Question(msgspec.Struct, frozen=True):
    """One question of a card. ``evidence`` is the slug of the cell to run, and ``claim`` what
    proves the answer; without one, what that cell is expected to do proves it. ``exercise`` is
    the slug of what a live cell answers, or what the question was made from.

    ``code`` is what is asked about, whose first line has the number ``first_line``; without
    blanks or in order it is the answer of ``fill`` and ``order``. ``number`` is answered within
    ``factor``. ``line`` is where questions.toml declares it, 0 when nobody wrote it.
    """

    id: str
    kind: QuestionKind
    prompt: str
    explanation: str
    claim: str = ""
    evidence: str = ""
    exercise: str = ""
    code: str = ""
    first_line: int = 1
    choices: tuple[Choice, ...] = ()
    blanks: tuple[Blank, ...] = ()
    tokens: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    orders: tuple[tuple[str, ...], ...] = ()
    accepts: tuple[str, ...] = ()
    number: float | None = None
    factor: float = 1.0
    wrong: tuple[Wrong, ...] = ()
    line: int = 0

    @property
    def is_authored(self) -> bool:
        """Whether questions.toml has it, rather than a claim or an exercise."""
        return self.line > 0


def without_comments(code: str) -> str:
    """The same lines without their comments, which would tell the answer."""
    lines = code.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines) + "\n"
