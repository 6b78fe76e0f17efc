"""Scheduling: the fsrs library's own for the same grades, which come from what was done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import fsrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.progress.scheduling import Grade, Graded, foretell, replay
from playground.progress.sittings import (
    GAP,
    QUICK,
    Correction,
    grade_sittings,
    list_sittings,
)
from playground.progress.standing import Try

BEGAN = datetime(2026, 11, 26, 9, tzinfo=UTC)
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)

soon = timedelta(microseconds=1)  # two of something are never reviewed in the same instant
gaps = st.one_of(st.just(soon), st.timedeltas(soon, timedelta(days=900)))
histories = st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), gaps), max_size=15)


def ask_library(history: list[tuple[int, timedelta]]) -> tuple[fsrs.Card, datetime]:
    """What the library itself makes of these ratings, asked one after the other."""
    scheduler = fsrs.Scheduler(learning_steps=[], relearning_steps=[], enable_fuzzing=False)
    card, at = fsrs.Card(card_id=7), BEGAN
    for rating, gap in history:
        at += gap
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), at)
    return card, at


def as_reviews(history: list[tuple[int, timedelta]]) -> list[Graded]:
    at, reviews = BEGAN, []
    for rating, gap in history:
        at += gap
        reviews.append(Graded(at, Grade(rating)))
    return reviews


@unhurried
@given(history=histories, data=st.data())
def test_a_schedule_is_the_library_s_own(history: list[tuple[int, timedelta]], data: Any) -> None:
    reviews = as_reviews(history)
    schedule = replay(reviews)
    card, at = ask_library(history)
    if not history:
        assert schedule is None
        return
    assert schedule
    assert (schedule.stability, schedule.difficulty) == (card.stability, card.difficulty)
    assert (schedule.due_at, schedule.last_at) == (card.due, card.last_review)
    assert (schedule.reviews, schedule.last_grade) == (len(history), history[-1][0])
    assert replay(data.draw(st.permutations(reviews))) == schedule
    later = data.draw(gaps)
    for grade, due_at in foretell(schedule, at + later).items():
        assert due_at == ask_library([*history, (grade, later)])[0].due


@given(grade=st.sampled_from(Grade))
def test_what_is_new_is_foretold_as_well(grade: Grade) -> None:
    foretold = foretell(None, BEGAN)
    assert foretold[grade] == ask_library([(grade, timedelta())])[0].due
    assert list(foretold.values()) == sorted(foretold.values())
    assert foretold[Grade.AGAIN] >= BEGAN + timedelta(days=1)


def test_a_clock_elsewhere_makes_no_difference() -> None:
    east = timezone(timedelta(hours=14))
    here = [Graded(BEGAN, Grade.GOOD), Graded(BEGAN + timedelta(days=3), Grade.HARD)]
    there = [Graded(each.at.astimezone(east), each.grade) for each in here]
    assert replay(there) == replay(here)
    # A server whose clock is behind: what was reviewed later stays so.
    schedule = replay(here)
    assert foretell(schedule, BEGAN) == foretell(schedule, BEGAN + timedelta(days=3))


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def tried(minutes: float, state: str = "failed", shown: float | None = None) -> Try:
    shown_at = None if shown is None else after(shown)
    return Try(after(minutes), f"at-{minutes:g}", state, shown_at)


HALF_HOUR = GAP.total_seconds() / 60
QUICKLY = QUICK.total_seconds() / 60


@pytest.mark.parametrize(
    ("tries", "hints", "grades"),
    [
        ([], [], []),
        ([], [3], []),
        ([tried(1, "errored")], [], []),
        ([tried(1, "passed")], [], [Grade.GOOD]),
        ([tried(9, "passed", shown=9 - QUICKLY)], [], [Grade.EASY]),
        ([tried(9, "passed", shown=9 - QUICKLY - 0.1)], [], [Grade.GOOD]),
        ([tried(1, "passed", shown=0)], [0.5], [Grade.HARD]),
        ([tried(1), tried(2, "passed", shown=1.9)], [], [Grade.HARD]),
        ([tried(1), tried(2)], [], [Grade.AGAIN]),
        ([tried(1, "errored"), tried(2, "passed", shown=0)], [], [Grade.EASY]),
        ([tried(1, "passed"), tried(2)], [1.5], [Grade.GOOD]),  # play after the pass
        ([tried(0), tried(HALF_HOUR, "passed")], [], [Grade.HARD]),
        ([tried(0), tried(HALF_HOUR + 1, "passed")], [], [Grade.AGAIN, Grade.GOOD]),
        ([tried(0), tried(50, "passed")], [25], [Grade.HARD]),  # a hint keeps it going
        ([tried(0, "passed"), tried(9000, "passed")], [8999], [Grade.GOOD, Grade.HARD]),
    ],
)
def test_the_grade_comes_from_what_was_done(
    tries: list[Try], hints: list[float], grades: list[Grade]
) -> None:
    sittings = list_sittings(reversed(tries), map(after, hints))
    assert [each.grade for each in sittings] == grades


def test_the_learner_has_the_last_word() -> None:
    tries = [tried(0), tried(5, "passed"), tried(900)]
    sittings = list_sittings(tries, [])
    words = [
        Correction(after(901), "at-0", Grade.GOOD),
        Correction(after(902), "at-5", Grade.EASY),
        Correction(after(903), "of another", Grade.EASY),
    ]
    graded = grade_sittings(sittings, reversed(words))
    assert [each.grade for each in graded] == [Grade.EASY, Grade.AGAIN]
    assert [each.at for each in graded] == [after(5), after(900)]


states = st.sampled_from(["passed", "failed", "errored"])
some_tries = st.lists(
    st.builds(
        lambda minute, number, state: Try(after(minute), f"{number}", state),
        st.integers(0, 200),
        st.integers(0, 1000),
        states,
    ),
    unique_by=lambda each: each.run_id,
    max_size=12,
)


@unhurried
@given(tries=some_tries, minutes=st.lists(st.integers(0, 200), max_size=5), data=st.data())
def test_sittings_do_not_depend_on_the_order(
    tries: list[Try], minutes: list[int], data: Any
) -> None:
    hints = [after(each) for each in minutes]
    sittings = list_sittings(tries, hints)
    assert list_sittings(data.draw(st.permutations(tries)), hints[::-1]) == sittings
    counted = {each.run_id for each in tries if each.state != "errored"}
    told = [run_id for each in sittings for run_id in each.run_ids]
    assert sorted(told) == sorted(counted)
