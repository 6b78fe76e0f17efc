"""What an exercise is made of. Solutions, checks and mistakes never leave the site."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from exercises.checks import AnyCheck
from exercises.drivers import CellDriver
from exercises.files import digest_of
from exercises.ordering import Ordering
from sandbox.protocol import Phase, Read

PLACE: Final = "exercise-"
ExerciseKind = Literal["code", "order", "predict", "line"]
Quantity = Literal["milliseconds", "statements", "responses", "value", "error"]


class Prediction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to foretell of the author's own code.

    ``milliseconds``: how long the phase ``of`` takes, right within a factor of 2. ``statements``:
    how many the server sees in the phase ``of`` that contain ``like``. ``responses``: how many of
    the phase ``of`` have ``status``. ``value``: the one value of the read ``of``. ``error``: the
    class of the exception that ends it, or "none".
    """

    id: str
    question: str
    quantity: Quantity
    of: str = ""
    like: str = ""
    status: int = 200
    choices: tuple[str, ...] = ()


class Mistake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A foreseen wrong answer. Whatever it gives must hold for an answer to be taken for it.

    ``fails``: names of checks that fail, all of them. ``fails_one_of``: one of them is enough, as
    where a busy machine shows it by the one or the other. ``error``: the class of the exception
    that ended the run. ``has`` and ``lacks``: pieces of the code, which is compared without its
    comments and with single quotes. ``statement``: a piece of a statement that the server saw. For
    the kinds ``predict`` and ``line`` its file holds the wrong answer itself.
    """

    file: str
    message: str
    fails: tuple[str, ...] = ()
    fails_one_of: tuple[str, ...] = ()
    error: str = ""
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    statement: str = ""
    answer: str = ""
    line: int = 0


class Exercise(msgspec.Struct, frozen=True):
    """A goal with its checks. ``starter`` is where the learner begins: code, also of ``predict``
    and ``line``, whose answers are TOML. The first of ``drivers`` is the default; none means no
    database. ``ordering`` is the kind ``order``'s alone.
    """

    slug: str
    title: str
    kind: ExerciseKind
    goal: str
    why: str
    hints: tuple[str, ...]
    drivers: tuple[CellDriver, ...]
    profile: str
    workers: int
    starter: str
    solution: str
    phases: tuple[Phase, ...]
    reads: tuple[Read, ...]
    checks: tuple[AnyCheck, ...]
    mistakes: tuple[Mistake, ...]
    predictions: tuple[Prediction, ...]
    digest: str
    folder: str
    ordering: Ordering | None = None

    @property
    def is_code(self) -> bool:
        """Whether what is handed in is run; otherwise the author's code is."""
        return self.kind in ("code", "order")

    @property
    def place(self) -> str:
        """What its page calls it, among the slugs of cells."""
        return f"{PLACE}{self.slug}"

    @property
    def starter_digest(self) -> str:
        """Of what the learner begins with, so that a new version is noticed."""
        return digest_of(self.starter)

    def narrowed_to(self, asked: str) -> Exercise | None:
        """The same with this prediction alone, without hints and mistakes, which are of them all.

        One that asks for lines asks nothing else.
        """
        if self.kind == "line":
            return self if asked == "lines" else None
        found = tuple(each for each in self.predictions if each.id == asked)
        if not found:
            return None
        return msgspec.structs.replace(self, predictions=found, hints=(), mistakes=())

    def code_to_run(self, answer: str) -> str:
        """The code whose record is judged."""
        return answer if self.is_code else self.starter
