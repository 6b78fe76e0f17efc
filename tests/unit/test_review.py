"""The review: a queue that mixes, each step a plain form, nothing of anybody else."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exercises.question import Question
from exercises.questions import right_answer
from playground.accounts.learners import digest_learner
from playground.progress import operations, review_queue, reviewing
from playground.progress.models import (
    ActivityDay,
    Attempt,
    CardProgress,
    ExerciseProgress,
    ReviewItem,
    ReviewLog,
)
from playground.progress.review_queue import Kind
from playground.progress.scheduling import Grade
from playground.progress.shown import read, sign
from tests.accounts import CARD, make_user, post, sign_in, sign_up
from tests.attempts import DAY, PACK, attempt
from tests.unit.test_progress import review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

ALICE = "alice@example.org"
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
TO_EXPLAIN, TO_PREDICT = PACK.cards[1], PACK.cards[0]  # what a new card is asked for goes in turn


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The server's clock; the first is the time."""
    at = [datetime.now(UTC)]
    monkeypatch.setattr("django.utils.timezone.now", lambda: at[0])
    return at


@pytest.fixture
def alice(client: Client, clock: list[datetime]) -> str:
    """Signed in; the key of her learner."""
    user = make_user(ALICE)
    sign_in(client, ALICE)
    return user.learner


def read_page(client: Client, address: str = "/review/") -> str:
    response = client.get(address, follow=True)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def read_cards(learner: str, *cards: Any) -> None:
    for card in cards:
        operations.mark_read(learner, PACK.slug, card.slug)


def rate(client: Client, card: Any, grade: Grade, number: int = 0) -> str:
    key = f"{card.pack}/{card.slug}"
    fields = {"key": key, "number": f"{number}", "grade": f"{grade}"}
    response = post(client, "/review/rate/", **fields)
    return html.unescape(response.content.decode())


def answer_of(question: Question) -> list[str]:
    right = right_answer(question)
    return [str(one) for one in right] if isinstance(right, list) else [f"{right}"]


def test_a_stranger_is_told_why_it_needs_an_account_and_loses_nothing(client: Client) -> None:
    page = read_page(client)
    assert "it needs an account" in page
    assert "/accounts/signup/?next=/review/" in page
    client.post(f"{CARD}read/")
    attempt(client.session["learner"], "1", "failed")
    sign_up(client, ALICE)
    ReviewItem.objects.update(due_at=NOW - timedelta(days=9))
    page = read_page(client)
    assert "0 done today, 2 to go, 1 of them new" in page
    assert 'id="cell-exercise-freeze-the-loop"' in page


def test_what_is_explained_is_revealed_rated_and_comes_again(client: Client, alice: str) -> None:
    read_cards(alice, TO_EXPLAIN)
    page = read_page(client)
    assert "Explain" in page
    assert TO_EXPLAIN.question in page
    assert re.search(r'<details class="reveal">.*Rule of thumb', page, re.S)
    for grade, name in enumerate(("Again", "Hard", "Good", "Easy"), 1):
        assert re.search(rf'value="{grade}" aria-keyshortcuts="{grade}"[^>]*>.*{name}', page)
    page = rate(client, TO_EXPLAIN, Grade.GOOD)
    assert "Good" in page
    assert "1 done today" in page
    assert "All done for today" in page
    item = ReviewItem.objects.get()
    assert (item.reviews, item.last_grade) == (1, Grade.GOOD)
    assert ActivityDay.objects.get().reviews == 1


def test_a_second_click_changes_nothing_and_says_so(client: Client, alice: str) -> None:
    read_cards(alice, TO_EXPLAIN)
    rate(client, TO_EXPLAIN, Grade.GOOD)
    assert "answered already" in rate(client, TO_EXPLAIN, Grade.AGAIN)
    assert ReviewItem.objects.get().last_grade == Grade.GOOD


def test_a_question_is_graded_explained_and_can_be_corrected(client: Client, alice: str) -> None:
    read_cards(alice, TO_PREDICT)
    question = review_queue.choose_question(TO_PREDICT, 0)
    page = read_page(client)
    assert "Predict" in page
    assert question.explanation.strip() not in page
    fields: dict[str, Any] = {"key": f"{PACK.slug}/{TO_PREDICT.slug}", "number": "0"}
    page = post(client, "/review/answer/", **fields, answer="<script>\0").content.decode()
    assert "Not right" in page
    assert "<script>\0" not in page
    assert "Right is" in page
    log = ReviewLog.objects.get()
    assert (log.grade, log.source, log.question) == (Grade.AGAIN, "behaviour", question.id)
    key = {"key": fields["key"], "log": f"{log.pk}"}
    page = post(client, "/review/correct/", **key, grade="2").content.decode()
    assert "<strong>Hard</strong>" in page
    log.refresh_from_db()
    assert (log.grade, log.source) == (Grade.HARD, "correction")
    assert ActivityDay.objects.get().reviews == 1


