"""The difference between the code of two runs, line by line."""

from __future__ import annotations

from difflib import unified_diff
from typing import Final, NamedTuple

# Matching takes the square of this, and more on lines made up to be slow.
MOST_LINES: Final = 400
_SIGNS: Final = {"+": "added", "-": "removed", "@": "place"}


class Line(NamedTuple):
    """One line; ``what`` is added, removed, place or kept."""

    what: str
    text: str


def list_differences(before: str, after: str) -> list[Line] | None:
    """A unified diff without its file names; None when the code is too long to compare."""
    one, other = before.splitlines(), after.splitlines()
    if one != other and max(len(one), len(other)) > MOST_LINES:
        return None
    lines = list(unified_diff(one, other, lineterm=""))[2:]
    return [Line(_SIGNS.get(line[:1], "kept"), line) for line in lines]
