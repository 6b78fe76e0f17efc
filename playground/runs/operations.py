"""Writes of recordings: save, share, stop sharing, and forget in time."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from exercises.exercise import Exercise
from exercises.model import Cell
from playground.accounts.learners import digest_learner, find_owner
from playground.progress import operations as progress
from playground.runs import queries, recordings
from playground.runs.messages import CheckAnswer, RunCell
from playground.runs.models import AbuseReport, Recording
from sandbox.protocol import LARGEST_FIGURE, RunEvent

MOST_SHARED: Final = 20
_MIB: Final = 1024 * 1024
_SHARING: Final = ["share_token", "shared_at", "share_expires_at"]

_log = logging.getLogger(__name__)


class NobodysRun(Exception):
    """The account it belonged to was deleted while it ran."""


class TooManyShared(Exception):
    """The learner shares as many recordings as one may."""


class TakenDown(Exception):
    """The operator took its link away."""


class IsPrivate(Exception):
    """Its card is not everybody's."""


class IsAnswer(Exception):
    """It answers an exercise: others are to find their own."""


def save_recording(
    *,
    learner: str,
    run_id: str,
    message: RunCell,
    cell: Cell,
    events: Iterable[RunEvent],
    day: date | None = None,
) -> Recording:
    """Keep a run that ended; saving it again changes nothing. Older ones make room for it.

    With the ``day`` of its learner it counts as a run of the card on that day.

    Raises NobodysRun.
    """
    of_cell = {"cell_digest": cell.digest, "workers": message.workers_of(cell)}
    recorded = recordings.cut(message.code, events)
    return _save(learner, run_id, message, recorded, of_cell, day)


def save_judged(
    *,
    learner: str,
    run_id: str,
    message: CheckAnswer,
    exercise: Exercise,
    answer: str,
    events: Iterable[RunEvent],
) -> Recording:
    """Keep the run that an answer was judged by, as its page showed it; as ``save_recording``."""
    recorded = recordings.cut(exercise.code_to_run(answer), recordings.list_shown(events))
    of_exercise = {"cell_digest": exercise.digest, "workers": exercise.workers}
    return _save(learner, run_id, message, recorded, of_exercise)


def _save(
    learner: str,
    run_id: str,
    message: RunCell | CheckAnswer,
    recorded: recordings.Recorded,
    of_place: dict[str, object],
    day: date | None = None,
) -> Recording:
    content = recordings.pack(recorded)
    finished = recorded.finished
    with transaction.atomic():
        owner = find_owner(learner)
        if not owner:
            raise NobodysRun
        recording, is_new = Recording.objects.get_or_create(
            run_id=run_id,
            defaults={
                "learner": digest_learner(owner),
                "pack": message.pack,
                "card": message.card,
                "cell": message.cell,
                "driver": message.driver,
                "outcome": finished.outcome,
                "wall_us": _bounded(finished.wall_us),
                "longest_block_us": _bounded(finished.summary.longest_block_us),
                "content": content,
                "stored_bytes": len(content),
                **of_place,
            },
        )
        if is_new:
            _make_room(recording)
        if is_new and day is not None:
            progress.mark_ran(learner, message.pack, message.card, day)
    return recording


def list_share_days() -> list[int]:
    """For how many days a link may work; the last is what it is unless its learner chooses."""
    most: int = settings.SHARED_RECORDING_DAYS
    return [*(days for days in (7, 30) if days < most), most]


def share_recording(recording: Recording, *, days: int | None = None) -> None:
    """Give it a link nobody can guess, for so many days; one that works stays and ends then.

    Raises TooManyShared, TakenDown, IsAnswer and IsPrivate.
    """
    if recording.is_answer:
        raise IsAnswer
    if not recording.may_be_shared:
        raise IsPrivate
    if recording.taken_down_at:
        raise TakenDown
    now = timezone.now()
    if not recording.is_shared:
        shared = Recording.objects.filter(learner=recording.learner, share_expires_at__gt=now)
        if shared.count() >= MOST_SHARED:
            raise TooManyShared
        recording.share_token = secrets.token_urlsafe(24)
        recording.shared_at = now
    recording.share_expires_at = now + timedelta(days=days or list_share_days()[-1])
    recording.save(update_fields=_SHARING)