@pytest.mark.parametrize(("seconds", "grade"), [(3, Grade.EASY), (60, Grade.GOOD)])
def test_a_right_answer_is_good_and_easy_when_quick(
    client: Client, alice: str, clock: list[datetime], seconds: int, grade: Grade
) -> None:
    read_cards(alice, TO_PREDICT)
    token = re.search(r'name="shown" value="([^"]+)"', read_page(client))
    assert token
    clock[0] += timedelta(seconds=seconds)
    page = client.post(
        "/review/answer/",
        {
            "key": f"{PACK.slug}/{TO_PREDICT.slug}",
            "number": "0",
            "shown": token[1],
            "answer": answer_of(review_queue.choose_question(TO_PREDICT, 0)),
        },
        follow=True,
    ).content.decode()
    assert '<h1 id="worth" class="right">' in page
    assert ReviewItem.objects.get().last_grade == grade


def test_an_exercise_is_answered_here_from_the_author_s_code(client: Client, alice: str) -> None:
    attempt(alice, "1", "passed")
    assert "Nothing else is due until" in read_page(client)
    ReviewItem.objects.update(due_at=NOW - timedelta(days=9))
    page = read_page(client)
    assert 'ws-connect="/ws/runs/"' in page
    assert 'data-key="review-1/async-databases/blocking-driver/exercise-freeze-the-loop"' in page
    token = re.search(r'name="shown" value="([^"]+)"', page)
    assert token
    told = read(token[1])
    assert told
    assert told.in_review
    key = "async-databases/blocking-driver/freeze-the-loop"
    page = client.get("/review/rated/", {"key": key}).content.decode()
    assert "Good" in page
    page = post(client, "/review/correct/", key=key, grade="4").content.decode()
    assert "<strong>Easy</strong>" in page
    assert Attempt.objects.count() == 1


def test_it_mixes_and_keeps_to_the_daily_limit(client: Client, alice: str) -> None:
    read_cards(alice, *PACK.cards)
    for number, card in enumerate(PACK.cards[:6]):
        attempt(alice, f"{number}", card=card.slug, exercise=card.exercises[0].slug)
    ReviewItem.objects.update(due_at=NOW - timedelta(days=9))
    until = datetime.now(UTC) + timedelta(days=1)
    queue = review_queue.read_queue(alice, DAY, until, ())
    assert {item.kind for item in queue.items} == set(Kind)
    assert [item.row is None for item in queue.items] == [False] * 6 + [True] * 11
    fresh = [item.kind for item in queue.items[6:]]
    assert fresh[:4] == [Kind.PREDICT, Kind.EXPLAIN] * 2
    assert "17 to go, 11 of them new" in read_page(client)
    page = post(client, "/review/limit/", limit="2").content.decode()
    assert "2 to go" in page
    for bad in ("0", "501", "-1", "many", "9" * 30, "٣"):
        page = post(client, "/review/limit/", limit=bad).content.decode()
        assert ("number from 1 to 500" in page) or bad == "٣"
    reviewing.set_daily_limit(alice, 1)
    ReviewItem.objects.filter(card="crud").delete()
    rate(client, PACK.cards[3], Grade.GOOD)
    page = read_page(client)
    assert "Enough for today" in page
    assert '<span class="waiting">' not in page


def test_what_is_skipped_waits_until_tomorrow_or_until_it_is_taken_up(
    client: Client, alice: str, clock: list[datetime]
) -> None:
    read_cards(alice, TO_PREDICT, TO_EXPLAIN)
    key = f"{PACK.slug}/{TO_PREDICT.slug}"
    page = post(client, "/review/skip/", key=key).content.decode()
    assert "1 to go" in page
    page = post(client, "/review/skip/", key=f"{PACK.slug}/{TO_EXPLAIN.slug}").content.decode()
    assert "2 skipped" in page
    assert "2 to go" in post(client, "/review/skip/").content.decode()
    post(client, "/review/skip/", key=key)
    clock[0] += timedelta(days=1)
    assert "2 to go" in read_page(client)


def test_every_question_and_follow_up_has_its_turn() -> None:
    for card in PACK.cards:
        kinds = [review_queue.choose_kind(card, None, number) for number in range(4)]
        assert kinds.count(Kind.PREDICT) == kinds.count(Kind.EXPLAIN) == 2
        asked = review_queue.list_asked(card.pack, card.slug)
        turns = {review_queue.choose_question(card, n).id for n in range(2 * len(asked))}
        assert turns == {question.id for question in asked}


