"""The list of cards, and a card."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.middleware import HtmxDetails

from exercises.known import KnownError
from exercises.model import Card, Cell, Pack
from playground.catalog import markdown, queries
from playground.catalog.queries import Filters

LEARNER = "learner"


def home(request: HttpRequest) -> HttpResponse:
    """Straight to the first pack."""
    return redirect("card-list", pack=next(iter(queries.get_packs())))


def card_list(request: HttpRequest, pack: str) -> HttpResponse:
    """The cards of a pack, narrowed by search, tag and difficulty."""
    found = _get_pack(pack)
    given = request.GET
    filters = Filters(given.get("search", ""), given.get("tag", ""), given.get("difficulty", ""))
    cards = queries.list_cards(found, filters)
    context = {
        "pack": found,
        "cards": [_summary(card) for card in cards],
        "filters": filters,
        "tags": queries.list_tags(found.cards),
        "difficulties": queries.list_difficulties(found.cards),
    }
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    template = "catalog/card_list.html#results" if htmx else "catalog/card_list.html"
    return render(request, template, context)


def card(request: HttpRequest, pack: str, card: str) -> HttpResponse:
    """A card with its cells. A visit makes the learner session that runs belong to."""
    found = _get_pack(pack)
    shown = found.card(card)
    if shown is None:
        raise Http404(f"There is no card {card!r} in this pack.")
    request.session.setdefault(LEARNER, secrets.token_hex(16))
    before, after = queries.get_neighbours(found, shown)
    context = {
        "pack": found,
        "card": shown,
        "rule": markdown.render_inline(shown.rule),
        "question": markdown.render_inline(shown.question),
        "parts": [_part(part) for part in shown.parts()],
        "before": before and _summary(before),
        "after": after and _summary(after),
    }
    return render(request, "catalog/card.html", context)


def known_errors(request: HttpRequest) -> HttpResponse:
    """Every error that can be explained, each at an address of its own; narrowed by a search."""
    search = request.GET.get("search", "")
    found = queries.list_known_errors(search)
    context = {
        "search": search,
        "errors": [_error(each) for each in found],
        "count": len(queries.get_known_errors()),
    }
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    template = "catalog/known_errors.html#results" if htmx else "catalog/known_errors.html"
    return render(request, template, context)


def _error(known: KnownError) -> dict[str, Any]:
    card = queries.get_packs()[known.pack].card(known.card)
    assert card is not None
    example = f"```python\n{known.example}```"
    return {
        "known": known,
        "question": markdown.render_inline(card.question),
        "example": markdown.render(example),
    }


def _get_pack(slug: str) -> Pack:
    pack = queries.get_packs().get(slug)
    if pack is None:
        raise Http404(f"There is no pack {slug!r}.")
    return pack


def _summary(card: Card) -> dict[str, Any]:
    return {
        "card": card,
        "question": markdown.render_inline(card.question),
        "rule": markdown.render_inline(card.rule),
    }


def _part(part: str | Cell) -> dict[str, Any]:
    if isinstance(part, Cell):
        return {"cell": part}
    return {"html": markdown.render(part)}
