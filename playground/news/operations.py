"""Writes of news by mail: who wants it, and what of it is whose to send."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from playground.accounts.learners import hold_learner
from playground.accounts.models import User
from playground.accounts.stop_links import StopLink
from playground.news.models import SentNews, Subscription

CLAIM_MINUTES: Final = 15  # far longer than a mail server takes
STOP_LINK: Final = StopLink("news.unsubscribe")


def subscribe(user: User) -> None:
    """From today on; asking again changes nothing."""
    Subscription.objects.get_or_create(user=user, defaults={"since": timezone.now().date()})


def unsubscribe(user_id: int) -> None:
    """No more mail; asking again changes nothing."""
    Subscription.objects.filter(user_id=user_id).delete()


def list_unsent(user: User, entries: Iterable[UUID]) -> set[UUID]:
    """Those that nobody sent to them or is about to."""
    abandoned = timezone.now() - timedelta(minutes=CLAIM_MINUTES)
    taken = SentNews.objects.filter(user=user).exclude(sent_at=None, claimed_at__lt=abandoned)
    return set(entries) - set(taken.values_list("entry", flat=True))


@transaction.atomic
def claim(user: User, entries: Iterable[UUID]) -> set[UUID]:
    """Those that are the caller's to send; none if they do not want any more."""
    hold_learner(user.learner)
    if not Subscription.objects.filter(user=user).exists():
        return set()
    unsent = list_unsent(user, entries)
    SentNews.objects.filter(user=user, entry__in=unsent).delete()
    now = timezone.now()
    SentNews.objects.bulk_create(
        SentNews(user=user, entry=entry, claimed_at=now) for entry in unsent
    )
    return unsent


def settle(user: User, entries: Iterable[UUID]) -> None:
    """They have left."""
    SentNews.objects.filter(user=user, entry__in=entries).update(sent_at=timezone.now())


def release(user: User, entries: Iterable[UUID]) -> None:
    """They did not leave: they are to be sent again."""
    SentNews.objects.filter(user=user, entry__in=entries, sent_at=None).delete()
