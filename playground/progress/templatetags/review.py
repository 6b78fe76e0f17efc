"""What pages tell of reviews: how many are due, and when a page was shown."""

from __future__ import annotations

from django import template
from django.http import HttpRequest
from django.template import Context

from playground.accounts import zones
from playground.accounts.learners import get_learner
from playground.progress import shown
from playground.progress.review_queue import tell_today

register = template.Library()


@register.simple_tag(takes_context=True)
def count_waiting(context: Context) -> int:
    """How many reviews still come today for an account; a page that knows says so itself."""
    request: HttpRequest | None = context.get("request")
    if known := context.get("reviews"):
        return int(known.waiting)
    if request is None or not request.user.is_authenticated:
        return 0
    day, until = zones.today(request.COOKIES), zones.end_of_today(request.COOKIES)
    return tell_today(get_learner(request), day, until).waiting


@register.simple_tag
def shown_now(in_review: object = None) -> str:
    """For the form of an exercise or a question."""
    return shown.sign(in_review=bool(in_review))
