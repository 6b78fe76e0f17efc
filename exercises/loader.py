"""Packs read from their folders. What is wrong in one is said as ``PackError``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from exercises import claim_loader
from exercises.checked import FILE as CHECKED
from exercises.checked import load_checked
from exercises.exercise_loader import load_exercise
from exercises.files import (
    NUMBERED,
    SLUG,
    digest_of,
    list_numbered,
    read_code,
    refuse_strangers,
    refuse_twins,
)
from exercises.folders import list_pack_folders
from exercises.front_matter import (
    PackError,
    line_of_key,
    line_of_table,
    line_of_text,
    read,
    read_text,
    split,
)
from exercises.lanes import FENCED, LanesRefused, read_lanes
from exercises.matter import CardMatter, CellMatter, PackMatter
from exercises.model import CELL_LINE, Card, Cell, Pack
from exercises.news import check_news
from exercises.parameters import WORKERS, Parameter, ParameterRefused, bind
from exercises.question_loader import QUESTIONS, Proofs, load_questions
from sandbox.protocol import MAX_WORKERS, PROFILES, Database

__all__ = ["BUILT_IN", "PackError", "list_faults", "load_card", "load_pack", "load_packs"]

BUILT_IN: Final = Path(__file__).parent / "packs"
RESERVED_SLUGS: Final = frozenset(
    {
        "accounts",
        "admin",
        "embed",
        "errors",
        "join",
        "news",
        "oembed",
        "progress",
        "quiz",
        "r",
        "review",
        "runs",
        "search",
        "static",
        "teams",
    }
)
_SEEDS: Final[dict[str, Database]] = {
    "seed.sqlite.sql": "sqlite",
    "seed.postgres.sql": "postgres",
}
_FILES: Final = {"card.md", claim_loader.CLAIMS, claim_loader.FOLLOW_UPS, QUESTIONS, *_SEEDS}
_FOLDERS: Final = re.compile(f"cells|exercises|{claim_loader.FOLDER}")


def load_packs(directories: Iterable[Path | str]) -> dict[str, Pack]:
    """Every pack in ``directories`` by slug. Each is a pack's own folder, or holds such."""
    packs: dict[str, Pack] = {}
    for folder in list_pack_folders(directories):
        pack = load_pack(folder)
        if pack.slug in packs:
            raise PackError(folder / "pack.toml", 1, f"another pack has the slug {pack.slug!r}")
        packs[pack.slug] = pack
    return packs


def load_pack(path: Path | str) -> Pack:
    """The pack in that folder."""
    folder = Path(path)
    file = folder / "pack.toml"
    text = read_text(file)
    matter = read(file, text, PackMatter)
    line = line_of_key(text, "slug")
    if not SLUG.fullmatch(matter.slug):
        raise PackError(file, line, f"slug {matter.slug!r} is not lower-case words joined by '-'")
    if matter.slug in RESERVED_SLUGS:
        raise PackError(file, line, f"the site has pages of its own below /{matter.slug}/")
    refuse_strangers(folder, {"pack.toml", CHECKED}, folders=NUMBERED)
    cards = tuple(load_card(each, matter.slug) for each in list_numbered(folder))
    if not cards:
        raise PackError(file, 0, "the pack has no card")
    refuse_twins(folder, "number", [str(card.number) for card in cards])
    refuse_twins(folder, "slug", [card.slug for card in cards])
    check_news(file, text, matter.news, [card.slug for card in cards])
    return Pack(
        slug=matter.slug,
        title=matter.title,
        summary=matter.summary,
        version=matter.version,
        cards=cards,
        checked=load_checked(folder),
        news=matter.news,
    )


def list_faults(path: Path | str) -> list[PackError]:
    """What is wrong in the pack of that folder: the first of it, of each card and exercise."""
    folder = Path(path)
    exercises = (
        each for card in list_numbered(folder) for each in list_numbered(card / "exercises")
    )
    work: list[Callable[[], object]] = [
        partial(load_pack, folder),
        *(partial(load_card, each, "") for each in list_numbered(folder)),
        *(partial(load_exercise, each) for each in exercises),
    ]
    found: dict[str, PackError] = {}
    for load in work:
        try:
            load()
        except PackError as error:
            found.setdefault(str(error), error)
    return sorted(found.values(), key=lambda each: (str(each.file), each.line))


def load_card(folder: Path, pack: str) -> Card:
    """The card in that folder, whose name is ``NN-slug``."""
    name = NUMBERED.fullmatch(folder.name)
    if not name:
        raise PackError(folder, 0, "a card's folder is named NN-slug, as in 01-first-question")
    refuse_strangers(folder, _FILES, folders=_FOLDERS)
    file = folder / "card.md"
    text = read_text(file)
    head, answer = split(file, text)
    matter = read(file, head, CardMatter, first_line=2)
    _check_card(file, matter, answer)
    cells = tuple(_cell(file, head, n, each) for n, each in enumerate(matter.cells))
    _check_cells(file, head, cells, answer)
    _check_lanes(file, head, answer)
    seeds = {
        kind: read_text(folder / seed) for seed, kind in _SEEDS.items() if (folder / seed).exists()
    }
    behind = claim_loader.load_behind(folder, cells, seeds, _cell)
    refuse_strangers(folder / "exercises", (), folders=NUMBERED)
    exercises = tuple(map(load_exercise, list_numbered(folder / "exercises")))
    refuse_twins(folder / "exercises", "slug", [each.slug for each in exercises])
    proofs = Proofs(behind.claims, exercises, (*cells, *behind.cells))
    return Card(
        pack=pack,
        slug=name[2],
        number=int(name[1]),
        question=matter.question,
        rule=matter.rule,
        answer_markdown=answer.strip() + "\n",
        tags=matter.tags,
        difficulty=matter.difficulty,
        references=matter.references,
        cells=cells,
        seeds=seeds,
        digest=digest_of(text, *(cell.file + "\n" + cell.code for cell in cells), *seeds.values()),
        more_cells=behind.cells,
        claims=behind.claims,
        follow_ups=behind.follow_ups,
        exercises=exercises,
        questions=load_questions(folder, proofs),
    )


