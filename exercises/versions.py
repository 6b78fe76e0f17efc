"""On which releases of a library something holds, as pip writes it: ``sqlalchemy>=2.1``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

LIBRARIES: Final = ("sqlalchemy", "fastapi", "asyncpg", "psycopg", "aiosqlite", "httpx", "python")


def find_fault(requirement: str) -> str:
    """What is wrong with it; nothing when it names a library of ours and releases of it."""
    try:
        read = Requirement(requirement)
    except InvalidRequirement as error:
        return f"{requirement!r} is no requirement: {error}"
    if read.name not in LIBRARIES:
        return f"{requirement!r} is about none of {', '.join(LIBRARIES)}"
    return "" if read.specifier else f"{requirement!r} names no releases"


def are_met(requirements: Iterable[str], versions: Mapping[str, str]) -> bool:
    """Whether all are met by these versions, by name."""
    wanted = map(Requirement, requirements)
    return all(
        each.specifier.contains(versions[each.name], prereleases=True)
        for each in wanted
        if each.name in versions
    )
