"""The list of cards, and a card."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import replace_url
from django_htmx.middleware import HtmxDetails

from exercises.exercise import Exercise
from exercises.known import KnownError
from exercises.model import Card, Cell
from playground.accounts.learners import ensure_learner
from playground.catalog import claims, markdown, previews, private_packs, queries
from playground.catalog.filters import Filters, narrow
from playground.catalog.markdown import Marks
from playground.catalog.private_packs import Shown
from playground.catalog.statuses import read_statuses


# A browser that keeps the results alone must not show them as a page.
@vary_on_headers("HX-Request")
def card_list(request: HttpRequest, pack: str) -> HttpResponse:
    """The cards of a pack, narrowed by search, tags, difficulty and how far the learner is."""
    shown = _find_pack(request, pack)
    found = shown.pack
    statuses = read_statuses(request, found)
    given = request.GET
    filters = Filters(
        given.get("search", ""),
        tuple(dict.fromkeys(filter(None, given.getlist("tag")))),
        given.get("difficulty", ""),
        given.get("status", "") if statuses else "",
    )
    narrowed = narrow(found, filters, statuses)
    context = {
        "pack": found,
        "whose": shown,
        "cards": [{**_summary(card), "status": statuses.get(card.slug)} for card in narrowed.cards],
        "filters": filters,
        "narrowed": narrowed,
    }
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if not htmx:
        return _keep_private(shown, render(request, "catalog/card_list.html", context))
    part = _keep_private(shown, render(request, "catalog/card_list.html#results", context))
    return replace_url(part, f"{request.path}?{filters.query}" if filters.query else request.path)


def card(request: HttpRequest, pack: str, card: str) -> HttpResponse:
    """A card with its cells. A visit makes the learner session that runs belong to."""
    whose = _find_pack(request, pack)
    found = whose.pack
    shown = found.card(card)
    if shown is None:
        raise Http404(f"There is no card {card!r} in this pack.")
    ensure_learner(request)
    before, after = queries.get_neighbours(found, shown)
    told = claims.tell(shown, found.checked)
    marks = claims.marks_of(told)
    context = {
        "pack": found,
        "card": shown,
        "whose": whose,
        "rule": markdown.render_inline(shown.rule),
        "question": markdown.render_inline(shown.question),
        "parts": [_part(part, marks) for part in shown.parts()],
        "claims": told,
        "behind": list(claims.list_behind(shown, told)),
        "exercises": [_exercise(each) for each in shown.exercises],
        "follow_ups": claims.list_follow_ups(shown, marks),
        "before": before and _summary(before),
        "after": after and _summary(after),
        **previews.describe_card(request, shown),
    }
    return _keep_private(whose, render(request, "catalog/card.html", context))


def cell(request: HttpRequest, pack: str, card: str, cell: str) -> HttpResponse:
    """A cell that the card's page does not show until it is opened."""
    whose = _find_pack(request, pack)
    shown = whose.pack.card(card)
    found = next((each for each in shown.more_cells if each.slug == cell), None) if shown else None
    if found is None:
        raise Http404(f"There is no cell {cell!r} behind this card.")
    return _keep_private(whose, render(request, "runs/cell.html", {"card": shown, "cell": found}))


@vary_on_headers("HX-Request")
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


def _find_pack(request: HttpRequest, slug: str) -> Shown:
    shown = private_packs.find_pack(slug, private_packs.digest_of(request))
    if shown is None:
        raise Http404(f"There is no pack {slug!r}.")
    return shown


def _keep_private(shown: Shown, response: HttpResponse) -> HttpResponse:
    """What not everybody is shown is kept by no cache."""
    if shown.team:
        response["Cache-Control"] = "private, no-store"
    return response


def _summary(card: Card) -> dict[str, Any]:
    return {
        "card": card,
        "question": markdown.render_inline(card.question),
        "rule": markdown.render_inline(card.rule),
    }


def _exercise(exercise: Exercise) -> dict[str, Any]:
    return {"exercise": exercise, "goal": markdown.render(exercise.goal)}


def _part(part: str | Cell, marks: Marks) -> dict[str, Any]:
    if isinstance(part, Cell):
        return {"cell": part}
    return {"html": markdown.render(part, marks)}
