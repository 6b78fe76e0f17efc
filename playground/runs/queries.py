"""Reads of recordings. What is not the asker's to read is not there, whatever the reason."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from playground.runs.models import Recording


def digest_learner(learner: str) -> str:
    """How the table names a learner session, whose key is random and long."""
    return hashlib.sha256(learner.encode()).hexdigest()


def list_kept() -> QuerySet[Recording]:
    """What is neither too old nor waiting to be deleted for it."""
    now = timezone.now()
    return Recording.objects.filter(
        Q(shared_at=None, created_at__gte=now - timedelta(days=settings.RECORDING_DAYS))
        | Q(shared_at__gte=now - timedelta(days=settings.SHARED_RECORDING_DAYS))
    )


def get_own(learner: str, run_id: str) -> Recording | None:
    """The learner's recording of that run."""
    if not learner:
        return None
    return list_kept().filter(learner=digest_learner(learner), run_id=run_id).first()


def list_own(learner: str) -> list[Recording]:
    """All of the learner's recordings, newest first, without their content."""
    own = list_kept().filter(learner=digest_learner(learner)) if learner else list_kept().none()
    return list(own.defer("content"))


def get_shared(token: str) -> Recording | None:
    """What its learner shares by this token."""
    return list_kept().filter(share_token=token).first() if token else None


def list_others(recording: Recording, most: int = 20) -> list[Recording]:
    """The same learner's other runs on the same card, newest first, without their content."""
    others = list_kept().filter(learner=recording.learner, pack=recording.pack, card=recording.card)
    return list(others.exclude(pk=recording.pk).defer("content")[:most])
