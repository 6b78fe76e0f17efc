"""claims.toml and follow-ups.toml of a card; every error names file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from exercises.checks import AnyCheck
from exercises.claims import MARKER, Badge, Claim, digest_of_claim
from exercises.drivers import CellDriver
from exercises.exercise_loader import ReadMatter, check_named
from exercises.files import SLUG, refuse_strangers, refuse_twins
from exercises.front_matter import (
    PackError,
    line_of_table,
    line_of_text,
    read,
    read_text,
)
from exercises.matter import CellMatter
from exercises.model import Cell, FollowUp
from exercises.phases import PhaseMatter, PhaseRefused, unfold
from exercises.versions import find_fault
from sandbox.protocol import Database, Read

CLAIMS: Final = "claims.toml"
FOLLOW_UPS: Final = "follow-ups.toml"
FOLDER: Final = "claims"

MakeCell = Callable[[Path, str, int, CellMatter], Cell]


class ClaimMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[claims]]`` table; without ``drivers`` it holds on those of its cell."""

    id: str
    sentence: str
    cell: str
    expect: tuple[AnyCheck, ...]
    drivers: tuple[CellDriver, ...] | None = None
    phases: tuple[PhaseMatter, ...] = ()
    reads: tuple[ReadMatter, ...] = ()
    badge: Badge = ""
    often_said: str = ""
    source: tuple[str, ...] = ()
    only_on: tuple[str, ...] = ()


class ClaimsMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """claims.toml; ``cells`` are files of the folder ``claims``, which the card does not show."""

    claims: tuple[ClaimMatter, ...] = ()
    cells: tuple[CellMatter, ...] = ()


class FollowUpMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[follow_ups]]`` table."""

    question: str
    answer: str
    cell: str


class FollowUpsMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """follow-ups.toml."""

    follow_ups: tuple[FollowUpMatter, ...]


class Behind(msgspec.Struct, frozen=True):
    """What stands behind a card's text."""

    cells: tuple[Cell, ...]
    claims: tuple[Claim, ...]
    follow_ups: tuple[FollowUp, ...]


def load_behind(
    folder: Path, cells: tuple[Cell, ...], seeds: dict[Database, str], make_cell: MakeCell
) -> Behind:
    """The claims and follow-ups of the card in that folder, which shows ``cells``."""
    file = folder / CLAIMS
    text = read_text(file) if file.exists() else ""
    matter = read(file, text, ClaimsMatter)
    more = tuple(make_cell(file, text, n, each) for n, each in enumerate(matter.cells))
    refuse_strangers(folder / FOLDER, {cell.file for cell in more})
    every = (*cells, *more)
    refuse_twins(file, "cell slug", [cell.slug for cell in every])
    refuse_twins(file, "cell file", [cell.file for cell in every])
    claims = tuple(
        _claim(file, text, number, each, every, seeds) for number, each in enumerate(matter.claims)
    )
    refuse_twins(file, "claim", [claim.id for claim in claims])
    follow_ups = _follow_ups(folder / FOLLOW_UPS, every)
    _check_markers(folder, claims)
    _check_use(file, text, more, claims, follow_ups)
    return Behind(more, claims, follow_ups)


def _claim(
    file: Path,
    text: str,
    number: int,
    matter: ClaimMatter,
    cells: tuple[Cell, ...],
    seeds: dict[Database, str],
) -> Claim:
    line = line_of_table(text, "claims", number)
    cell = next((each for each in cells if each.file == matter.cell), None)
    if not SLUG.fullmatch(matter.id):
        raise PackError(file, line, f"id {matter.id!r} is not lower-case words joined by '-'")
    if cell is None:
        raise PackError(file, line, f"claim {matter.id!r}: there is no cell {matter.cell!r}")
    if not matter.expect:
        raise PackError(file, line, f"claim {matter.id!r} says of nothing what must be observed")
    if not matter.sentence.rstrip().endswith((".", "?", "!")):
        raise PackError(file, line, f"the sentence of {matter.id!r} is not a whole one")
    if bool(matter.often_said) != (matter.badge == "often wrong"):
        sentence = f'claim {matter.id!r}: the badge "often wrong" and often_said go together'
        raise PackError(file, line, sentence)
    _check_releases(file, line, matter)
    drivers = cell.drivers if matter.drivers is None else matter.drivers
    if strangers := set(drivers) - set(cell.drivers):
        raise PackError(file, line, f"{matter.cell} does not run on {sorted(strangers)}")
    try:
        phases = tuple(map(unfold, matter.phases))
    except PhaseRefused as refused:
        raise PackError(file, line, str(refused)) from refused
    reads = tuple(Read(each.name, each.sql) for each in matter.reads)
    for check in matter.expect:
        check_named(file, line, check, phases, reads, drivers)
    made_of = (cell.code, cell.profile, str(cell.workers), *(f"{k}{v}" for k, v in seeds.items()))
    return Claim(
        matter.id,
        matter.sentence,
        cell.slug,
        drivers,
        matter.expect,
        phases,
        reads,
        matter.badge,
        matter.often_said,
        matter.source,
        matter.only_on,
        line,
        digest_of_claim(matter.expect, phases, reads, *made_of),
    )


def _check_releases(file: Path, line: int, matter: ClaimMatter) -> None:
    if matter.only_on and matter.badge != "version-dependent":
        raise PackError(file, line, f"{matter.id!r} has only_on: its badge is version-dependent")
    for fault in filter(None, map(find_fault, matter.only_on)):
        raise PackError(file, line, fault)


def _follow_ups(file: Path, cells: tuple[Cell, ...]) -> tuple[FollowUp, ...]:
    if not file.exists():
        return ()
    text = read_text(file)
    found = []
    for number, each in enumerate(read(file, text, FollowUpsMatter).follow_ups):
        line = line_of_table(text, "follow_ups", number)
        cell = next((cell for cell in cells if cell.file == each.cell), None)
        if cell is None:
            raise PackError(file, line, f"there is no cell {each.cell!r}")
        if not each.question.strip().endswith("?") or not each.answer.strip():
            raise PackError(file, line, "a follow-up is a question with an answer")
        found.append(FollowUp(each.question, each.answer, cell.slug))
    refuse_twins(file, "question", [each.question for each in found])
    return tuple(found)


def _check_markers(folder: Path, claims: tuple[Claim, ...]) -> None:
    """Every claim has its place in the text, once, and every place its claim."""
    known = {claim.id for claim in claims}
    seen: set[str] = set()
    for file in filter(Path.exists, (folder / "card.md", folder / FOLLOW_UPS)):
        text = read_text(file)
        for marker in MARKER.finditer(text):
            line = text.count("\n", 0, marker.start()) + 1
            if marker[1] not in known:
                raise PackError(file, line, f"claims.toml has no claim {marker[1]!r}")
            if marker[1] in seen:
                raise PackError(file, line, f"the claim {marker[1]!r} has its place already")
            seen.add(marker[1])
    for claim in claims:
        if claim.id not in seen:
            sentence = f"no text has {{claim: {claim.id}}}: set it behind its sentence"
            raise PackError(folder / CLAIMS, claim.line, sentence)


def _check_use(
    file: Path,
    text: str,
    more: tuple[Cell, ...],
    claims: tuple[Claim, ...],
    follow_ups: tuple[FollowUp, ...],
) -> None:
    used = {each.cell for each in claims} | {each.cell for each in follow_ups}
    for number, cell in enumerate(more):
        if cell.slug not in used:
            line = line_of_text(text, f'"{cell.file}"', line_of_table(text, "cells", number))
            raise PackError(file, line, f"neither a claim nor a follow-up uses {cell.file}")
