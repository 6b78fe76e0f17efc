"""The page of one's own progress: what is next, what went wrong, days, and strengths."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.accounts.learners import digest_learner
from playground.progress import operations, overview
from playground.progress.activity import count_streak, lay_out
from playground.progress.models import ActivityDay, ExerciseProgress
from tests.accounts import CARD, make_user, sign_in
from tests.attempts import DAY, PACK, attempt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


@pytest.mark.parametrize(
    ("before", "streak"),
    [
        ([], 0),
        ([0], 1),
        ([1], 1),
        ([2], 0),
        ([0, 1, 2], 3),
        ([0, 2, 4], 3),
        ([1, 2, 4, 7], 3),
        ([-1, 0], 1),
        ([0, 0, 1], 2),
    ],
)
def test_a_streak_forgives_a_single_day(before: list[int], streak: int) -> None:
    assert count_streak([DAY - timedelta(days=each) for each in before], DAY) == streak


@given(today=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_calendar_ends_with_this_week(today: date) -> None:
    rows = lay_out({}, today)
    assert [row[0].date.weekday() for row in rows] == list(range(7))
    days = [day for row in rows for day in row]
    assert today in {day.date for day in days}
    assert all((day.level is None) == (day.date > today) for day in days)
    assert max(day.date for day in days) - today < timedelta(days=7)


def test_it_tells_what_is_next_and_what_went_wrong() -> None:
    learner = make_user("alice@example.org").learner
    card = PACK.card("blocking-driver")
    assert card
    operations.mark_ran(learner, PACK.slug, "crud", DAY - timedelta(days=1))
    for number, exercise in enumerate(card.exercises):
        attempt(learner, f"{number}", "passed", exercise=exercise.slug)
    attempt(learner, "again", "passed", "failed", card="crud", exercise="one-name")
    seen = overview.look(learner, DAY)
    (pack,) = seen.packs
    assert (pack.read, pack.ran, pack.passed) == (2, 2, 1)
    assert pack.following == PACK.cards[1]
    assert [(one.exercise.slug, one.expected) for one in seen.wrong] == [("one-name", "answers")]
    assert seen.streak == 2
    by_tag = {one.tag: one for one in seen.strengths}
    for tag in card.tags:
        assert by_tag[tag].alone >= len(card.exercises)
    attempt(learner, "right", "passed", card="crud", exercise="one-name")
    assert overview.look(learner, DAY).wrong == []
    assert overview.look("", DAY).packs[0].following == PACK.cards[0]


def test_the_page_is_the_asker_s_own(client: Client, django_assert_max_num_queries: Any) -> None:
    assert "Begin with" in client.get("/progress/").content.decode()
    user = make_user("alice@example.org")
    attempt(user.learner, "1", card="crud", exercise="one-name")
    sign_in(client, "alice@example.org")
    with django_assert_max_num_queries(10):
        page = client.get("/progress/").content.decode()
    assert "/async-databases/crud/#cell-exercise-one-name" in page
    make_user("bob@example.org")
    bob = Client()
    sign_in(bob, "bob@example.org")
    assert "one-name" not in bob.get("/progress/").content.decode()


def test_what_is_gone_is_left_out(client: Client) -> None:
    learner = make_user("alice@example.org").learner
    kept = attempt(learner, "1")
    assert kept
    ExerciseProgress.objects.update(exercise="gone")
    ActivityDay.objects.create(learner=digest_learner(learner), day=date(9999, 1, 1))
    seen = overview.look(learner, DAY)
    assert (seen.wrong, seen.strengths, seen.streak) == ([], [], 1)
    sign_in(client, "alice@example.org")
    assert client.get("/progress/").status_code == 200


def test_a_card_tells_how_its_exercises_stand(client: Client) -> None:
    client.get(CARD)
    learner = client.session["learner"]
    assert 'class="standing"' not in client.get(CARD).content.decode()
    attempt(learner, "1")
    assert "Tried 1 time, not passed yet." in client.get(CARD).content.decode()
    operations.take_hint(learner, PACK.slug, "blocking-driver", "freeze-the-loop", 1)
    attempt(learner, "2", "passed")
    assert "Passed after 2 attempts and 1 hint." in client.get(CARD).content.decode()
    attempt(learner, "3", "passed", exercise="big-result")
    assert "Passed at the first attempt." in client.get(CARD).content.decode()
