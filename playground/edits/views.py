"""A page tells what was typed, and asks what was typed elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
from allauth.account.adapter import get_adapter
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.learners import ensure_learner, get_learner
from playground.catalog import private_packs
from playground.edits import messages, operations, queries
from playground.edits.flood import Flood

_flood = Flood()
_SIGNED_IN_OR_OUT = (
    "You signed in or out since this page was opened, so what you type is kept in this browser "
    "alone. Reload the page: your code stays."
)


@require_safe
@never_cache
def card_edits(request: HttpRequest, pack: str, card: str) -> HttpResponse:
    """All that whoever asks has typed on a card."""
    if private_packs.find_card(pack, card, private_packs.digest_of(request)) is None:
        raise Http404("There is no such card.")
    learner = get_learner(request)
    edits = queries.list_edits(learner, pack, card)
    told = {place: queries.describe(edit) for place, edit in edits.items()}
    return _answer({"owner": queries.name_owner(learner), "edits": told})


@require_POST
@never_cache
def save(request: HttpRequest, pack: str, card: str, place: str) -> HttpResponse:
    """Keep what was typed in one place; what a page is told of the place then."""
    shown = private_packs.find_card(pack, card, private_packs.digest_of(request))
    author = queries.find_author_s(shown, place) if shown else None
    if author is None:
        raise Http404("There is nothing to edit here.")
    if not _flood.may_pass(str(get_adapter().get_client_ip(request))):
        return _refuse(429, "Too much came at once; it is kept in this browser until later.")
    try:
        message = messages.decode(request.body)
    except (messages.TooLong, RequestDataTooBig):
        return _refuse(413, messages.TOO_LONG)
    except messages.NotOurs as error:
        return _refuse(400, f"The page sent something we do not know ({error}). Reload it.")
    learner = get_learner(request)
    if message.owner != queries.name_owner(learner):
        return _refuse(409, _SIGNED_IN_OR_OUT)
    try:
        edit = operations.save(
            learner=learner or ensure_learner(request),
            pack=pack,
            card=card,
            place=place,
            author=author,
            message=message,
        )
    except operations.NobodysEdit:
        return _refuse(409, _SIGNED_IN_OR_OUT)
    return _answer(queries.describe(edit))


def _answer(told: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(told), content_type="application/json", status=status)


def _refuse(status: int, sentence: str) -> HttpResponse:
    return _answer({"sentence": sentence}, status)
