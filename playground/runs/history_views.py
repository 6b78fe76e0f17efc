"""The history of one place of a card: to look back, to replay, to go back to."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from exercises.exercise import Exercise
from exercises.model import Card
from playground.accounts.learners import get_learner
from playground.catalog import private_packs
from playground.runs import history
from playground.runs.finding import private


@require_safe
@private
@vary_on_headers("HX-Request")
def place_history(request: HttpRequest, pack: str, card: str, place: str) -> HttpResponse:
    """Runs and attempts of whoever asks, as a page of their own or below the place itself."""
    shown, title, exercise = _find(request, pack, card, place)
    given = request.GET.get("page", "")
    page = int(given) if given.isdecimal() and 0 < len(given) < 6 else 1
    found = history.list_history(get_learner(request), shown, place, exercise, max(page, 1))
    context: dict[str, Any] = {
        "card": shown,
        "place": place,
        "title": title,
        "history": found,
        "page": page,
        "following": page + 1 if found.has_more else 0,
        "is_fragment": bool(getattr(request, "htmx", False)),
    }
    part = "#entries" if context["is_fragment"] else ""
    return render(request, f"runs/history.html{part}", context)


@require_safe
@private
def place_code(request: HttpRequest, pack: str, card: str, place: str, run_id: str) -> HttpResponse:
    """The code of one of them, for the editor."""
    shown, _, exercise = _find(request, pack, card, place)
    code = history.find_code(get_learner(request), shown, place, exercise, run_id)
    if not code:
        raise Http404("There is no such code.")
    return HttpResponse(code, content_type="text/plain; charset=utf-8")


def _find(
    request: HttpRequest, pack: str, card: str, place: str
) -> tuple[Card, str, Exercise | None]:
    shown = private_packs.find_card(pack, card, private_packs.digest_of(request))
    found = history.find_place(shown, place) if shown else None
    if shown is None or found is None:
        raise Http404("There is no such place.")
    return shown, *found
