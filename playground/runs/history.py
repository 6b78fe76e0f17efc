"""What a learner ran and answered in one place of a card, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from exercises.exercise import PLACE, Exercise
from exercises.model import Card
from playground.progress.models import Attempt
from playground.progress.queries import list_attempts
from playground.runs import comparison, queries, recordings
from playground.runs.answers import say_verdicts
from playground.runs.models import Recording

ON_A_PAGE: Final = 20


class Entry(NamedTuple):
    """One run or attempt. ``state`` is an outcome's or a verdict's; ``end`` says it in words.

    ``has_recording``: whether its run is still kept. ``answer`` is what was handed in where that
    is no code; ``has_code`` where it is, or was a cell's.
    """

    run_id: str
    at: datetime
    driver: str
    state: str
    end: str
    has_recording: bool
    has_code: bool
    answer: str = ""
    mistake: str = ""


class History(NamedTuple):
    """A page of them; ``is_exercise`` says what they are called."""

    entries: list[Entry]
    is_exercise: bool
    has_more: bool = False


def find_place(card: Card, place: str) -> tuple[str, Exercise | None] | None:
    """The title of a place of the card, and its exercise if it is one's; None: there is none."""
    if place.startswith(PLACE):
        exercise = card.exercise(place.removeprefix(PLACE))
        return (exercise.title, exercise) if exercise else None
    cell = card.cell(place)
    return (cell.title, None) if cell else None


def list_history(
    learner: str, card: Card, place: str, exercise: Exercise | None, page: int = 1
) -> History:
    """Of a cell every run that is kept; of an exercise every attempt, its run kept or not."""
    if exercise is None:
        runs = queries.list_of_cell(learner, card.pack, card.slug, place)
        return History([_of_run(each) for each in runs], is_exercise=False)
    begin = (page - 1) * ON_A_PAGE
    own = list_attempts(learner, card.pack, card.slug, exercise.slug)
    found = list(own[begin : begin + ON_A_PAGE + 1])
    attempts = found[:ON_A_PAGE]
    kept = queries.list_of_attempts(each.run_id for each in attempts)
    entries = [_of_attempt(each, exercise, each.run_id in kept) for each in attempts]
    return History(entries, is_exercise=True, has_more=len(found) > ON_A_PAGE)


def find_code(learner: str, card: Card, place: str, exercise: Exercise | None, run_id: str) -> str:
    """What was run or handed in there; empty when it is not the learner's, or no code."""
    if exercise is None:
        found = queries.get_own(learner, run_id)
        is_there = found and (found.pack, found.card, found.cell) == (card.pack, card.slug, place)
        return recordings.unpack(found.content).code if found and is_there else ""
    if not exercise.is_code:
        return ""
    own = list_attempts(learner, card.pack, card.slug, exercise.slug).filter(run_id=run_id)
    return own.values_list("answer", flat=True).first() or ""


def _of_run(recording: Recording) -> Entry:
    return Entry(
        run_id=recording.run_id,
        at=recording.created_at,
        driver=recording.driver,
        state=recording.outcome,
        end=comparison.say_outcome(recording.outcome),
        has_recording=True,
        has_code=True,
    )


def _of_attempt(attempt: Attempt, exercise: Exercise, has_recording: bool) -> Entry:
    return Entry(
        run_id=attempt.run_id,
        at=attempt.created_at,
        driver=attempt.driver,
        state=attempt.state,
        end=say_verdicts([each["state"] for each in attempt.verdicts]),
        has_recording=has_recording,
        has_code=exercise.is_code,
        answer="" if exercise.is_code else attempt.answer,
        mistake=attempt.mistake,
    )
