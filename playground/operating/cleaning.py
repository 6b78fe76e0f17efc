"""What was to be kept for a time, and whose time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from playground.accounts import operations as accounts
from playground.accounts.keepers import list_keepers
from playground.accounts.learners import FORMER_DAYS, LEARNER, hold_learner
from playground.accounts.models import CacheEntry, FormerLearner, Session
from playground.runs import queries as runs
from playground.runs.keeping import RECORDINGS
from playground.runs.models import Recording


def clean() -> dict[str, int]:
    """Delete it; how many of each kind. Streams of runs in Redis end by themselves."""
    now = timezone.now()
    former = now - timedelta(days=FORMER_DAYS)
    kept = runs.list_kept().order_by().values("pk")
    ended = Session.objects.filter(expire_date__lt=now)
    return {
        "browsers without an account": _forget_browsers(ended),
        "sessions": _delete(ended),
        "recordings and links": _delete(Recording.objects.order_by().exclude(pk__in=kept)),
        "sign-ups never confirmed": accounts.forget_unconfirmed(),
        "browsers that signed in": _delete(FormerLearner.objects.filter(created_at__lt=former)),
        "counts of attempts": _delete(CacheEntry.objects.filter(expires__lt=now)),
    }


def _forget_browsers(ended: QuerySet[Session]) -> int:
    """Delete what nobody reaches any more, save runs: those, and links to them, have their time."""
    keepers = [keeper for keeper in list_keepers() if keeper.name != RECORDINGS.name]
    count = 0
    for session in ended.iterator():
        learner = session.get_decoded().get(LEARNER, "")
        if learner:
            count += 1
            with transaction.atomic():
                hold_learner(learner)
                for keeper in keepers:
                    keeper.forget(learner)
    return count


def _delete(rows: QuerySet[Any]) -> int:
    """How many of these rows there were; what goes with them is not counted."""
    _, deleted = rows.delete()
    return deleted.get(rows.model._meta.label, 0)