def test_each_form_of_an_item_can_be_shown(client: Client, alice: str) -> None:
    read_cards(alice, *PACK.cards[:2])
    for card in PACK.cards[:2]:
        review(alice, card.slug, Grade.AGAIN)
        others = ReviewItem.objects.exclude(card=card.slug)
        for number in range(24):
            others.update(due_at=NOW + timedelta(days=9000))
            ReviewItem.objects.filter(card=card.slug).update(
                reviews=number, due_at=NOW - timedelta(days=9)
            )
            page = read_page(client)
            assert f'name="number" value="{number}"' in page


def test_what_is_somebody_else_s_or_nowhere_is_not_there(client: Client, alice: str) -> None:
    read_cards(alice, TO_PREDICT)
    key = f"{PACK.slug}/{TO_PREDICT.slug}"
    post(client, "/review/answer/", key=key, number="0", answer="x")
    log = ReviewLog.objects.get()
    make_user("bob@example.org")
    bob = Client()
    sign_in(bob, "bob@example.org")
    assert client.get(f"/review/answered/{log.pk}/").status_code == 200
    for number in (log.pk, log.pk + 1):
        assert bob.get(f"/review/answered/{number}/").status_code == 404
    assert bob.get("/review/rated/", {"key": key}).status_code == 404
    assert (
        "no review to correct" in post(bob, "/review/correct/", key=key, grade="4").content.decode()
    )
    log.refresh_from_db()
    assert log.grade == Grade.AGAIN
    for bad in ("", "x", "a/b", f"{key}/nothing", "a/b/c/d", "\0"):
        for address in ("rate", "answer", "correct", "skip"):
            sent = {"key": bad, "grade": "3", "number": "0"}
            assert client.post(f"/review/{address}/", sent).status_code == 404
    assert client.post("/review/rate/", {"key": key, "grade": "5"}).status_code == 404
    assert client.get("/review/", {"after": "<script>"}).status_code == 200


def test_what_is_gone_is_left_out(client: Client, alice: str) -> None:
    attempt(alice, "1")
    read_cards(alice, TO_PREDICT)
    CardProgress.objects.update(card="gone")
    ReviewItem.objects.update(card="gone", due_at=NOW - timedelta(days=9))
    assert "to go" not in read_page(client)
    CardProgress.objects.update(pack="gone")
    ExerciseProgress.objects.update(pack="gone")
    assert PACK.title in read_page(client, "/")


def test_a_page_s_word_for_when_it_was_shown_is_signed() -> None:
    token = sign(in_review=True)
    assert read(token)
    for forged in ("", "x", token[:-1], f"{token}x", token.replace(":", "", 1)):
        assert read(forged) is None


def fill_much(learner: str) -> None:
    """Ten thousand attempts, and what was derived of them."""
    digest, exercises = (
        digest_learner(learner),
        [(card, exercise) for card in PACK.cards for exercise in card.exercises],
    )
    Attempt.objects.bulk_create(
        Attempt(
            learner=digest,
            pack=PACK.slug,
            card=card.slug,
            exercise=exercise.slug,
            exercise_digest="",
            run_id=f"{number}",
            state="failed",
            answer="",
            created_at=NOW - timedelta(minutes=number),
        )
        for number in range(10_000)
        for card, exercise in [exercises[number % len(exercises)]]
    )
    ReviewItem.objects.bulk_create(
        ReviewItem(
            learner=digest,
            pack=PACK.slug,
            card=card.slug,
            exercise=exercise.slug,
            reviews=1,
            stability=1,
            difficulty=1,
            last_grade=1,
            last_at=NOW,
            due_at=NOW - timedelta(days=9),
        )
        for card, exercise in exercises
    )
    read_cards(learner, *PACK.cards)


def test_few_statements_with_much(
    client: Client, alice: str, django_assert_max_num_queries: Any
) -> None:
    fill_much(alice)
    for address in ("/review/", "/review/?after=async-databases/crud/one-name", "/", "/progress/"):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200
    ReviewItem.objects.all().delete()
    with django_assert_max_num_queries(12):
        read_page(client)


def test_home_says_in_one_glance_what_is_due_next_and_wrong(client: Client, clock: Any) -> None:
    assert client.get("/")["Location"] == "/async-databases/"
    client.get(CARD)
    assert client.get("/")["Location"] == "/async-databases/"
    attempt(client.session["learner"], "1")
    page = read_page(client, "/")
    assert "With an account" in page
    assert "/accounts/signup/?next=/review/" in page
    assert "cell-exercise-freeze-the-loop" in page
    assert PACK.cards[0].question.replace("`", "") in page
    make_user(ALICE)
    sign_in(client, ALICE)
    assert "Nothing comes back today" in read_page(client, "/")
    clock[0] += timedelta(days=1)
    page = read_page(client, "/")
    assert "review due today" in page
    assert re.search(r'class="waiting">1<', page)
    assert '<p class="figure">1</p>' in page
