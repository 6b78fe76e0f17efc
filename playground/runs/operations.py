"""Writes of recordings: save, share, stop sharing, and forget in time."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from exercises.model import Cell
from playground.runs import queries, recordings
from playground.runs.messages import RunCell
from playground.runs.models import Recording
from sandbox.protocol import LARGEST_FIGURE, RunEvent

MOST_SHARED: Final = 20
_MIB: Final = 1024 * 1024

_log = logging.getLogger(__name__)


class TooManyShared(Exception):
    """The learner shares as many recordings as one may."""


def save_recording(
    *, learner: str, run_id: str, message: RunCell, cell: Cell, events: Iterable[RunEvent]
) -> Recording:
    """Keep a run that ended; saving it again changes nothing. Older ones make room for it."""
    recorded = recordings.cut(message.code, events)
    content = recordings.pack(recorded)
    finished = recorded.finished
    with transaction.atomic():
        recording, is_new = Recording.objects.get_or_create(
            run_id=run_id,
            defaults={
                "learner": queries.digest_learner(learner),
                "pack": message.pack,
                "card": message.card,
                "cell": message.cell,
                "cell_digest": cell.digest,
                "driver": message.driver,
                "workers": message.workers_of(cell),
                "outcome": finished.outcome,
                "wall_us": _bounded(finished.wall_us),
                "longest_block_us": _bounded(finished.summary.longest_block_us),
                "content": content,
                "stored_bytes": len(content),
            },
        )
        if is_new:
            _make_room(recording)
    return recording


def share_recording(recording: Recording) -> None:
    """Give it a link nobody can guess; one that it has stays. Raises TooManyShared."""
    if recording.share_token:
        return
    shared = Recording.objects.filter(learner=recording.learner).exclude(shared_at=None)
    if shared.count() >= MOST_SHARED:
        raise TooManyShared
    recording.share_token = secrets.token_urlsafe(24)
    recording.shared_at = timezone.now()
    recording.save(update_fields=["share_token", "shared_at"])


def stop_sharing(recording: Recording) -> None:
    """Its link leads nowhere from now on."""
    recording.share_token = recording.shared_at = None
    recording.save(update_fields=["share_token", "shared_at"])


def delete_recording(recording: Recording) -> None:
    """Forget it, and its link with it."""
    recording.delete()


def _make_room(newest: Recording) -> None:
    """Drop what is too old or too much, never what is shared and never the newest."""
    kept = queries.list_kept().values("pk")
    Recording.objects.exclude(pk__in=kept).delete()
    droppable = Recording.objects.filter(shared_at=None).exclude(pk=newest.pk)
    own = droppable.filter(learner=newest.learner)
    of_cell = own.filter(pack=newest.pack, card=newest.card, cell=newest.cell)
    surplus = of_cell.values_list("pk", flat=True)[settings.RECORDINGS_PER_CELL - 1 :]
    Recording.objects.filter(pk__in=list(surplus)).delete()
    everybody = Recording.objects.all()
    everyones = everybody.filter(learner=newest.learner)
    _shrink(everyones, own, settings.RECORDING_MEGABYTES_PER_LEARNER * _MIB)
    _shrink(everybody, droppable, settings.RECORDING_MEGABYTES * _MIB)


def _shrink(counted: QuerySet[Recording], droppable: QuerySet[Recording], most_bytes: int) -> None:
    """Drop the oldest until what is counted fits, as far as it may be dropped."""
    total = counted.aggregate(total=Sum("stored_bytes"))["total"] or 0
    surplus: list[int] = []
    if total > most_bytes:
        oldest = droppable.order_by("created_at", "pk").values_list("pk", "stored_bytes")
        for key, size in oldest.iterator():
            if total <= most_bytes:
                break
            surplus.append(key)
            total -= size
        Recording.objects.filter(pk__in=surplus).delete()
    if total > most_bytes:
        _log.warning("recordings take %d bytes, more than the %d allowed", total, most_bytes)


def _bounded(figure: int) -> int:
    return max(0, min(figure, LARGEST_FIGURE))