def stop_sharing(recording: Recording) -> None:
    """Its link leads nowhere from now on."""
    recording.share_token = recording.shared_at = recording.share_expires_at = None
    recording.save(update_fields=_SHARING)


@transaction.atomic
def take_down(recording: Recording) -> None:
    """By the operator: its link leads nowhere, and it is not shared again."""
    stop_sharing(recording)
    recording.taken_down_at = timezone.now()
    recording.save(update_fields=["taken_down_at"])
    close_reports(recording)


def close_reports(recording: Recording) -> None:
    """They are dealt with."""
    open_reports = AbuseReport.objects.filter(recording=recording, closed_at=None)
    open_reports.update(closed_at=timezone.now())


def report_recording(recording: Recording, *, reason: str, text: str) -> None:
    """Keep what is said of it, and tell the operator by mail where there is an address.

    Says nothing of whoever reports; the same again, while it is open, is kept once.
    """
    _, is_new = AbuseReport.objects.get_or_create(
        recording=recording, reason=reason, text=text, closed_at=None
    )
    if is_new and settings.ABUSE_EMAIL:
        title = f"{recording.pack}/{recording.card}/{recording.cell}"
        token = recording.share_token
        body = (
            f"Somebody reports the shared run of {title}.\n\n"
            f"{AbuseReport.REASONS[reason]}.\n\n{text}\n\n"
            f"It is at /r/{token}/. To take it down: manage.py reports --take-down={token}\n"
        )
        try:
            EmailMessage("A shared run was reported", body, to=[settings.ABUSE_EMAIL]).send()
        except OSError:
            _log.exception("mail to ABUSE_EMAIL; the report is kept, see `manage.py reports`")


def delete_recording(recording: Recording) -> None:
    """Forget it, and its link with it."""
    recording.delete()


def adopt_recordings(former: str, learner: str) -> int:
    """Move a browser's recordings to an account, as if all had been made there; how many."""
    moved = Recording.objects.filter(learner=digest_learner(former))
    cells = list(moved.order_by().values_list("pack", "card", "cell").distinct())
    count = moved.update(learner=digest_learner(learner))
    own = Recording.objects.filter(learner=digest_learner(learner))
    droppable = queries.list_unshared().filter(learner=digest_learner(learner))
    for pack, card, cell in cells:
        of_cell = droppable.filter(pack=pack, card=card, cell=cell)
        _drop_all_but(of_cell, settings.RECORDINGS_PER_CELL)
    _shrink(own, droppable, settings.RECORDING_MEGABYTES_PER_LEARNER * _MIB)
    return count


def forget_recordings(learner: str) -> None:
    """Delete all that the learner has, shared or not."""
    Recording.objects.filter(learner=digest_learner(learner)).delete()


def _make_room(newest: Recording) -> None:
    """Drop what is too old or too much, never what is shared and never the newest."""
    kept = queries.list_kept().values("pk")
    Recording.objects.exclude(pk__in=kept).delete()
    droppable = queries.list_unshared().exclude(pk=newest.pk)
    own = droppable.filter(learner=newest.learner)
    of_cell = own.filter(pack=newest.pack, card=newest.card, cell=newest.cell)
    _drop_all_but(of_cell, settings.RECORDINGS_PER_CELL - 1)
    everybody = Recording.objects.all()
    everyones = everybody.filter(learner=newest.learner)
    _shrink(everyones, own, settings.RECORDING_MEGABYTES_PER_LEARNER * _MIB)
    _shrink(everybody, droppable, settings.RECORDING_MEGABYTES * _MIB)


def _drop_all_but(newest_first: QuerySet[Recording], most: int) -> None:
    surplus = newest_first.values_list("pk", flat=True)[most:]
    Recording.objects.filter(pk__in=list(surplus)).delete()


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
