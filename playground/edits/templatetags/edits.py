"""What was typed, in templates of other apps."""

from __future__ import annotations

import msgspec
from django import template
from django.http import HttpRequest
from django.template import Context

from exercises.model import Card
from playground.accounts.learners import get_learner
from playground.edits.queries import describe, list_edits, name_owner

register = template.Library()


@register.simple_tag(takes_context=True)
def owner_of_page(context: Context) -> str:
    """Whose page it is, for the page to say when it saves."""
    return name_owner(get_learner(context["request"]))


@register.simple_tag(takes_context=True)
def kept_edit(context: Context, card: Card, place: str) -> str:
    """What whoever asks has in a place of the card, as JSON; empty for nothing.

    A page asks for all of its card at once.
    """
    request: HttpRequest = context["request"]
    known = request.__dict__.setdefault("edits_of_cards", {})
    address = (card.pack, card.slug)
    if address not in known:
        known[address] = list_edits(get_learner(request), *address)
    edit = known[address].get(place)
    return msgspec.json.encode(describe(edit)).decode() if edit else ""
