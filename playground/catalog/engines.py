"""The full text of each database engine behind one interface. Words are letters and digits only:
nothing in them is syntax of an engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Final, Protocol

from django.db import connection

Columns = tuple[list[str], list[str], list[str]]
Phrase = tuple[str, ...]
# A term is any of its phrases; what is asked for are all terms, or any.
Terms = Sequence[Sequence[Phrase]]


class Engine(Protocol):
    """Holds the words of each document, by its number."""

    def fill(self, documents: Sequence[Columns]) -> None:
        """Hold these alone, numbered from 1."""

    def find(self, terms: Terms, *, all_terms: bool, most: int) -> list[int]:
        """The numbers of the best documents, the best first."""


class SQLite:
    """FTS5, ranked by bm25, which knows that rare words tell more."""

    def fill(self, documents: Sequence[Columns]) -> None:
        """In one table without a copy of the texts."""
        rows: list[list[int | str]] = [
            [number, *(" ".join(words) for words in columns)]
            for number, columns in enumerate(documents, 1)
        ]
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO catalog_words (catalog_words) VALUES ('delete-all')")
            cursor.executemany(
                "INSERT INTO catalog_words (rowid, title, text, more) VALUES (%s, %s, %s, %s)", rows
            )

    def find(self, terms: Terms, *, all_terms: bool, most: int) -> list[int]:
        """A phrase is quoted words; quotes cannot be inside one."""
        quoted = [" OR ".join(f'"{" ".join(phrase)}"' for phrase in term) for term in terms]
        query = (" AND " if all_terms else " OR ").join(f"({each})" for each in quoted)
        return _select(
            "SELECT number FROM catalog_words "
            "JOIN catalog_searchdocument ON number = catalog_words.rowid "
            "WHERE catalog_words MATCH %s "
            "ORDER BY bm25(catalog_words, 5.0, 1.0, 0.5) * boost, number LIMIT %s",
            query,
            most,
        )


class Postgres:
    """tsvector with positions and weights of our own making: no parser and no dictionary."""

    WEIGHTS: Final = "ABD"

    def fill(self, documents: Sequence[Columns]) -> None:
        """In a table beside the documents, with a GIN index."""
        rows = [(number, self._vector(columns)) for number, columns in enumerate(documents, 1)]
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE catalog_words")
            cursor.executemany("INSERT INTO catalog_words VALUES (%s, %s::tsvector)", rows)

    def find(self, terms: Terms, *, all_terms: bool, most: int) -> list[int]:
        """A phrase is words that follow each other."""
        phrased = [
            " | ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in term)
            for term in terms
        ]
        query = (" & " if all_terms else " | ").join(f"({each})" for each in phrased)
        return _select(
            "SELECT number FROM catalog_words JOIN catalog_searchdocument USING (number), "
            "CAST(%s AS tsquery) AS query WHERE words @@ query "
            "ORDER BY ts_rank('{0.1, 0.2, 0.3, 1.0}', words, query, 1) * boost DESC, number "
            "LIMIT %s",
            query,
            most,
        )

    def _vector(self, columns: Columns) -> str:
        """Columns lie apart, so that no phrase reaches from one into the next."""
        places: defaultdict[str, list[str]] = defaultdict(list)
        place = 0
        for words, weight in zip(columns, self.WEIGHTS, strict=True):
            place += 1
            for word in words:
                place += 1
                places[word].append(f"{place}{weight}")
        return " ".join(f"'{word}':{','.join(where)}" for word, where in places.items())


_ENGINES: Final[dict[str, Engine]] = {"sqlite": SQLite(), "postgresql": Postgres()}


def get_engine() -> Engine:
    """That of the site's own database."""
    return _ENGINES[connection.vendor]


def _select(sql: str, query: str, most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [query, most])
        return list(chain.from_iterable(cursor.fetchall()))
