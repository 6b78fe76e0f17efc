"""The places on cards that can be found, and what is said there.

Never what an exercise hides: solutions, hints, mistakes and checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from exercises.claims import MARKER
from exercises.known import KnownError
from exercises.model import CELL_LINE, Card, Pack, anchor_of
from playground.catalog import markdown
from playground.catalog.claims import anchor_of_cell

Kind = Literal["question", "answer", "claim", "follow-up", "exercise", "code", "error"]
# How much more a hit of this kind tells than one of another.
BOOSTS: Final[dict[Kind, float]] = {
    "question": 3.0,
    "error": 3.0,
    "answer": 1.5,
    "follow-up": 1.5,
    "claim": 1.2,
    "exercise": 1.0,
    "code": 0.8,
}
_HEADING: Final = re.compile(r"^#{2,3} +(.+?) *$", re.MULTILINE)


class Document(NamedTuple):
    """One place: ``anchor`` on the card's page (empty: its top), ``error`` the slug of a known
    error. ``more`` is found but not shown. Text is as its author wrote it, until ``to_plain``.
    """

    kind: Kind
    pack: str
    card: str
    anchor: str
    title: str
    text: str
    error: str = ""
    more: str = ""


def to_plain(document: Document) -> Document:
    """Without Markdown, where its author may have used any."""
    title, text = document.title, document.text
    if document.kind in ("question", "answer", "follow-up"):
        title = markdown.to_text(title)
    if document.kind not in ("code", "error"):
        text = markdown.to_text(text)
    return document._replace(title=title, text=text)


def list_documents(packs: Iterable[Pack], known: Iterable[KnownError]) -> Iterator[Document]:
    """Every place of every card, and every known error."""
    for pack in packs:
        for card in pack.cards:
            yield from _of_card(pack, card)
    for each in known:
        yield _of_error(each)


def _of_card(pack: Pack, card: Card) -> Iterator[Document]:
    def place(kind: Kind, anchor: str, title: str, text: str, more: str = "") -> Document:
        return Document(kind, pack.slug, card.slug, anchor, title, text, more=more)

    yield place("question", "", card.question, card.rule, " ".join((card.slug, *card.tags)))
    for heading, text in _parts(card):
        yield place("answer", anchor_of(heading) if heading else "", heading, text)
    for claim in card.claims:
        yield place("claim", f"claim-{claim.id}", "", claim.sentence, claim.often_said)
    for number, each in enumerate(card.follow_ups, 1):
        yield place("follow-up", f"asked-{number}", each.question, MARKER.sub("", each.answer))
    for exercise in card.exercises:
        yield place("exercise", f"cell-{exercise.place}", exercise.title, exercise.goal)
    for cell in (*card.cells, *card.more_cells):
        yield place("code", anchor_of_cell(card, cell.slug), cell.title, cell.code)


def _parts(card: Card) -> Iterator[tuple[str, str]]:
    """The answer below each of its headings; what comes before the first has none."""
    answer = MARKER.sub("", CELL_LINE.sub("", card.answer_markdown))
    pieces = ["", *_HEADING.split(answer)]
    for heading, text in zip(pieces[::2], pieces[1::2], strict=True):
        if text.strip():
            yield heading, text


def _of_error(known: KnownError) -> Document:
    signs = " ".join(
        " ".join((*sign.types, *sign.texts, sign.exactly or "", sign.printed))
        for sign in known.signs
    )
    text = f"{known.what} {known.cure}"
    return Document(
        "error", known.pack, known.card, known.anchor, known.title, text, known.slug, signs
    )
