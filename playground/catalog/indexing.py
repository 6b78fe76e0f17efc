"""The index of all packs: made anew, once, whenever they are not those it was made from."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final, NamedTuple

import msgspec
from django.db import transaction

from playground.catalog import queries
from playground.catalog.documents import BOOSTS, Document, list_documents, to_plain
from playground.catalog.engines import get_engine
from playground.catalog.models import SearchDocument, SearchIndex
from playground.catalog.words import Vocabulary, split_humps, split_words

VERSION: Final = 1  # of what is written for the same packs
_ROW: Final = 1


class Contents(NamedTuple):
    """The words of all that is to be found, and the digest of it."""

    vocabulary: Vocabulary
    digest: str


@cache
def get_contents() -> Contents:
    """Read once: packs never change while the site runs."""
    documents = _read_documents()
    texts = (part for each in documents for part in (each.title, each.text, each.more))
    digest = hashlib.sha256(msgspec.json.encode([VERSION, documents])).hexdigest()
    return Contents(Vocabulary(texts), digest)


def ensure_index() -> None:
    """Make the index if it is another's. Of two processes at once the second waits and sees it."""
    digest = get_contents().digest
    if SearchIndex.objects.filter(digest=digest).exists():
        return
    documents = [to_plain(each) for each in _read_documents()]
    rows = [_row(number, each) for number, each in enumerate(documents, 1)]
    words = [_words_of(each) for each in documents]
    with transaction.atomic():  # only now, as nobody else may write to a SQLite meanwhile
        SearchIndex.objects.get_or_create(pk=_ROW)
        index = SearchIndex.objects.select_for_update().get(pk=_ROW)
        if index.digest != digest:
            SearchDocument.objects.all().delete()
            SearchDocument.objects.bulk_create(rows, batch_size=500)
            get_engine().fill(words)
            index.digest = digest
            index.save()


def _read_documents() -> list[Document]:
    packs, known = queries.get_packs(), queries.get_known_errors()
    return list(list_documents(packs.values(), known.values()))


def _row(number: int, document: Document) -> SearchDocument:
    return SearchDocument(
        number=number,
        kind=document.kind,
        pack=document.pack,
        card=document.card,
        anchor=document.anchor,
        error=document.error,
        title=document.title.replace("\0", ""),  # which Postgres holds in no text
        text=document.text.replace("\0", ""),
        boost=BOOSTS[document.kind],
    )


def _words_of(document: Document) -> tuple[list[str], list[str], list[str]]:
    """Of its title, of its text, and what is less telling: hidden words and parts of words."""
    title, text, more = document.title, document.text, document.more
    humps = split_humps(f"{title} {text} {more}")
    return split_words(title), split_words(text), [*split_words(more), *humps]
