"""Which known errors a pasted text speaks of: a traceback, its last line, or a part of a message.

Newlines may have been lost on the way, and names of modules may be another library's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from exercises.known import KnownError, Sign
from exercises.printed import Seen
from exercises.recogniser import MAX_MESSAGE_CHARACTERS, find_most_specific

MAX_PASTED_CHARACTERS: Final = 20_000
MAX_RECOGNISED: Final = 3
MAX_NAMES: Final = 200
# A shorter sign without the name of its exception is found in too much.
MIN_SIGN_CHARACTERS: Final = 12

_NAME: Final = re.compile(r"[A-Za-z_][\w.]*")
_BEFORE_MESSAGE: Final = re.compile(r"""['">)\]]*:?[ \t]*""")
_MARGIN: Final = re.compile(r"^(?:E {3}|[ \t|+-])+", re.MULTILINE)


def recognise(known: Sequence[KnownError], text: str) -> list[KnownError]:
    """At most ``MAX_RECOGNISED``: first what ended it, last what mostly follows another error."""
    text = _MARGIN.sub("", text[-MAX_PASTED_CHARACTERS:].replace("\r", "\n"))
    named = list(_by_name(known, text))
    found = {each.slug: each for each in (*named, *(() if named else _by_message(known, text)))}
    return sorted(found.values(), key=lambda each: each.follows)[:MAX_RECOGNISED]


def _by_name(known: Sequence[KnownError], text: str) -> Iterator[KnownError]:
    """By names of exceptions and what stands behind each: the last line first, and names that
    begin one before those that are only mentioned.
    """
    types = {
        name.rpartition(".")[2] for each in known for sign in each.signs for name in sign.types
    }
    names = [each for each in _NAME.finditer(text) if each[0].rpartition(".")[2] in types]
    latest = names[: -MAX_NAMES - 1 : -1]
    for name in sorted(latest, key=lambda each: text[each.start() - 1 : each.start()] not in "\n"):
        start = _BEFORE_MESSAGE.match(text, name.end())
        message = text[start.end() if start else name.end() :][:MAX_MESSAGE_CHARACTERS]
        seen = Seen(name[0], message.strip())
        if each := find_most_specific(known, seen, bare=True):
            yield each


def _by_message(known: Sequence[KnownError], text: str) -> Iterator[KnownError]:
    """By what a message says, whoever raised it: the longest sign first."""
    text = " ".join(text.split()).casefold()
    weighed = [
        (sum(map(len, _texts(sign))), each)
        for each in known
        for sign in each.signs
        if _texts(sign)
        and all(part.casefold() in text for part in _texts(sign))
        and not any(part.casefold() in text for part in sign.lacks)
    ]
    for weight, each in sorted(weighed, key=lambda one: -one[0]):
        if weight >= MIN_SIGN_CHARACTERS:
            yield each


def _texts(sign: Sign) -> tuple[str, ...]:
    return (sign.printed,) if sign.printed else sign.texts
