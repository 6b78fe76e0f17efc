"""What a statement is at heart: its text without the values, and what it does to a transaction."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final, NamedTuple

MOST_CHARACTERS: Final = 20_000
MOST_KEPT: Final = 500

_TOKENS: Final = re.compile(
    r"""
      (?P<space>(?:\s|--[^\n]*|/\*.*?\*/)+)
    | (?P<identifier>"(?:[^"]|"")*")
    | (?P<value>
          [eEbBxXnN]?'(?:[^']|'')*'
        | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
        | \$\d+ | %s | %\(\w+\)s | \?\d*
        | (?<![:\w]):\w+ | (?<!\w)@\w+
        | (?<![\w$.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\b
      )
    | (?P<word>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_AROUND_SIGNS: Final = re.compile(r" ?([(),;=<>+*/-]) ?")
_SIGNED: Final = re.compile(r"(?<=[=(,<>])[+-]\?")
_LIST: Final = re.compile(r"\(\?(?:,\?)+\)")
_ROWS: Final = re.compile(r"\((\?[^()]*)\)(?:,\(\1\))+")
_STEERS: Final = re.compile(
    r"""
      (?P<release>release)\b.*
    | (?P<back>rollback|abort)(?:\ (?:work|transaction))?(?P<to>\ to\b.*)?
    | (?P<savepoint>savepoint)\b.*
    | (?P<begin>begin\b.*|start\ transaction\b.*)
    | (?P<commit>commit|end)(?:\ (?:work|transaction))?
    """,
    re.VERBOSE,
)


class Reading(NamedTuple):
    """``action`` is what it does to a transaction, in the words of ``tx`` events, or nothing."""

    fingerprint: str
    action: str


_read: dict[str, Reading] = {}


def read(statement: str) -> Reading:
    """Read a statement once; equal texts are remembered."""
    found = _read.get(statement)
    if found is None:
        found = _reading(statement[:MOST_CHARACTERS])
        if len(_read) >= MOST_KEPT:
            _read.clear()
        if len(statement) <= MOST_CHARACTERS:
            _read[statement] = found
    return found


def normalise(statement: str) -> str:
    """Without values, comments and the length of lists; words in lower case, one space between."""
    text = _TOKENS.sub(_replace, statement).strip()
    text = _SIGNED.sub("?", _AROUND_SIGNS.sub(r"\1", text).rstrip(";"))
    return _ROWS.sub(r"(\1)", _LIST.sub("(?)", text))


def _replace(token: re.Match[str]) -> str:
    if token["space"]:
        return " "
    if token["value"]:
        return "?"
    return token[0] if token["identifier"] else token[0].lower()


def _reading(statement: str) -> Reading:
    text = normalise(statement)
    digest = blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()
    return Reading(digest, _action(text))


def _action(text: str) -> str:
    steers = None if ";" in text else _STEERS.fullmatch(text)
    if steers is None:
        return ""
    if steers["release"]:
        return "release savepoint"
    if steers["back"]:
        return "rollback savepoint" if steers["to"] else "rollback"
    return str(steers.lastgroup)
