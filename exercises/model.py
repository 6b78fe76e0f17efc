"""What a pack is made of. Everything here is immutable and holds text, never paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final, Literal

import msgspec

from exercises.checked import Checking
from exercises.claims import Claim
from exercises.drivers import CellDriver
from exercises.exercise import Exercise
from exercises.news import News
from exercises.parameters import WORKERS, Parameter
from exercises.question import Question
from sandbox.protocol import Database

Kind = Literal["trap", "cure", "demo"]
Difficulty = Literal["easy", "medium", "hard"]

_HEADING: Final = re.compile(r"^#{2,3} +(.+?) *$", re.MULTILINE)
CELL_LINE: Final = re.compile(r"^\{\{ *cell: *(\S+) *\}\}[ \t]*$", re.MULTILINE)


def anchor_of(heading: str) -> str:
    """The id of a heading in its card's page."""
    return "part-" + "-".join(re.findall(r"[a-z0-9]+", heading.lower()))


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to read on."""

    title: str
    url: str


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a run of the cell as given ends, on each of its drivers.

    ``output`` lists substrings of stdout, stderr and value; ``error`` is the exception's class
    name; ``blocks_line`` is the line that held the event loop, 0 when not stated.
    """

    outcome: Literal["completed", "raised"] = "completed"
    output: tuple[str, ...] = ()
    error: str = ""
    blocks_line: int = 0


class Cell(msgspec.Struct, frozen=True):
    """One runnable piece of code on a card. The first of ``drivers`` is the default.

    ``workers`` above 1: it runs in so many processes side by side. ``parameters`` are what the
    page offers to vary under "What if".
    """

    slug: str
    title: str
    kind: Kind
    code: str
    drivers: tuple[CellDriver, ...]
    profile: str
    expect: Expectation
    file: str
    digest: str
    workers: int = 1
    parameters: tuple[Parameter, ...] = ()

    def may_run_in(self, workers: int) -> bool:
        """Whether a page may ask for so many workers: the given number, or what is declared."""
        declared = next((each for each in self.parameters if each.name == WORKERS), None)
        if declared is None or declared.min is None or declared.max is None:
            return workers == self.workers
        return declared.min <= workers <= declared.max


class FollowUp(msgspec.Struct, frozen=True):
    """What an interviewer asks next. ``answer`` is Markdown; ``cell`` the slug of what shows it."""

    question: str
    answer: str
    cell: str


class Card(msgspec.Struct, frozen=True):
    """One question with its answer and cells. ``pack`` is the slug of the pack.

    ``more_cells`` show what claims and follow-ups say; the page opens them when asked.
    """

    pack: str
    slug: str
    number: int
    question: str
    rule: str
    answer_markdown: str
    tags: tuple[str, ...]
    difficulty: Difficulty
    references: tuple[Reference, ...]
    cells: tuple[Cell, ...]
    seeds: dict[Database, str]
    digest: str
    more_cells: tuple[Cell, ...] = ()
    claims: tuple[Claim, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    questions: tuple[Question, ...] = ()

    def seed(self, database: Database) -> str:
        """SQL to apply once to a fresh scratch database.

        It names the card even when it does nothing else: the runner keeps a scratch database
        only as long as the seed is the same, and so no card meets another card's tables.
        Without a database there is none.
        """
        if database == "none":
            return ""
        return f"-- {self.pack}/{self.slug}\n{self.seeds.get(database, '')}"

    def cell(self, slug: str) -> Cell | None:
        """The cell of that slug, if the card has it, on its page or behind a claim."""
        every = (*self.cells, *self.more_cells)
        return next((cell for cell in every if cell.slug == slug), None)

    def claim(self, claim: str) -> Claim | None:
        """The claim of that id, if the card makes it."""
        return next((each for each in self.claims if each.id == claim), None)

    def exercise(self, slug: str) -> Exercise | None:
        """The exercise of that slug, if the card has it."""
        return next((each for each in self.exercises if each.slug == slug), None)

    def anchors(self) -> dict[str, str]:
        """Every place of the card's page that a link may name, with its title."""
        headings = {anchor_of(text): text for text in _HEADING.findall(self.answer_markdown)}
        return {**headings, **{f"cell-{cell.slug}": cell.title for cell in self.cells}}

    def parts(self) -> Iterator[str | Cell]:
        """The answer in reading order: Markdown and cells; cells not placed come last."""
        left = {cell.file: cell for cell in self.cells}
        for number, piece in enumerate(CELL_LINE.split(self.answer_markdown)):
            if number % 2:
                yield left.pop(piece)
            elif piece.strip():
                yield piece.strip() + "\n"
        yield from left.values()


class Pack(msgspec.Struct, frozen=True, dict=True):
    """A set of cards shipped together, in the order of their numbers."""

    slug: str
    title: str
    summary: str
    version: str
    cards: tuple[Card, ...]
    checked: tuple[Checking, ...] = ()
    news: tuple[News, ...] = ()

    def card(self, slug: str) -> Card | None:
        """The card of that slug, if the pack has it."""
        return self._by_slug.get(slug)

    @cached_property
    def _by_slug(self) -> dict[str, Card]:
        return {card.slug: card for card in self.cards}
