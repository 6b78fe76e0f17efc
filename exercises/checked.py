"""checked.toml of a pack: which claims held, when, and on which versions. Written by checkpacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from exercises.front_matter import read, read_text

FILE: Final = "checked.toml"
DIGEST_CHARACTERS: Final = 12


class Checking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[checked]]`` table. ``holds``: "CARD/CLAIM DRIVER DIGEST", with "none" for no driver.

    ``date`` is the day, as 2026-11-26; ``versions`` of what the claims ran on, by name.
    """

    date: str
    versions: dict[str, str]
    holds: tuple[str, ...]


class CheckedMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """checked.toml."""

    checked: tuple[Checking, ...] = ()


class Held(NamedTuple):
    """A claim held on a driver, that day, on those versions."""

    driver: str
    date: str
    versions: Mapping[str, str]


def load_checked(folder: Path) -> tuple[Checking, ...]:
    """What is known of the pack in that folder. Raises PackError for a broken file."""
    file = folder / FILE
    return read(file, read_text(file), CheckedMatter).checked if file.exists() else ()


def entry(card: str, claim: str, driver: str, digest: str) -> str:
    """One of ``holds``."""
    return f"{card}/{claim} {driver or 'none'} {digest[:DIGEST_CHARACTERS]}"


def index_held(checked: Iterable[Checking]) -> Mapping[str, Checking]:
    """The newest checking of each entry: made once for a page, asked for each of its claims."""
    oldest_first = sorted(checked, key=lambda each: each.date)
    return {one: each for each in oldest_first for one in each.holds}


def list_held(
    newest: Mapping[str, Checking], card: str, claim: str, drivers: Iterable[str], digest: str
) -> list[Held]:
    """On which drivers the claim as it is now held, by what ``index_held`` made."""
    found = []
    for driver in drivers:
        held = newest.get(entry(card, claim, driver, digest))
        if held is not None:
            found.append(Held(driver, held.date, held.versions))
    return found


def merge(before: Iterable[Checking], now: Checking, known: Iterable[str]) -> tuple[Checking, ...]:
    """``now`` and what of ``before`` it does not repeat and is still ``known``."""
    new = set(now.holds)
    left = set(known) - new
    kept = [
        msgspec.structs.replace(each, holds=tuple(one for one in each.holds if one in left))
        for each in before
    ]
    same = [each for each in kept if (each.date, each.versions) == (now.date, now.versions)]
    holds = sorted(new.union(*(each.holds for each in same)))
    rest = [each for each in kept if each.holds and each not in same]
    return (msgspec.structs.replace(now, holds=tuple(holds)), *rest)


def to_toml(checked: Iterable[Checking]) -> str:
    """The file's text."""
    blocks = [
        "# Written by `manage.py checkpacks --write`: what held in the jail, when, on what.\n"
    ]
    for each in checked:
        versions = ", ".join(f'{name} = "{each.versions[name]}"' for name in sorted(each.versions))
        holds = "".join(f'  "{one}",\n' for one in each.holds)
        blocks.append(
            f'[[checked]]\ndate = "{each.date}"\nversions = {{ {versions} }}\nholds = [\n{holds}]\n'
        )
    return "\n".join(blocks)
