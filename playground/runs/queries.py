"""Reads of recordings. What is not the asker's to read is not there, whatever the reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from exercises.exercise import PLACE
from playground.accounts.learners import digest_learner
from playground.runs.models import AbuseReport, Recording


def list_kept() -> QuerySet[Recording]:
    """What is neither too old nor waiting to be deleted for it."""
    now = timezone.now()
    young = Q(created_at__gte=now - timedelta(days=settings.RECORDING_DAYS))
    return Recording.objects.filter(young | Q(share_expires_at__gt=now))


def list_unshared() -> QuerySet[Recording]:
    """What no link leads to, or none any more."""
    return Recording.objects.exclude(share_expires_at__gt=timezone.now())


def get_own(learner: str, run_id: str) -> Recording | None:
    """The learner's recording of that run."""
    if not learner:
        return None
    return list_kept().filter(learner=digest_learner(learner), run_id=run_id).first()


def list_own(learner: str) -> QuerySet[Recording]:
    """All of the learner's recordings, newest first, without their content."""
    own = list_kept().filter(learner=digest_learner(learner)) if learner else list_kept().none()
    return own.defer("content")


def list_shared(learner: str) -> list[Recording]:
    """Those of them that a link leads to now."""
    shared = list_own(learner).filter(share_token__isnull=False)
    return list(shared.filter(share_expires_at__gt=timezone.now()))


def list_of_cell(learner: str, pack: str, card: str, cell: str) -> list[Recording]:
    """The learner's runs of one cell, newest first, without their content."""
    return list(list_own(learner).filter(pack=pack, card=card, cell=cell))


def list_of_attempts(run_ids: Iterable[str]) -> dict[str, Recording]:
    """The recordings, as far as they are still kept, of attempts by their ``run_id``; without
    their content. Whose attempts these are is the caller's to know.
    """
    kept = list_kept().filter(run_id__in=list(run_ids)).defer("content")
    return {recording.run_id: recording for recording in kept}


def get_shared(token: str) -> Recording | None:
    """What its learner shares by this token."""
    if not token:
        return None
    unexpired = Recording.objects.filter(share_expires_at__gt=timezone.now())
    return unexpired.filter(share_token=token).first()


def list_open_reports() -> list[AbuseReport]:
    """What nobody dealt with yet, oldest first, without the recordings' content."""
    reports = AbuseReport.objects.filter(closed_at=None).select_related("recording")
    return list(reports.defer("recording__content"))


def list_others(recording: Recording, most: int = 20) -> list[Recording]:
    """The same learner's other runs of the card's cells, or of the same exercise, newest first,
    without their content.
    """
    others = list_kept().filter(learner=recording.learner, pack=recording.pack, card=recording.card)
    if recording.is_answer:
        others = others.filter(cell=recording.cell)
    else:
        others = others.exclude(cell__startswith=PLACE)
    return list(others.exclude(pk=recording.pk).defer("content")[:most])
