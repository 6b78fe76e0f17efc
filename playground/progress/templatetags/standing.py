"""Where somebody stands, in templates of other apps."""

from __future__ import annotations

from django import template
from django.http import HttpRequest
from django.template import Context

from exercises.model import Card
from playground.accounts.learners import get_learner
from playground.progress.models import ExerciseProgress
from playground.progress.queries import list_standings

register = template.Library()


@register.simple_tag(name="list_standings", takes_context=True)
def standings_of(context: Context, card: Card) -> dict[str, ExerciseProgress]:
    """Those of whoever asks with the card's exercises, by slug."""
    request: HttpRequest = context["request"]
    return list_standings(get_learner(request), card)


@register.filter
def of(standings: dict[str, ExerciseProgress], exercise: str) -> ExerciseProgress | None:
    """That of one exercise."""
    return standings.get(exercise)
