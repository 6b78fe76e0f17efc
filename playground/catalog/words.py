"""Words as the index knows them: no case, no accents, no punctuation, so that engines agree.

``expire_on_commit`` and ``AsyncSession.get`` are words side by side, found as a whole and in parts.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

MAX_WORD_CHARACTERS: Final = 64
MAX_WIDENED: Final = 20
MIN_OPEN_CHARACTERS: Final = 2
MAX_REMEMBERED: Final = 20_000
_CLOSE: Final = 0.75

_WORD: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VOWEL: Final = re.compile(r"[aeiouy]")


class Word(NamedTuple):
    """A word and where it stands in its text."""

    folded: str
    start: int
    end: int


def read_words(text: str) -> Iterator[Word]:
    """Every word in reading order."""
    for found in _WORD.finditer(text):
        if folded := fold(found[0]):
            yield Word(folded, *found.span())


def read_humps(text: str) -> Iterator[Word]:
    """The parts of words such as MissingGreenlet, in reading order."""
    for found in _WORD.finditer(text):
        if found[0].islower() or not found[0].isascii():
            continue
        humps = list(_HUMP.finditer(found[0]))
        if len(humps) > 1:
            for hump in humps:
                start = found.start() + hump.start()
                yield Word(hump[0].lower(), start, start + len(hump[0]))


def split_words(text: str) -> list[str]:
    """As ``read_words``, where places do not matter."""
    return list(filter(None, map(fold, _WORD.findall(text))))


def split_humps(text: str) -> list[str]:
    """As ``read_humps``, where places do not matter."""
    return list(chain.from_iterable(map(_split_word, _WORD.findall(text))))


@lru_cache(maxsize=MAX_REMEMBERED)
def _split_word(word: str) -> tuple[str, ...]:
    return tuple(hump.folded for hump in read_humps(word))


@lru_cache(maxsize=MAX_REMEMBERED)
def fold(word: str) -> str:
    """The word in its plainest spelling; empty when nothing of it is a letter or a digit."""
    if word.isascii():
        return word.lower()[:MAX_WORD_CHARACTERS]
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(filter(str.isalnum, plain))[:MAX_WORD_CHARACTERS]


def stem(word: str) -> str:
    """What commits, committed and committing have in common: the first step of Porter's stemmer."""
    if word.endswith(("ies", "ied")):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix in ("ed", "ing"):
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest):
            is_doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            word = rest[:-1] if is_doubled else rest
            break
    return word.removesuffix("e") if len(word) > 3 else word


class Vocabulary:
    """All words of the packs: what a typed word may stand for."""

    def __init__(self, texts: Iterable[str]) -> None:
        spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for word, count in Counter(chain.from_iterable(map(_WORD.findall, texts))).items():
            for found in (*read_words(word), *read_humps(word)):
                spellings[found.folded][word[found.start : found.end]] += count
        self._spelled = {word: each.most_common(1)[0][0] for word, each in spellings.items()}
        self._counts = {word: each.total() for word, each in spellings.items()}
        self._sorted = sorted(spellings)
        self._by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            self._by_stem[stem(word)].append(word)

    def __contains__(self, word: str) -> bool:
        """Whether the word, or another form of it, occurs."""
        return stem(word) in self._by_stem

    def widen(self, word: str, *, is_open: bool) -> tuple[str, ...]:
        """The word, its other forms, and if it ``is_open`` what begins with it, frequent first."""
        forms = self._by_stem.get(stem(word), [])
        begun = self._list_begun(word) if is_open and len(word) >= MIN_OPEN_CHARACTERS else []
        return tuple(dict.fromkeys([word, *forms, *begun]))[:MAX_WIDENED]

    def complete(self, word: str) -> tuple[str, ...]:
        """The word and what begins with it, frequent first; no other form."""
        return tuple(dict.fromkeys([word, *self._list_begun(word)]))[:MAX_WIDENED]

    def suggest(self, word: str, most: int = 3) -> list[str]:
        """Words of nearly the same spelling, the nearest first, as they are mostly written."""
        matcher = SequenceMatcher(b=word)
        near: list[tuple[float, str]] = []
        for other in self._sorted:
            if abs(len(other) - len(word)) > 2:
                continue
            matcher.set_seq1(other)
            if matcher.real_quick_ratio() >= _CLOSE and matcher.quick_ratio() >= _CLOSE:
                near.append((matcher.ratio(), other))
        best = sorted((each for each in near if each[0] >= _CLOSE), reverse=True)[:most]
        return [self._spelled[other] for _, other in best]

    def _list_begun(self, word: str) -> list[str]:
        start = bisect_left(self._sorted, word)
        end = bisect_left(self._sorted, word + chr(0x10FFFF), start)
        return sorted(self._sorted[start:end], key=lambda each: -self._counts[each])
