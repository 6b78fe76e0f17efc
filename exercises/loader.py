"""Packs read from their folders. What is wrong in one is said as ``PackError``."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from exercises.front_matter import (
    CardMatter,
    CellMatter,
    PackError,
    PackMatter,
    line_of_table,
    line_of_text,
    read,
    read_text,
    split,
)
from exercises.model import CELL_LINE, Card, Cell, Pack
from exercises.parameters import WORKERS, Parameter, ParameterRefused, bind
from sandbox.protocol import MAX_CODE_BYTES, MAX_WORKERS, PROFILES, Database

__all__ = ["BUILT_IN", "PackError", "load_card", "load_pack", "load_packs"]

BUILT_IN: Final = Path(__file__).parent / "packs"
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NUMBERED: Final = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)")
_SEEDS: Final[dict[str, Database]] = {
    "seed.sqlite.sql": "sqlite",
    "seed.postgres.sql": "postgres",
}


def load_packs(directories: Iterable[Path | str]) -> dict[str, Pack]:
    """Every pack in ``directories`` by slug. Each is a pack's own folder, or holds such."""
    packs: dict[str, Pack] = {}
    for directory in map(Path, directories):
        files = [directory / "pack.toml", *sorted(directory.glob("*/pack.toml"))]
        for file in filter(Path.is_file, files):
            pack = load_pack(file.parent)
            if pack.slug in packs:
                raise PackError(file, 1, f"another pack has the slug {pack.slug!r}")
            packs[pack.slug] = pack
    return packs


def load_pack(path: Path | str) -> Pack:
    """The pack in that folder."""
    folder = Path(path)
    file = folder / "pack.toml"
    matter = read(file, read_text(file), PackMatter)
    if not _SLUG.fullmatch(matter.slug):
        raise PackError(file, 1, f"slug {matter.slug!r} is not lower-case words joined by '-'")
    _refuse_strangers(folder, {"pack.toml"}, folders=_NUMBERED)
    cards = tuple(load_card(each, matter.slug) for each in _folders(folder))
    if not cards:
        raise PackError(file, 0, "the pack has no card")
    _refuse_twins(folder, "number", [str(card.number) for card in cards])
    _refuse_twins(folder, "slug", [card.slug for card in cards])
    return Pack(matter.slug, matter.title, matter.summary, matter.version, cards)


def load_card(folder: Path, pack: str) -> Card:
    """The card in that folder, whose name is ``NN-slug``."""
    name = _NUMBERED.fullmatch(folder.name)
    if not name:
        raise PackError(folder, 0, "a card's folder is named NN-slug, as in 01-first-question")
    _refuse_strangers(folder, {"card.md", *_SEEDS}, folders=re.compile("cells|exercises"))
    file = folder / "card.md"
    text = read_text(file)
    head, answer = split(file, text)
    matter = read(file, head, CardMatter, first_line=2)
    _check_card(file, matter, answer)
    cells = tuple(_cell(folder, head, n, each) for n, each in enumerate(matter.cells))
    _check_cells(file, head, cells, answer)
    seeds = {
        kind: read_text(folder / seed) for seed, kind in _SEEDS.items() if (folder / seed).exists()
    }
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
        digest=_digest(text, *(cell.file + "\n" + cell.code for cell in cells), *seeds.values()),
    )


def _check_card(file: Path, matter: CardMatter, answer: str) -> None:
    required = {"question": matter.question, "rule": matter.rule, "answer": answer}
    for name, value in required.items():
        if not value.strip():
            raise PackError(file, 1, f"the {name} is empty")
    for tag in matter.tags:
        if not _SLUG.fullmatch(tag):
            raise PackError(file, 1, f"tag {tag!r} is not lower-case words joined by '-'")
    for reference in matter.references:
        if not reference.url.startswith("https://"):
            raise PackError(file, 1, f"reference {reference.url!r} must begin with https://")


def _cell(folder: Path, head: str, index: int, matter: CellMatter) -> Cell:
    line = line_of_table(head, "cells", index) + 1
    card = folder / "card.md"
    name = _NUMBERED.fullmatch(matter.file.removesuffix(".py"))
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
    file = folder / "cells" / matter.file
    if not file.is_file():
        raise PackError(card, line, f"there is no file cells/{matter.file}")
    code = _code(file)
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
        digest=_digest(code),
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
    _refuse_twins(card, "parameter", [each.name for each in bound])
    return tuple(bound)


def _code(file: Path) -> str:
    code = read_text(file)
    if len(code.encode()) > MAX_CODE_BYTES:
        raise PackError(file, 0, f"the cell is over {MAX_CODE_BYTES} bytes")
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        compile(code, file.name, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        raise PackError(file, error.lineno or 0, error.msg) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise PackError(file, 0, f"the cell cannot be parsed: {error!r}") from error
    return code


def _check_cells(file: Path, head: str, cells: tuple[Cell, ...], answer: str) -> None:
    _refuse_twins(file, "cell slug", [cell.slug for cell in cells])
    _refuse_twins(file, "cell title", [cell.title for cell in cells])
    names = {cell.file for cell in cells}
    _refuse_strangers(file.parent / "cells", names)
    first = head.count("\n") + 3
    seen: set[str] = set()
    for found in CELL_LINE.finditer(answer):
        line = first + answer.count("\n", 0, found.start())
        if found[1] not in names:
            raise PackError(file, line, f"{found[1]!r} is none of the card's cells")
        if found[1] in seen:
            raise PackError(file, line, f"{found[1]!r} is placed twice")
        seen.add(found[1])


def _refuse_strangers(
    folder: Path, files: set[str], folders: re.Pattern[str] = re.compile("(?!)")
) -> None:
    """A misspelt or unlisted file would otherwise be left out in silence."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not folders.fullmatch(path.name):
            raise PackError(path, 0, "no such folder belongs here")
        if path.is_file() and path.name not in files:
            raise PackError(path, 0, "no such file belongs here, or it is not listed")


def _refuse_twins(file: Path, what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise PackError(file, 0, f"the {what} {value!r} is given twice")


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _NUMBERED.fullmatch(path.name))


def _digest(*texts: str) -> str:
    """sha256 over the texts, each with its length so that no two splits are alike."""
    total = hashlib.sha256()
    for text in texts:
        content = text.encode()
        total.update(len(content).to_bytes(8, "big") + content)
    return total.hexdigest()