def _check_card(file: Path, matter: CardMatter, answer: str) -> None:
    required = {"question": matter.question, "rule": matter.rule, "answer": answer}
    for name, value in required.items():
        if not value.strip():
            raise PackError(file, 1, f"the {name} is empty")
    for tag in matter.tags:
        if not SLUG.fullmatch(tag):
            raise PackError(file, 1, f"tag {tag!r} is not lower-case words joined by '-'")
    for reference in matter.references:
        if not reference.url.startswith("https://"):
            raise PackError(file, 1, f"reference {reference.url!r} must begin with https://")


def _cell(declared: Path, head: str, index: int, matter: CellMatter) -> Cell:
    """A cell of card.md, whose first line is its fence, or one behind it, of claims.toml."""
    is_shown = declared.name == "card.md"
    line = line_of_table(head, "cells", index) + is_shown
    card, kept = declared, "cells" if is_shown else claim_loader.FOLDER
    name = NUMBERED.fullmatch(matter.file.removesuffix(".py"))
    if not name or not matter.file.endswith(".py"):
        raise PackError(card, line, f"cell file {matter.file!r} is not named NN-name.py")
    if matter.profile not in PROFILES:
        raise PackError(card, line, f"profile {matter.profile!r} is none of {sorted(PROFILES)}")
    if not 1 <= matter.workers <= MAX_WORKERS:
        raise PackError(card, line, f"workers = {matter.workers} is not 1 to {MAX_WORKERS}")
    if matter.workers > 1 and PROFILES[matter.profile].process_count > 1:
        raise PackError(card, line, f"profile {matter.profile!r} and several workers do not mix")
    if len(set(matter.drivers)) < len(matter.drivers):
        raise PackError(card, line, f"a driver is named twice: {list(matter.drivers)}")
    file = declared.parent / kept / matter.file
    if not file.is_file():
        raise PackError(card, line, f"there is no file {kept}/{matter.file}")
    code = read_code(file)
    if matter.expect.blocks_line > code.count("\n"):
        raise PackError(card, line, f"blocks_line is behind the last line of {matter.file}")
    parameters = _bind(card, head, line, matter, code)
    return Cell(
        slug=name[2],
        title=matter.title,
        kind=matter.kind,
        code=code,
        drivers=matter.drivers,
        profile=matter.profile,
        expect=matter.expect,
        file=matter.file,
        digest=digest_of(code),
        workers=matter.workers,
        parameters=parameters,
    )


def _bind(card: Path, head: str, line: int, matter: CellMatter, code: str) -> tuple[Parameter, ...]:
    """The cell's parameters with the values its code gives them."""
    bound = []
    for parameter in matter.parameters:
        where = line_of_text(head, f'"{parameter.name}"', line - 1) + 1
        try:
            bound.append(bind(parameter, code, matter.workers))
        except ParameterRefused as refused:
            sentence = f"a parameter of {matter.file} cannot be offered: {refused}"
            raise PackError(card, where, sentence) from refused
        if parameter.name == WORKERS and PROFILES[matter.profile].process_count > 1:
            raise PackError(card, where, f"profile {matter.profile!r} and workers do not mix")
    refuse_twins(card, "parameter", [each.name for each in bound])
    return tuple(bound)


def _check_cells(file: Path, head: str, cells: tuple[Cell, ...], answer: str) -> None:
    refuse_twins(file, "cell slug", [cell.slug for cell in cells])
    refuse_twins(file, "cell title", [cell.title for cell in cells])
    names = {cell.file for cell in cells}
    refuse_strangers(file.parent / "cells", names)
    first = head.count("\n") + 3
    seen: set[str] = set()
    for found in CELL_LINE.finditer(answer):
        line = first + answer.count("\n", 0, found.start())
        if found[1] not in names:
            raise PackError(file, line, f"{found[1]!r} is none of the card's cells")
        if found[1] in seen:
            raise PackError(file, line, f"{found[1]!r} is placed twice")
        seen.add(found[1])


def _check_lanes(file: Path, head: str, answer: str) -> None:
    first = head.count("\n") + 3
    for found in FENCED.finditer(answer):
        try:
            read_lanes(found[1])
        except LanesRefused as refused:
            line = first + answer.count("\n", 0, found.start()) + refused.line
            raise PackError(file, line, f"the diagram cannot be drawn: {refused}") from refused
