"""What was to be kept for a time, and whose time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from playground.accounts import operations as accounts
from playground.accounts.learners import FORMER_DAYS
from playground.accounts.models import CacheEntry, FormerLearner, Session
from playground.runs import queries as runs
from playground.runs.models import Recording


def clean() -> dict[str, int]:
    """Delete it; how many of each kind. Streams of runs in Redis end by themselves."""
    now = timezone.now()
    former = now - timedelta(days=FORMER_DAYS)
    kept = runs.list_kept().order_by().values("pk")
    return {
        "sessions": _delete(Session.objects.filter(expire_date__lt=now)),
        "recordings and links": _delete(Recording.objects.order_by().exclude(pk__in=kept)),
        "sign-ups never confirmed": accounts.forget_unconfirmed(),
        "browsers that signed in": _delete(FormerLearner.objects.filter(created_at__lt=former)),
        "counts of attempts": _delete(CacheEntry.objects.filter(expires__lt=now)),
    }


def _delete(rows: QuerySet[Any]) -> int:
    """How many of these rows there were; what goes with them is not counted."""
    _, deleted = rows.delete()
    return deleted.get(rows.model._meta.label, 0)
