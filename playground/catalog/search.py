"""Search over questions, answers, claims, code and errors: one query, whatever the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final, NamedTuple

from django.urls import reverse

from exercises.known import KnownError
from exercises.pasted import recognise
from playground.catalog import queries
from playground.catalog.engines import get_engine
from playground.catalog.excerpts import Piece, excerpt, excerpt_code, find_spans, mark
from playground.catalog.indexing import ensure_index, get_contents
from playground.catalog.models import SearchDocument
from playground.catalog.search_terms import MAX_CHARACTERS, Term, read_terms, split_terms
from playground.catalog.words import fold

MAX_DOCUMENTS: Final = 200
MAX_CARDS: Final = 12
HITS_PER_CARD: Final = 3


class Hit(NamedTuple):
    """One place where the words were found; its title may be empty."""

    kind: str
    pack: str
    card: str
    anchor: str
    title: list[Piece]
    excerpt: list[Piece]

    @property
    def heading(self) -> list[Piece]:
        """What a link to it says."""
        if self.title:
            return self.title
        return [Piece("The answer")] if self.kind == "answer" else self.excerpt

    @property
    def place(self) -> str:
        """Its card, as in ``Found.cards``."""
        return f"{self.pack}/{self.card}"

    @property
    def address(self) -> str:
        """Of the very place."""
        path = reverse("card", args=[self.pack, self.card])
        return f"{path}#{self.anchor}" if self.anchor else path


class Found(NamedTuple):
    """The best ``hits``, a few of each card, best first. ``explained`` are errors that the text
    speaks of; they are not among the hits again. ``is_partly``: no place has all the words.

    ``kinds`` and ``cards`` count all places by kind and by card, each as if it were not narrowed
    by itself. ``suggestions`` are other texts to search for.
    """

    explained: list[KnownError]
    hits: list[Hit] = []
    kinds: Counter[str] = Counter()
    cards: Counter[str] = Counter()
    is_partly: bool = False
    suggestions: list[str] = []


def search(text: str, *, kind: str = "", card: str = "") -> Found:
    """The places that have every word, else those that have the most. Never an error.

    ``kind`` and ``card``, as pack/card, narrow them.
    """
    text = text[-MAX_CHARACTERS:]
    explained = recognise(list(queries.get_known_errors().values()), text)
    terms, is_pasted = read_terms(text, get_contents().vocabulary)
    if not terms:
        return Found(explained)
    ensure_index()
    told = {each.slug for each in explained}
    shown = [] if is_pasted else _find(terms, told, all_terms=True)
    is_partly = not shown
    if is_partly:
        terms = split_terms(terms)
        shown = _find(terms, told, all_terms=False)
    in_kind = [each for each in shown if kind in ("", each.kind)]
    in_card = [each for each in shown if card in ("", each.place)]
    narrowed = [each for each in in_kind if card in ("", each.place)]
    return Found(
        explained,
        [_hit(each, terms) for each in _choose(narrowed, len(narrowed) if card else HITS_PER_CARD)],
        Counter(each.kind for each in in_card),
        Counter(each.place for each in in_kind),
        is_partly,
        [] if shown and not is_partly else _suggest(text, terms),
    )


def _choose(documents: list[SearchDocument], most: int) -> list[SearchDocument]:
    """At most so many of each card, the best cards first."""
    by_card: defaultdict[str, list[SearchDocument]] = defaultdict(list)
    for each in documents:
        by_card[each.place].append(each)
    return [each for of_card in list(by_card.values())[:MAX_CARDS] for each in of_card[:most]]


def _find(terms: tuple[Term, ...], told: set[str], *, all_terms: bool) -> list[SearchDocument]:
    phrases = [term.phrases for term in terms]
    numbers = get_engine().find(phrases, all_terms=all_terms, most=MAX_DOCUMENTS)
    by_number = SearchDocument.objects.in_bulk(numbers)
    found = [by_number[number] for number in numbers if number in by_number]
    documents = [each for each in found if each.error not in told and _is_there(each)]
    return documents if all_terms else _list_closest(documents, terms)


def _list_closest(documents: list[SearchDocument], terms: tuple[Term, ...]) -> list[SearchDocument]:
    """Those with the most terms first; none with only half as many as the best."""
    counts = {each.number: _count(each, terms) for each in documents}
    enough = max(counts.values(), default=0) / 2
    close = [each for each in documents if counts[each.number] > enough]
    return sorted(close, key=lambda each: -counts[each.number])


def _count(document: SearchDocument, terms: tuple[Term, ...]) -> int:
    """How many of the terms it has, near enough: words inside others count as well."""
    text = f"{document.title}\n{document.text}".lower()
    return sum(any(phrase[0] in text for phrase in term.phrases) for term in terms)


def _is_there(document: SearchDocument) -> bool:
    """While a new version is brought in, another process may have made the index of other packs."""
    return queries.get_card(document.pack, document.card) is not None


def _hit(document: SearchDocument, terms: tuple[Term, ...]) -> Hit:
    title, text = document.title, document.text
    if document.kind == "code":
        shown = excerpt_code(text, terms)
    else:
        shown = excerpt(text, find_spans(text, terms))
    return Hit(
        document.kind,
        document.pack,
        document.card,
        document.anchor,
        mark(title, find_spans(title, terms)),
        shown,
    )


def _suggest(text: str, terms: tuple[Term, ...]) -> list[str]:
    """The same text with words that occur nowhere replaced by those that nearly are the same."""
    vocabulary = get_contents().vocabulary
    unknown = [each for each in terms if each.word and each.word not in vocabulary]
    return [
        text.replace(term.given, word)
        for term in unknown[:2]
        for word in vocabulary.suggest(fold(term.given.strip("*")))
    ]
