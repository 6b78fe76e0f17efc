"""How well an exercise went, from what was done alone: one grade for each sitting. Pure.

A sitting ends with half an hour in which nothing is done to the exercise. What comes after its
first pass is play and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from playground.progress.scheduling import Grade, Graded
from playground.progress.standing import Try

GAP: Final = timedelta(minutes=30)
QUICK: Final = timedelta(minutes=2)  # from the page to the pass


class Sitting(NamedTuple):
    """``at`` is when it was passed, or failed last; ``run_ids`` are its attempts in their order."""

    at: datetime
    grade: Grade
    run_ids: tuple[str, ...]


class Correction(NamedTuple):
    """What the learner says of the sitting that has this attempt."""

    at: datetime
    run_id: str
    grade: Grade


class _Deed(NamedTuple):
    at: datetime
    run_id: str
    attempt: Try | None  # or a hint


def list_sittings(tries: Iterable[Try], hints: Iterable[datetime]) -> list[Sitting]:
    """In their order. Errored attempts count for nothing, and hints alone make no sitting."""
    deeds = [_Deed(each.at, each.run_id, each) for each in tries if each.state != "errored"]
    deeds += [_Deed(at, "", None) for at in hints]
    together: list[list[_Deed]] = []
    for deed in sorted(deeds, key=lambda each: each[:2]):
        if together and deed.at - together[-1][-1].at <= GAP:
            together[-1].append(deed)
        else:
            together.append([deed])
    return [sitting for each in together if (sitting := _judge(each))]


def grade_sittings(sittings: Iterable[Sitting], corrections: Iterable[Correction]) -> list[Graded]:
    """Their grades; where a learner corrected one, the last word is theirs."""
    said = {each.run_id: each for each in sorted(corrections)}
    graded = []
    for sitting in sittings:
        words = [said[run_id] for run_id in sitting.run_ids if run_id in said]
        graded.append(Graded(sitting.at, max(words).grade if words else sitting.grade))
    return graded


def _judge(deeds: list[_Deed]) -> Sitting | None:
    attempts = [each.attempt for each in deeds if each.attempt]
    if not attempts:
        return None
    run_ids = tuple(each.run_id for each in attempts)
    for before, (at, _, attempt) in enumerate(deeds):
        if attempt and attempt.state == "passed":
            return Sitting(at, Grade.HARD if before else _unaided(attempt), run_ids)
    return Sitting(attempts[-1].at, Grade.AGAIN, run_ids)


def _unaided(attempt: Try) -> Grade:
    is_quick = attempt.shown_at is not None and attempt.at - attempt.shown_at <= QUICK
    return Grade.EASY if is_quick else Grade.GOOD
