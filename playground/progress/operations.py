"""Writes of progress. All that is derived is derived anew from what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from exercises.checks import Verdict
from exercises.exercise import Exercise
from exercises.judge import has_failed, has_passed
from playground.accounts.learners import digest_learner, find_owner
from playground.progress.deriving import derive_card, derive_exercise
from playground.progress.models import (
    ActivityDay,
    Attempt,
    CardProgress,
    ExerciseProgress,
    HintTaken,
    ReviewItem,
    ReviewLog,
    ReviewPlan,
)
from playground.progress.moved import tell_moved
from playground.progress.shown import Shown
from sandbox.protocol import LARGEST_FIGURE

MAX_TOLD_CHARACTERS: Final = 2000  # of each part of a verdict
# Every table here that has a learner.
KEPT: Final = (
    *(Attempt, HintTaken, CardProgress, ExerciseProgress, ActivityDay),
    *(ReviewLog, ReviewItem, ReviewPlan),
)


@transaction.atomic
def mark_read(learner: str, pack: str, card: str) -> None:
    """The card's answer was read to its end."""
    if owner := find_owner(learner):
        progress = _card_progress(digest_learner(owner), pack, card)
        progress.read_at = progress.read_at or progress.last_at
        progress.save()
        tell_moved(digest_learner(owner), pack, card)


@transaction.atomic
def mark_ran(learner: str, pack: str, card: str, day: date) -> None:
    """A cell of the card ran, on that day of the learner's."""
    if owner := find_owner(learner):
        digest = digest_learner(owner)
        progress = _card_progress(digest, pack, card)
        progress.ran_at = progress.ran_at or progress.last_at
        progress.runs += 1
        progress.save()
        note_activity(digest, day, runs=1)
        tell_moved(digest, pack, card)


@transaction.atomic
def take_hint(learner: str, pack: str, card: str, exercise: str, number: int) -> None:
    """A hint was shown. Asking for it again is told only in how well the exercise goes today."""
    if owner := find_owner(learner):
        digest = digest_learner(owner)
        HintTaken.objects.create(
            learner=digest,
            pack=pack,
            card=card,
            exercise=exercise,
            number=number,
            taken_at=timezone.now(),
        )
        derive_exercise(digest, pack, card, exercise)


@transaction.atomic
def record_attempt(
    *,
    learner: str,
    run_id: str,
    pack: str,
    card: str,
    exercise: Exercise,
    driver: str,
    answer: str,
    verdicts: Sequence[Verdict],
    mistake: str,
    wall_us: int,
    day: date,
    shown: Shown | None = None,
) -> Attempt | None:
    """Keep a judged answer; telling it again changes nothing. None: its account was deleted."""
    owner = find_owner(learner)
    if not owner:
        return None
    digest = digest_learner(owner)
    attempt, is_new = Attempt.objects.get_or_create(
        run_id=run_id,
        defaults={
            "learner": digest,
            "pack": pack,
            "card": card,
            "exercise": exercise.slug,
            "exercise_digest": exercise.digest,
            "driver": driver,
            "state": _state_of(verdicts),
            "answer": answer,
            "verdicts": [_told(verdict) for verdict in verdicts],
            "mistake": mistake,
            "wall_us": max(0, min(wall_us, LARGEST_FIGURE)),
            "shown_at": shown.at if shown else None,
            "created_at": timezone.now(),
        },
    )
    if is_new and attempt.counts:
        tell_moved(digest, pack, card)
        sittings = derive_exercise(digest, pack, card, exercise.slug)
        begins = (run_id,) in [each.run_ids for each in sittings]
        note_activity(
            digest,
            day,
            attempts=1,
            passed=int(attempt.state == Attempt.State.PASSED),
            reviews=int(begins and shown is not None and shown.in_review),
        )
    return attempt


def note_activity(digest: str, day: date, **counts: int) -> None:
    """Add to what was done on that day."""
    activity, _ = ActivityDay.objects.get_or_create(learner=digest, day=day)
    added = {name: F(name) + count for name, count in counts.items()}
    ActivityDay.objects.filter(pk=activity.pk).update(**added)


def adopt_progress(former: str, learner: str) -> int:
    """Move a browser's progress to an account, as if all had been done there; how many attempts."""
    old, new = digest_learner(former), digest_learner(learner)
    moved: tuple[type[Attempt | HintTaken | ReviewLog], ...] = (Attempt, HintTaken, ReviewLog)
    touched = {each for model in moved for each in _exercises_of(model, old)}
    count, *_ = [model.objects.filter(learner=old).update(learner=new) for model in moved]
    _adopt_cards(old, new)
    _adopt_days(old, new)
    for derived in (ExerciseProgress, ReviewItem, ReviewPlan):
        derived.objects.filter(learner=old).delete()  # a plan is an account's alone
    for pack, card, exercise in sorted(touched):
        if exercise:
            derive_exercise(new, pack, card, exercise)
        else:
            derive_card(new, pack, card)
    return count


def forget_progress(learner: str) -> None:
    """Delete all of it."""
    for model in KEPT:
        model.objects.filter(learner=digest_learner(learner)).delete()


def _adopt_cards(old: str, new: str) -> None:
    names = ("pack", "card")
    own = {_key(one, names): one for one in CardProgress.objects.filter(learner=new)}
    for one in CardProgress.objects.filter(learner=old):
        if mine := own.get(_key(one, names)):
            mine.read_at = _first(mine.read_at, one.read_at)
            mine.ran_at = _first(mine.ran_at, one.ran_at)
            mine.runs += one.runs
            mine.last_at = max(mine.last_at, one.last_at)
            mine.save()
            one.delete()
    CardProgress.objects.filter(learner=old).update(learner=new)


def _adopt_days(old: str, new: str) -> None:
    own = {one.day: one for one in ActivityDay.objects.filter(learner=new)}
    for one in ActivityDay.objects.filter(learner=old):
        if mine := own.get(one.day):
            for name in ("runs", "attempts", "passed", "reviews"):
                setattr(mine, name, getattr(mine, name) + getattr(one, name))
            mine.save()
            one.delete()
    ActivityDay.objects.filter(learner=old).update(learner=new)


def _card_progress(digest: str, pack: str, card: str) -> CardProgress:
    now = timezone.now()
    progress, _ = CardProgress.objects.get_or_create(
        learner=digest, pack=pack, card=card, defaults={"last_at": now}
    )
    progress.last_at = now
    return progress


def _exercises_of(
    model: type[Attempt | HintTaken | ReviewLog], digest: str
) -> list[tuple[str, str, str]]:
    rows = model.objects.filter(learner=digest).order_by()
    return list(rows.values_list("pack", "card", "exercise").distinct())


def _state_of(verdicts: Sequence[Verdict]) -> Attempt.State:
    if has_passed(verdicts):
        return Attempt.State.PASSED
    return Attempt.State.FAILED if has_failed(verdicts) else Attempt.State.ERRORED


def _told(verdict: Verdict) -> dict[str, object]:
    """As JSON; what it got may hold a learner's output, as long as they like and with any byte."""
    got = verdict.got[:MAX_TOLD_CHARACTERS].replace("\0", "")
    told: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(verdict, got=got))
    return told


def _key(row: models.Model, names: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in names)


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
