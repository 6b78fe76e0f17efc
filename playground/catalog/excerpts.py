"""Where in a text the words stand that were found, and a piece of it around them.

Pieces are plain text: templates escape them, and mark those that were found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from playground.catalog.engines import Phrase
from playground.catalog.search_terms import Term
from playground.catalog.words import Word, read_humps, read_words

MOST_CHARACTERS: Final = 220
_BEFORE: Final = 50


class Span(NamedTuple):
    """From where to where a term stands."""

    start: int
    end: int
    term: int


class Piece(NamedTuple):
    """Some text, which is what was looked for or not."""

    text: str
    is_found: bool = False


def find_spans(text: str, terms: Sequence[Term]) -> list[Span]:
    """All of them in reading order, none inside another."""
    lowered, is_plain = text.lower(), text.isascii()
    starting: defaultdict[str, list[tuple[int, Phrase]]] = defaultdict(list)
    for number, term in enumerate(terms):
        for phrase in term.phrases:
            if not is_plain or phrase[0] in lowered:
                starting[phrase[0]].append((number, phrase))
    if not starting:
        return []
    found = [
        Span(words[at].start, words[at + len(phrase) - 1].end, number)
        for words in (list(read_words(text)), list(read_humps(text)))
        for at, word in enumerate(words)
        for number, phrase in starting.get(word.folded, ())
        if _stands(phrase, words, at)
    ]
    spans: list[Span] = []
    for span in sorted(found, key=lambda each: (each.start, -each.end)):
        if not spans or span.start >= spans[-1].end:
            spans.append(span)
    return spans


def mark(text: str, spans: Sequence[Span]) -> list[Piece]:
    """The whole text in pieces."""
    return list(_cut(text, spans, 0, len(text)))


def excerpt(text: str, spans: Sequence[Span], most: int = MOST_CHARACTERS) -> list[Piece]:
    """So much of the text as shows the most terms, whole words only."""
    if len(text) <= most:
        return mark(text, spans)
    start = max(0, _best_start(spans, most) - _BEFORE)
    end = min(len(text), start + most)
    start = text.find(" ", start) + 1 if start else 0
    end = max(start, text.rfind(" ", start, end)) if end < len(text) else end
    pieces = list(_cut(text, spans, start, end))
    return [*([Piece("… ")] if start else []), *pieces, *([Piece(" …")] if end < len(text) else [])]


def excerpt_code(code: str, terms: Sequence[Term], most: int = MOST_CHARACTERS) -> list[Piece]:
    """The line with the most terms, the first of several."""
    lines = [line.strip() for line in code.splitlines()]
    spans = [find_spans(line, terms) for line in lines]
    best = max(range(len(lines)), key=lambda at: len({each.term for each in spans[at]}), default=-1)
    return excerpt(lines[best], spans[best], most) if lines and spans[best] else []


def _stands(phrase: Phrase, words: Sequence[Word], at: int) -> bool:
    following = words[at : at + len(phrase)]
    return tuple(word.folded for word in following) == phrase


def _best_start(spans: Sequence[Span], most: int) -> int:
    """Where the stretch begins in which the most terms stand, the first of several."""
    width = most - 2 * _BEFORE
    reach = [
        (len({each.term for each in spans if span.start <= each.start < span.start + width}), span)
        for span in spans
    ]
    return max(reach, key=lambda one: (one[0], -one[1].start))[1].start if reach else 0


def _cut(text: str, spans: Sequence[Span], start: int, end: int) -> Iterator[Piece]:
    at = start
    for span in spans:
        if at <= span.start and span.end <= end:
            if at < span.start:
                yield Piece(text[at : span.start])
            yield Piece(text[span.start : span.end], is_found=True)
            at = span.end
    if at < end:
        yield Piece(text[at:end])
