"""Progress: derived of what was done, merged at sign-in with nothing lost and nothing twice."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django.utils.timezone
import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from playground.accounts import zones
from playground.accounts.learners import digest_learner
from playground.accounts.models import User
from playground.progress import operations, queries, reviewing
from playground.progress.models import (
    ActivityDay,
    Attempt,
    CardProgress,
    ExerciseProgress,
    ReviewItem,
    ReviewLog,
)
from playground.progress.scheduling import Grade
from playground.progress.shown import Shown
from playground.progress.standing import Try, derive
from tests.accounts import CARD, make_user, post, sign_in
from tests.attempts import DAY, PACK, attempt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

BEGAN = datetime(2026, 11, 26, tzinfo=UTC)
_numbers = itertools.count()

states = st.sampled_from(["passed", "failed", "errored"])
tries = st.lists(
    st.builds(
        lambda minute, number, state: Try(BEGAN + timedelta(minutes=minute), f"{number}", state),
        st.integers(0, 50),
        st.integers(0, 1000),
        states,
    ),
    unique_by=lambda each: each.run_id,
)
hints = st.lists(st.integers(0, 50).map(lambda minute: BEGAN + timedelta(minutes=minute)))


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tries=tries, taken=hints, data=st.data())
def test_a_standing_does_not_depend_on_the_order(
    tries: list[Try], taken: list[datetime], data: Any
) -> None:
    standing = derive(tries, taken)
    assert derive(data.draw(st.permutations(tries)), data.draw(st.permutations(taken))) == standing
    counted = [each for each in tries if each.state != "errored"]
    assert (standing is None) == (not counted and not taken)
    if standing:
        passed = [each for each in counted if each.state == "passed"]
        assert standing.attempts == len(counted)
        assert standing.passed_at == min((each.at for each in passed), default=None)
        assert standing.failures + len(passed) <= standing.attempts or not passed


def get_standing(learner: str, exercise: str = "freeze-the-loop") -> ExerciseProgress:
    return ExerciseProgress.objects.get(learner=digest_learner(learner), exercise=exercise)


def test_hints_and_failures_count_until_the_first_pass() -> None:
    learner = make_user("alice@example.org").learner
    attempt(learner, "1")
    address = ("async-databases", "blocking-driver", "freeze-the-loop")
    operations.take_hint(learner, *address, 1)
    operations.take_hint(learner, *address, 1)
    attempt(learner, "2", "passed", "errored")
    attempt(learner, "3", "passed", "passed")
    operations.take_hint(learner, *address, 2)
    attempt(learner, "4")
    standing = get_standing(learner)
    assert (standing.attempts, standing.failures, standing.hints) == (3, 1, 1)
    assert standing.passed_at == Attempt.objects.get(run_id="3").created_at
    assert standing.last_state == "failed"
    day = ActivityDay.objects.get()
    assert (day.day, day.attempts, day.passed) == (DAY, 3, 1)


def test_an_attempt_told_twice_is_one() -> None:
    learner = make_user("alice@example.org").learner
    first = attempt(learner, "1", "passed")
    assert attempt(learner, "1", "failed") == first
    assert get_standing(learner).attempts == ActivityDay.objects.get().attempts == 1


def test_what_a_run_printed_is_kept_within_bounds() -> None:
    kept = attempt(make_user("alice@example.org").learner, "1", got="\0<b>" * 5000)
    assert kept
    got = kept.verdicts[0]["got"]
    assert "\0" not in got
    assert len(got) <= operations.MAX_TOLD_CHARACTERS


def test_nothing_is_kept_of_an_account_that_is_gone() -> None:
    user = make_user("alice@example.org")
    learner = user.learner
    user.delete()
    assert attempt(learner, "1") is None
    operations.mark_read(learner, "async-databases", "crud")
    operations.mark_ran(learner, "async-databases", "crud", DAY)
    operations.take_hint(learner, "async-databases", "crud", "one-name", 1)
    review(learner, "crud", Grade.GOOD)
    reviewing.correct(learner, "async-databases", "crud", "", Grade.GOOD)
    reviewing.set_daily_limit(learner, 5)
    for model in operations.KEPT:
        assert not model.objects.exists()


DEEDS = st.lists(
    st.tuples(
        st.booleans(),  # by the account, or by the browser
        st.sampled_from(
            ["passed", "failed", "errored", "hint", "read", "ran", "again", "review", "quick"]
        ),
        st.sampled_from(["freeze-the-loop", "big-result"]),
        st.integers(0, 2),
        st.sampled_from([0, 1, 29, 31, 24 * 60, 9 * 24 * 60 + 7]),  # minutes later
    ),
    max_size=12,
)


def review(learner: str, card: str, grade: Grade, number: int = 0, day: date = DAY) -> None:
    reviewing.review_card(
        learner=learner,
        pack="async-databases",
        card=card,
        number=number,
        grade=grade,
        source=ReviewLog.Source.RATING,
        day=day,
    )


def do(learner: str, deed: str, exercise: str, number: int, run_id: str) -> None:
    """One thing that a learner does."""
    day = DAY + timedelta(days=number)
    if deed == "hint":
        operations.take_hint(learner, "async-databases", "blocking-driver", exercise, number)
    elif deed == "read":
        operations.mark_read(learner, "async-databases", f"card-{number}")
    elif deed == "ran":
        operations.mark_ran(learner, "async-databases", f"card-{number}", day)
    elif deed == "review":
        digest = digest_learner(learner)
        done = ReviewLog.objects.filter(learner=digest, card=f"card-{number}").count()
        review(learner, f"card-{number}", Grade(number + 1), done, day)
    elif deed == "again":
        attempt(learner, run_id, exercise=exercise, day=day)
        attempt(learner, run_id, exercise=exercise, day=day)
    elif deed == "quick":
        shown = Shown(django.utils.timezone.now() - timedelta(minutes=1), in_review=False)
        attempt(learner, run_id, "passed", exercise=exercise, day=day, shown=shown)
    else:
        attempt(learner, run_id, deed, exercise=exercise, day=day)  # type: ignore[arg-type]


def list_all(learner: str) -> list[Any]:
    """All that is kept, without keys."""
    hidden = {"id", "learner"}
    return [
        sorted(
            (
                {name: value for name, value in row.items() if name not in hidden}
                for row in model.objects.filter(learner=digest_learner(learner)).values()
            ),
            key=repr,
        )
        for model in operations.KEPT
    ]


@given(deeds=DEEDS)
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=25,
)
def test_any_interleaving_of_two_sides_is_what_one_had_done(
    monkeypatch: pytest.MonkeyPatch, deeds: list[tuple[bool, str, str, int, int]]
) -> None:
    number = next(_numbers)
    one, both = (make_user(f"{name}-{number}@example.org") for name in ("one", "both"))
    browser, now = f"browser-{number}", BEGAN
    with monkeypatch.context() as patched:
        patched.setattr("django.utils.timezone.now", lambda: now)
        for index, (by_account, deed, exercise, which, minutes) in enumerate(deeds):
            now += timedelta(minutes=minutes)
            do(one.learner, deed, exercise, which, f"one-{number}-{index}")
            side = both.learner if by_account else browser
            do(side, deed, exercise, which, f"two-{number}-{index}")
        operations.adopt_progress(browser, both.learner)
    alone, merged = list_all(one.learner), list_all(both.learner)
    for row in merged[0]:
        row["run_id"] = row["run_id"].replace("two", "one")
    assert merged == alone
    assert list_all(browser) == [[] for _ in operations.KEPT]
    assert operations.adopt_progress(browser, both.learner) == 0


def get_item(learner: str, exercise: str = "freeze-the-loop") -> ReviewItem:
    return ReviewItem.objects.get(learner=digest_learner(learner), exercise=exercise)


def test_an_attempt_says_when_its_exercise_is_due_again() -> None:
    learner = make_user("alice@example.org").learner
    attempt(learner, "1", "errored")
    assert not ReviewItem.objects.exists()
    attempt(learner, "2", "failed")
    assert get_item(learner).last_grade == Grade.AGAIN
    attempt(learner, "3", "passed")
    item = get_item(learner)
    assert (item.reviews, item.last_grade) == (1, Grade.HARD)
    assert item.due_at >= item.last_at + timedelta(days=1)
    address = ("async-databases", "blocking-driver", "freeze-the-loop")
    reviewing.correct(learner, *address, Grade.EASY)
    reviewing.correct(learner, *address, Grade.GOOD)
    assert get_item(learner).last_grade == Grade.GOOD
    assert ReviewLog.objects.count() == 1
    with pytest.raises(reviewing.NotNow):
        reviewing.correct(learner, *address[:2], "big-result", Grade.GOOD)


def test_a_hint_asked_for_again_counts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make_user("alice@example.org").learner
    address = ("async-databases", "blocking-driver", "freeze-the-loop")
    for day in (0, 9):
        now = BEGAN + timedelta(days=day)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        operations.take_hint(learner, *address, 1)
        attempt(learner, f"{day}", "passed")
    assert get_standing(learner).hints == 1
    assert (get_item(learner).reviews, get_item(learner).last_grade) == (2, Grade.HARD)


def test_a_card_is_reviewed_once_however_often_its_form_is_sent() -> None:
    learner = make_user("alice@example.org").learner
    review(learner, "crud", Grade.GOOD)
    with pytest.raises(reviewing.NotNow):
        review(learner, "crud", Grade.AGAIN)
    assert get_item(learner, "").last_grade == Grade.GOOD
    assert ActivityDay.objects.get().reviews == 1
    reviewing.correct(learner, "async-databases", "crud", "", Grade.HARD)
    log = ReviewLog.objects.get()
    assert (log.grade, log.source) == (Grade.HARD, ReviewLog.Source.CORRECTION)
    assert get_item(learner, "").last_grade == Grade.HARD


def test_a_sitting_counts_as_one_review_of_the_day() -> None:
    learner = make_user("alice@example.org").learner
    for run_id, state in (("1", "errored"), ("2", "failed"), ("3", "passed")):
        shown = Shown(BEGAN, in_review=True)
        attempt(learner, run_id, state, shown=shown)  # type: ignore[arg-type]
    attempt(learner, "4", "passed", exercise="big-result", shown=Shown(BEGAN, in_review=False))
    assert ActivityDay.objects.get().reviews == 1


def test_sign_in_takes_progress_along_and_says_so(client: Client) -> None:
    client.post(f"{CARD}read/")
    client.post(f"{CARD}exercises/freeze-the-loop/hints/1/")
    browser = client.session["learner"]
    attempt(browser, "1", "passed")
    user = make_user("alice@example.org")
    page = sign_in(client, "alice@example.org").content.decode()
    assert "1 attempt of this browser is now in your account" in page
    progress = CardProgress.objects.get(learner=digest_learner(user.learner))
    assert progress.read_at
    assert get_standing(user.learner).hints == 1
    attempt(browser, "late", "failed")  # of a run that began before
    assert get_standing(user.learner).attempts == 2
    post(client, "/accounts/logout/")
    assert queries.list_statuses(str(client.session.get("learner", "")), PACK)["crud"] == "unread"


def test_a_card_goes_from_unread_to_passed() -> None:
    learner = make_user("alice@example.org").learner

    def status() -> str:
        return queries.list_statuses(learner, PACK)["blocking-driver"]

    card = PACK.card("blocking-driver")
    assert card
    assert status() == "unread"
    operations.mark_read(learner, PACK.slug, card.slug)
    assert status() == "read"
    operations.mark_ran(learner, PACK.slug, card.slug, DAY)
    assert status() == "ran"
    for number, exercise in enumerate(card.exercises):
        assert status() == "ran"
        attempt(learner, f"{number}", "passed", exercise=exercise.slug)
    assert status() == "passed"
    assert queries.list_statuses("", PACK)["blocking-driver"] == "unread"


def test_what_is_not_there_is_neither_read_nor_hinted_at(client: Client) -> None:
    for address in ("/async-databases/x/read/", f"{CARD}exercises/freeze-the-loop/hints/9/"):
        assert client.post(address).status_code == 404
    assert not User.objects.exists()
    assert not CardProgress.objects.exists()


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("", date(2026, 11, 26)),
        ("Pacific%2FKiritimati", date(2026, 11, 27)),
        ("Pacific/Pago_Pago", date(2026, 11, 25)),
        ("../../etc/passwd", date(2026, 11, 26)),
        ("x" * 5000, date(2026, 11, 26)),
    ],
)
def test_a_day_is_the_learner_s_own(monkeypatch: Any, cookie: str, expected: date) -> None:
    noon = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon)
    assert zones.today({zones.ZONE: cookie}) == expected
