"""What a card's page says of its claims: the mark, what is told instead, where they held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from exercises.checked import Checking, Held, index_held, list_held
from exercises.claims import Claim
from exercises.drivers import database_of
from exercises.model import Card, Cell
from playground.catalog import markdown
from playground.catalog.markdown import Marks

NAMES: Final = {
    "sqlalchemy": "SQLAlchemy",
    "fastapi": "FastAPI",
    "asyncpg": "asyncpg",
    "psycopg": "psycopg",
    "aiosqlite": "aiosqlite",
    "postgres": "Postgres",
    "sqlite": "SQLite",
    "python": "Python",
}
CHECKED: Final = "checked"


class About(NamedTuple):
    """A claim as the page tells of it; ``places`` are sentences such as "SQLAlchemy 2.1.9, ..."."""

    claim: Claim
    sentence: str
    places: list[tuple[str, str]]
    anchor: str

    @property
    def label(self) -> str:
        """What its mark says: its badge, or that it was checked. Empty: it gets no mark."""
        return self.claim.badge or (CHECKED if self.places else "")


def tell(card: Card, checked: tuple[Checking, ...]) -> list[About]:
    """Every claim of the card, in the order of claims.toml."""
    newest = index_held(checked)
    return [_about(card, claim, newest) for claim in card.claims]


def marks_of(told: list[About]) -> Marks:
    """The label of each claim that has a mark, for rendering the text around it."""
    return tuple((each.claim.id, each.label) for each in told if each.label)


def list_behind(card: Card, told: list[About]) -> Iterator[dict[str, Any]]:
    """The cells that the card does not show, each with the claims it proves."""
    for cell in card.more_cells:
        yield {"cell": cell, "about": [each for each in told if each.claim.cell == cell.slug]}


def list_follow_ups(card: Card, marks: Marks) -> list[dict[str, Any]]:
    """Question, answer and where the cell is."""
    return [
        {
            "question": markdown.render_inline(each.question),
            "answer": markdown.render(each.answer, marks),
            "cell": card.cell(each.cell),
            "anchor": anchor_of_cell(card, each.cell),
        }
        for each in card.follow_ups
    ]


def anchor_of_cell(card: Card, slug: str) -> str:
    """Where on the page a cell is: shown, or to be opened."""
    is_shown = any(cell.slug == slug for cell in card.cells)
    return f"cell-{slug}" if is_shown else f"behind-{slug}"


def _about(card: Card, claim: Claim, newest: Mapping[str, Checking]) -> About:
    cell = card.cell(claim.cell)
    assert cell is not None
    held = list_held(newest, card.slug, claim.id, claim.drivers or ("",), claim.digest)
    places = [(_place(cell, each), each.date) for each in held]
    sentence = markdown.render_inline(claim.sentence)
    return About(claim, sentence, places, anchor_of_cell(card, claim.cell))


def _place(cell: Cell, held: Held) -> str:
    """The versions that matter to the cell: of what it imports, its driver and its database."""
    code, driver = cell.code, held.driver
    engine = database_of(driver)  # type: ignore[arg-type]
    wanted = [name for name in ("sqlalchemy", "fastapi") if name in code]
    wanted += [name for name in ("asyncpg", "psycopg", "aiosqlite") if _uses(name, code, driver)]
    wanted += ["python"] if engine == "none" else [engine]
    versions: Mapping[str, str] = held.versions
    return ", ".join(f"{NAMES[name]} {versions[name]}" for name in wanted if name in versions)


def _uses(name: str, code: str, driver: str) -> bool:
    return name == driver and (name in code or "DATABASE_URL" in code)
