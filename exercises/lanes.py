"""Diagrams of who does what, when: a fenced block ``lanes`` of a card's text, in words alone.

Its first line is the caption. Each further line is a lane: its name, then its bars, behind ``|``;
a bar is what happens, for how many columns, and perhaps a label::

    ```lanes
    Two queries that overlap.
    request 1 | query 4 asks
    request 2 | idle 1 | query 4 asks
    time | tick 4 100 ms
    ```
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, get_args

LANGUAGE: Final = "lanes"
MAX_COLUMNS: Final = 48
MAX_LANES: Final = 12
FENCED: Final = re.compile(rf"^```{LANGUAGE}\n(.*?)^```$", re.MULTILINE | re.DOTALL)

What = Literal["work", "query", "wait", "hold", "block", "idle", "tick"]
_KINDS: Final[tuple[What, ...]] = get_args(What)
_BAR: Final = re.compile(r"([a-z]+) (\d{1,2})(?: (.+))?")


class LanesRefused(Exception):
    """No such diagram can be drawn; ``line`` of the block, from 1, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class Bar(NamedTuple):
    """What a lane does for so many columns; ``label`` may be empty."""

    what: What
    columns: int
    label: str


class Lane(NamedTuple):
    """One row, as long as all the others."""

    name: str
    bars: tuple[Bar, ...]

    @property
    def is_scale(self) -> bool:
        """Whether it only says how late it is."""
        return any(bar.what == "tick" for bar in self.bars)


class Lanes(NamedTuple):
    """A diagram. ``caption`` may hold inline Markdown."""

    caption: str
    columns: int
    lanes: tuple[Lane, ...]


def read_lanes(text: str) -> Lanes:
    """What is between the fences. Raises LanesRefused."""
    lines = text.rstrip("\n").splitlines()
    if not lines or not lines[0].strip() or "|" in lines[0]:
        raise LanesRefused(1, "the first line is the diagram's caption")
    if not 1 <= len(lines) - 1 <= MAX_LANES:
        raise LanesRefused(1, f"a diagram has 1 to {MAX_LANES} lanes")
    lanes = [_lane(number, line) for number, line in enumerate(lines[1:], start=2)]
    columns = max(sum(bar.columns for bar in lane.bars) for lane in lanes)
    if columns > MAX_COLUMNS:
        raise LanesRefused(1, f"it is {columns} columns long; {MAX_COLUMNS} are the most")
    return Lanes(lines[0].strip(), columns, tuple(_filled(lane, columns) for lane in lanes))


def in_words(lanes: Lanes) -> str:
    """The diagram as text: a line for its caption and one for each lane."""
    told = [lanes.caption]
    for lane in lanes.lanes:
        labels = [bar.label or bar.what for bar in lane.bars if bar.what not in ("idle", "tick")]
        if labels:
            told.append(f"{lane.name}: {', '.join(labels)}")
    return "\n".join(told)


def _lane(number: int, line: str) -> Lane:
    name, *bars = (part.strip() for part in line.split("|"))
    if not name or not bars:
        raise LanesRefused(number, "a lane is its name and its bars, as in: loop | block 4")
    return Lane(name, tuple(_bar(number, bar) for bar in bars))


def _bar(number: int, text: str) -> Bar:
    found = _BAR.fullmatch(text)
    if not found or not int(found[2]):
        raise LanesRefused(number, f"{text!r} is no bar, as in: query 4 its label")
    for what in _KINDS:
        if what == found[1]:
            return Bar(what, int(found[2]), found[3] or "")
    raise LanesRefused(number, f"{found[1]!r} is none of {', '.join(_KINDS)}")


def _filled(lane: Lane, columns: int) -> Lane:
    left = columns - sum(bar.columns for bar in lane.bars)
    return lane._replace(bars=(*lane.bars, Bar("idle", left, ""))) if left else lane
