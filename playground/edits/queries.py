"""Reads of edits, a card's worth at once."""

from __future__ import annotations

import hashlib
from typing import Any

from exercises.exercise import PLACE
from exercises.model import Card
from playground.accounts.learners import digest_learner
from playground.accounts.models import ACCOUNT
from playground.edits.models import Edit


def name_owner(learner: str) -> str:
    """How a page names whose it is: it tells apart who is signed in, and opens nothing."""
    if not learner:
        return ""
    kind = "account" if learner.startswith(ACCOUNT) else "browser"
    return f"{kind}-{hashlib.sha256(f'page of {learner}'.encode()).hexdigest()[:16]}"


def list_edits(learner: str, pack: str, card: str) -> dict[str, Edit]:
    """All of the learner's on a card, by place, with what was set aside."""
    if not learner:
        return {}
    found = Edit.objects.filter(learner=digest_learner(learner), pack=pack, card=card)
    return {edit.place: edit for edit in found.prefetch_related("set_aside")}


def describe(edit: Edit) -> dict[str, Any]:
    """What a page is told of it."""
    return {
        "text": edit.text,
        "is_author_s": edit.is_author_s,
        "base": edit.base_digest,
        "version": edit.version,
        "changed_at": edit.changed_at,
        "set_aside": [
            {"id": one.pk, "text": one.text, "why": one.why, "at": one.at}
            for one in edit.set_aside.all()
        ],
    }


def find_author_s(card: Card, place: str) -> str | None:
    """The author's code in a place where a learner may write; None where there is none.

    Fields begin empty: what is written there is no code.
    """
    if place.startswith(PLACE):
        exercise = card.exercise(place.removeprefix(PLACE))
        if exercise is None:
            return None
        return exercise.starter if exercise.is_code else ""
    cell = card.cell(place)
    return cell.code if cell else None
