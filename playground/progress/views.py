"""What a card's page tells of its learner."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from playground.accounts import zones
from playground.accounts.learners import ensure_learner, get_learner
from playground.catalog import markdown, private_packs, queries
from playground.progress import operations, overview, review_queue


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """What is due, what is next and what went wrong; for a stranger the first pack."""
    learner, day = get_learner(request), zones.today(request.COOKIES)
    seen = overview.glance(learner, day) if learner else None
    if seen is None:
        return redirect("card-list", pack=next(iter(queries.get_packs())))
    context: dict[str, Any] = {"seen": seen}
    if request.user.is_authenticated:
        until = zones.end_of_today(request.COOKIES)
        context["reviews"] = review_queue.tell_today(learner, day, until)
    return render(request, "progress/home.html", context)


@never_cache
def own_progress(request: HttpRequest) -> HttpResponse:
    """Where whoever asks stands: with an account, or with this browser alone."""
    seen = overview.look(get_learner(request), zones.today(request.COOKIES))
    return render(request, "progress/progress.html", {"seen": seen})


@require_POST
def mark_read(request: HttpRequest, pack: str, card: str) -> HttpResponse:
    """The end of the answer came into view."""
    if private_packs.find_card(pack, card, private_packs.digest_of(request)) is None:
        raise Http404("There is no such card.")
    operations.mark_read(ensure_learner(request), pack, card)
    return HttpResponse(status=204)


@require_POST
def hint(request: HttpRequest, pack: str, card: str, exercise: str, number: int) -> HttpResponse:
    """One hint, for whoever asks for it, and the button for the next."""
    shown = private_packs.find_card(pack, card, private_packs.digest_of(request))
    found = shown.exercise(exercise) if shown else None
    if found is None or not 1 <= number <= len(found.hints):
        raise Http404("There is no such hint.")
    operations.take_hint(ensure_learner(request), pack, card, exercise, number)
    count = len(found.hints)
    context = {
        "pack": pack,
        "card": card,
        "exercise": exercise,
        "number": number,
        "count": count,
        "hint": markdown.render_inline(found.hints[number - 1]),
        "following": number + 1 if number < count else 0,
    }
    return render(request, "progress/hint.html", context)
