"""The page that searches."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from exercises.known import KnownError
from playground.catalog import markdown, queries
from playground.catalog.search import MAX_CARDS, Found
from playground.catalog.search import search as find

KINDS: Final = {
    "question": "questions",
    "answer": "answers",
    "claim": "claims",
    "follow-up": "asked next",
    "exercise": "exercises",
    "code": "code",
    "error": "known errors",
}


@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """What was found as a whole page, or the results alone while somebody types."""
    text = request.GET.get("q", "").replace("\0", "")
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    card = request.GET.get("card", "")
    card = card if _has_card(card) else ""
    found = find(text, kind=kind, card=card)
    context = {
        "text": text,
        "kind": kind,
        "kind_name": KINDS.get(kind),
        "only_card": _card(card) if card else None,
        "found": found,
        "explained": [_explained(each) for each in found.explained],
        "groups": _groups(found),
        "places": found.cards[card] if card else found.cards.total(),
        "more_cards": 0 if card else max(0, len(found.cards) - MAX_CARDS),
        "kinds": [
            (value, KINDS[value], found.kinds[value]) for value in KINDS if found.kinds[value]
        ],
        "all_kinds": found.kinds.total(),
    }
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    template = "catalog/search.html#results" if htmx else "catalog/search.html"
    return render(request, template, context)


def _groups(found: Found) -> list[dict[str, Any]]:
    """The hits card by card, with how many places each card has beyond them."""
    groups: dict[str, dict[str, Any]] = {}
    for hit in found.hits:
        if hit.place not in groups:
            groups[hit.place] = {**_card(hit.place), "count": found.cards[hit.place], "hits": []}
        groups[hit.place]["hits"].append(hit)
    return list(groups.values())


def _card(place: str) -> dict[str, Any]:
    pack, _, slug = place.partition("/")
    card = queries.get_card(pack, slug)
    assert card is not None
    return {"place": place, "card": card, "question": markdown.render_inline(card.question)}


def _has_card(place: str) -> bool:
    pack, _, slug = place.partition("/")
    return queries.get_card(pack, slug) is not None


def _explained(known: KnownError) -> dict[str, Any]:
    address = f"{reverse('card', args=[known.pack, known.card])}#{known.anchor}"
    return {"known": known, "address": address, **_card(f"{known.pack}/{known.card}")}
