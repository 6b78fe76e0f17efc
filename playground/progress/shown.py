"""When a page was shown, as it says itself when it sends an answer: signed, by our clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.core import signing
from django.utils import timezone

_SALT: Final = "playground.progress.shown"


class Shown(NamedTuple):
    """``in_review``: by the page that reviews, not the card's."""

    at: datetime
    in_review: bool


def sign(*, in_review: bool) -> str:
    """For a page that is shown now."""
    return signing.Signer(salt=_SALT).sign_object([int(timezone.now().timestamp()), in_review])


def read(token: str) -> Shown | None:
    """None for what no page of ours was given."""
    try:
        at, in_review = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature:
        return None
    return Shown(datetime.fromtimestamp(at, UTC), in_review)
