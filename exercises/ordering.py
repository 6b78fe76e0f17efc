"""Lines to be put in order: where they stand in their program, and what can be made of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import msgspec

MARK: Final = re.compile(r"^( *)pass  # lines\n", re.MULTILINE)
MAX_LINES: Final = 30
STEP: Final = "    "


class OrderRefused(Exception):
    """What cannot be put in order, or is not made of the lines; ``line`` is 0 for all of it."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.line = line


class Ordering(msgspec.Struct, frozen=True):
    """``before`` and ``after`` are the program around the lines, which stand ``indent`` deep.

    Some of ``lines`` may belong nowhere. With ``sets_indent`` the learner says how deep each one
    stands; otherwise each has its own spaces.
    """

    before: str
    after: str
    indent: str
    lines: tuple[str, ...]
    sets_indent: bool

    @property
    def code(self) -> str:
        """The program with all the lines, in the order they are given in."""
        placed = "".join(f"{self.indent}{line}\n" for line in self.lines)
        return f"{self.before}{placed}{self.after}"

    @property
    def as_json(self) -> str:
        """For the page, which shows all of it."""
        return msgspec.json.encode(self).decode()

    def check(self, code: str) -> list[str]:
        """The lines in the order of ``code``. Raises OrderRefused where it is not made of them."""
        body = code.removeprefix(self.before).removesuffix(self.after)
        if f"{self.before}{body}{self.after}" != code:
            raise OrderRefused("the code around the lines is not that of starter.py")
        left = Counter(self.lines)
        placed = []
        for number, text in enumerate(body.splitlines(), self.before.count("\n") + 1):
            line = text.removeprefix(self.indent) if text.startswith(self.indent) else None
            if line is not None and self.sets_indent:
                line = line.lstrip(" ")
                if (len(text) - len(line) - len(self.indent)) % len(STEP):
                    raise OrderRefused(f"it is not indented by steps of {len(STEP)}", number)
            if line is None or not left[line]:
                raise OrderRefused(f"{text.strip()!r} is none of the lines that are left", number)
            left[line] -= 1
            placed.append(line)
        return placed


def read_ordering(starter: str, lines: str, *, sets_indent: bool) -> Ordering:
    """The lines of ``lines`` in the program ``starter``, whose line ``pass  # lines`` they replace.

    Raises OrderRefused; its line is one of ``lines``.
    """
    marks = list(MARK.finditer(starter))
    if len(marks) != 1:
        raise OrderRefused("starter.py needs one line, and only one, that is: pass  # lines")
    (mark,) = marks
    found = lines.strip("\n").splitlines()
    for number, line in enumerate(found, 1):
        if not line.strip():
            raise OrderRefused("a line is empty", number)
        if sets_indent and line.startswith(" "):
            raise OrderRefused("the learner sets how deep it stands: begin it without", number)
    if not 2 <= len(found) <= MAX_LINES:
        raise OrderRefused(f"{len(found)} lines are not 2 to {MAX_LINES}")
    before, after = starter[: mark.start()], starter[mark.end() :]
    return Ordering(before, after, mark[1], tuple(map(str.rstrip, found)), sets_indent)
