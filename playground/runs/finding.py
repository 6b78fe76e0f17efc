"""Whose recording is read: their own by run, anybody's by token; all the rest is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from playground.accounts.learners import get_learner
from playground.runs import queries
from playground.runs.models import Recording

View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """Kept by no cache and listed by no search engine, as sharing can be stopped."""

    @wraps(view)
    def answer(request: HttpRequest, **which: str) -> HttpResponse:
        response = view(request, **which)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def find_recording(request: HttpRequest, run_id: str = "", token: str = "") -> Recording:
    """Their own by run, anybody's by token. Raises Http404 alike for all the rest."""
    own = None if token else queries.get_own(get_learner(request), run_id)
    found = queries.get_shared(token) if token else own
    if found is None:
        raise Http404("There is no such recording.")
    return found


def answer_gone(request: HttpRequest, template: str = "runs/gone.html") -> HttpResponse:
    """For a link that leads nowhere: whether it ever did is not told."""
    return render(request, template, status=404)
