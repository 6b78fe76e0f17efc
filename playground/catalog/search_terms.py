"""What was typed or pasted, as terms to find. Anything is allowed, and nothing in it is syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from playground.catalog.engines import Phrase
from playground.catalog.words import Vocabulary, read_words

MAX_CHARACTERS: Final = 10_000
MAX_TERMS: Final = 12
MAX_WORDS: Final = 12  # of a phrase

_CHUNK: Final = re.compile(r'"([^"]*)"|[^\s"]+')
# Every text has them: they find nothing unless they are all there is.
_COMMON: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can could did do does for from had has have how i if in into "
        "is it its me my of on or should so than that the their them then there these they this to "
        "was we were what when where which who why will with would you your",
    )
)


class Term(NamedTuple):
    """``given`` is how it was typed; each of ``phrases`` is as good as another."""

    given: str
    phrases: tuple[Phrase, ...]

    @property
    def word(self) -> str:
        """The word it is, empty for a phrase."""
        return self.phrases[0][0] if len(self.phrases[0]) == 1 else ""


class Asked(NamedTuple):
    """The terms; a place with some of them is enough if it was ``pasted``."""

    terms: tuple[Term, ...]
    is_pasted: bool


def read_terms(text: str, vocabulary: Vocabulary) -> Asked:
    """Words in any order, quoted ones side by side; of a long paste the words of its last line.

    The last word, where no space follows it, and one before a ``*`` may go on.
    """
    text = text[-MAX_CHARACTERS:]
    terms = list(_list_terms(text, vocabulary))
    is_pasted = len(terms) > MAX_TERMS or len(text.splitlines()) > 1
    if is_pasted:
        terms = list(_list_terms(_last_line(text) + " ", vocabulary))[:MAX_TERMS]
    telling = [each for each in terms if each.word not in _COMMON]
    unique = {each.phrases: each for each in telling or terms}
    return Asked(tuple(unique.values()), is_pasted)


def split_terms(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Each word for itself, where phrases are found nowhere."""
    split: dict[tuple[Phrase, ...], Term] = {}
    for term in terms:
        if term.word:
            split[term.phrases] = term
        for word in () if term.word else term.phrases[0]:
            split[(word,),] = Term(word, ((word,),))
    return tuple(split.values())


def _list_terms(text: str, vocabulary: Vocabulary) -> Iterator[Term]:
    for chunk in _CHUNK.finditer(text):
        given = chunk[0]
        is_open = given.endswith("*") or (chunk[1] is None and chunk.end() == len(text))
        words = tuple(word.folded for word in read_words(given))[:MAX_WORDS]
        if len(words) == 1:
            word = words[0]
            widened = vocabulary.widen(word, is_open=is_open) if chunk[1] is None else (word,)
            yield Term(given, tuple((each,) for each in widened))
        elif words:
            *first, last = words
            ends = vocabulary.complete(last) if is_open else (last,)
            yield Term(given, tuple((*first, end) for end in ends))


def _last_line(text: str) -> str:
    lines = reversed(text.splitlines())
    return next((line for line in lines if next(read_words(line), None)), "")
