"""Known errors: how each is recognised, what happened, what to do, and the card on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from exercises.drivers import CellDriver
from exercises.front_matter import PackError, line_of_key, line_of_table, read, read_text
from exercises.model import Card, Pack

BUILT_IN_ERRORS: Final = Path(__file__).parent / "known_errors"
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SECOND_SENTENCE: Final = re.compile(r"[.!?]\s+[A-Z]")
_FILES: Final = {"error.toml", "example.py"}


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to recognise an error. Plain texts, never patterns: what is searched is hostile.

    An exception of one of ``types`` (qualified; the modules in between do not count) whose
    message has all of ``texts`` and ``lacks`` these, or is ``exactly`` this; or a text
    ``printed`` on stderr; or an ``event`` of the probe with this ``kind`` and these
    fields, where ``*`` stands for any value but none.
    """

    types: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    exactly: str | None = None
    printed: str = ""
    event: dict[str, str] = {}


class ErrorMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """error.toml. ``see`` is pack/card#anchor, as in the card's address."""

    title: str
    what: str
    cure: str
    see: str
    drivers: tuple[CellDriver, ...]
    signs: tuple[Sign, ...]
    follows: bool = False


class KnownError(msgspec.Struct, frozen=True):
    """An error that can be explained. ``example`` raises it on each of ``drivers``.

    Where it ``follows``, it mostly comes of another error: without a line it is told only alone.
    """

    slug: str
    title: str
    what: str
    cure: str
    pack: str
    card: str
    anchor: str
    drivers: tuple[CellDriver, ...]
    signs: tuple[Sign, ...]
    example: str
    follows: bool = False


def load_known_errors(
    packs: Mapping[str, Pack], folder: Path = BUILT_IN_ERRORS
) -> dict[str, KnownError]:
    """Every known error by slug, in the order of the slugs. Raises PackError for a broken one."""
    folders = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    return {path.name: _load(path, packs) for path in folders}


def _load(folder: Path, packs: Mapping[str, Pack]) -> KnownError:
    if not _SLUG.fullmatch(folder.name):
        raise PackError(folder, 0, "the folder's name is not lower-case words joined by '-'")
    for path in sorted(folder.iterdir()):
        if path.name not in _FILES and path.name != "__pycache__":
            raise PackError(path, 0, "no such file belongs here")
    file = folder / "error.toml"
    text = read_text(file)
    matter = read(file, text, ErrorMatter)
    _check_sentences(file, text, matter)
    _check_signs(file, text, matter)
    card, anchor = _find(file, text, matter.see, packs)
    return KnownError(
        slug=folder.name,
        title=matter.title,
        what=matter.what,
        cure=matter.cure,
        pack=card.pack,
        card=card.slug,
        anchor=anchor,
        drivers=matter.drivers,
        signs=matter.signs,
        example=_example(folder / "example.py"),
        follows=matter.follows,
    )


def _check_sentences(file: Path, text: str, matter: ErrorMatter) -> None:
    if not matter.title.strip():
        raise PackError(file, line_of_key(text, "title"), "the title is empty")
    for key in ("what", "cure"):
        sentence: str = getattr(matter, key)
        if not sentence.endswith(".") or _SECOND_SENTENCE.search(sentence):
            raise PackError(file, line_of_key(text, key), f"{key} is not one whole sentence")


def _check_signs(file: Path, text: str, matter: ErrorMatter) -> None:
    if not matter.signs:
        raise PackError(file, 0, "there is no sign to know the error by")
    for number, sign in enumerate(matter.signs):
        line = line_of_table(text, "signs", number)
        if sum(map(bool, (sign.types, sign.printed, sign.event))) != 1:
            raise PackError(file, line, "a sign has either types, or printed, or an event")
        if (sign.texts or sign.lacks or sign.exactly is not None) and not sign.types:
            raise PackError(file, line, "texts, lacks and exactly belong to the message of types")
        if not all((*sign.types, *sign.texts, *sign.lacks)):
            raise PackError(file, line, "an empty text is found everywhere")
        if sign.event and sign.event.get("kind", "*") == "*":
            raise PackError(file, line, "the event has no kind")


def _find(file: Path, text: str, see: str, packs: Mapping[str, Pack]) -> tuple[Card, str]:
    where, _, anchor = see.partition("#")
    pack, _, slug = where.partition("/")
    card = packs[pack].card(slug) if pack in packs else None
    line = line_of_key(text, "see")
    if card is None:
        raise PackError(file, line, f"there is no card {where!r}")
    if anchor not in card.anchors():
        known = ", ".join(card.anchors())
        raise PackError(file, line, f"{where} has no place #{anchor}, only: {known}")
    return card, anchor


def _example(file: Path) -> str:
    code = read_text(file)
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        compile(code, file.name, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        raise PackError(file, error.lineno or 0, error.msg) from error
    return code
