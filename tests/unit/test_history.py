"""The history of a place: runs and attempts, their recordings, and the way back to their code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from playground.progress.models import Attempt
from playground.runs import answers, history, operations, queries, recordings, titles
from playground.runs.messages import CheckAnswer
from playground.runs.models import Recording
from sandbox.protocol import Aftermath, PhaseDriven, Response, Rows
from tests.accounts import CARD, make_user, sign_in
from tests.attempts import PACK, attempt
from tests.unit.test_recordings import EVENTS, HOSTILE, save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

EXERCISE = "exercise-freeze-the-loop"
SECRET = "only the judge saw this"
JUDGED = [
    *EVENTS[:-1],
    Rows("a read", ["column"], [[SECRET]]),
    Response("together", 1, 0, 10, body=SECRET, headers={"x": SECRET}),
    PhaseDriven(SECRET, 0, 10),
    Aftermath(10),
    EVENTS[-1],
]


def save_judged(
    learner: str, run_id: str, exercise: str = "freeze-the-loop", answer: str = "1"
) -> Recording:
    """The run that an answer was judged by."""
    found = PACK.cards[0].exercise(exercise)
    assert found
    message = CheckAnswer(PACK.slug, PACK.cards[0].slug, found.place, code=answer, driver="psycopg")
    return operations.save_judged(
        learner=learner,
        run_id=run_id,
        message=message,
        exercise=found,
        answer=answer,
        events=JUDGED,
    )


def get_history(client: Client, place: str, query: str = "", **headers: str) -> str:
    return client.get(
        f"{CARD}history/{place}/{query}",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    ).content.decode()


@pytest.fixture
def browser(client: Client) -> Client:
    """One that opened the card."""
    client.get(CARD)
    return client


@pytest.fixture
def learner(browser: Client) -> str:
    """Of that browser."""
    return str(browser.session["learner"])


def test_an_attempt_is_replayed_as_its_page_saw_it(browser: Client, learner: str) -> None:
    attempt(learner, "first", answer="print(1)")
    recording = save_judged(learner, "first", answer="print(1)")
    assert queries.list_of_attempts(["first", "unknown"]) == {"first": recording}
    page = browser.get("/runs/first/").content.decode()
    assert "Exercise: " in page
    assert "Open in my exercise" in page
    assert "Not yet: 1 of 1 check failed." in page
    assert "print(1)" in page
    assert "203" in browser.get("/runs/first/fragments/").content.decode()
    for path in ("", "fragments/", "recording.json", "trace.json"):
        answer = browser.get(f"/runs/first/{path}")
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
        assert Client().get(f"/runs/first/{path}").status_code == 404
    kept = recordings.unpack(recording.content)
    assert [type(event) for event in kept.events] == [type(event) for event in EVENTS[1:]]
    assert (recording.cell, recording.workers) == (EXERCISE, 1)


def test_of_a_prediction_the_author_s_code_is_replayed(browser: Client, learner: str) -> None:
    found = PACK.cards[0].exercise("more-threads-than-connections")
    assert found
    recording = save_judged(learner, "foretold", found.slug, answer="waits = 3")
    assert recordings.unpack(recording.content).code == found.starter
    assert "Open in my exercise" not in browser.get("/runs/foretold/").content.decode()


def test_an_answer_is_not_shared(browser: Client, learner: str) -> None:
    recording = save_judged(learner, "first")
    page = browser.get("/runs/first/").content.decode()
    assert ">Share<" not in page
    told = browser.post("/runs/first/share/", headers={"HX-Request": "true"}).content.decode()
    assert "others are to find their own" in told
    recording.refresh_from_db()
    assert recording.share_token is None


def test_runs_of_exercises_and_of_cells_are_compared_with_their_like(learner: str) -> None:
    cell = save(learner, run_id="cell")
    cure = save(learner, run_id="cure", cell="cure")
    first, second = save_judged(learner, "first"), save_judged(learner, "second")
    save_judged(learner, "third", "big-result")
    assert queries.list_others(cell) == [cure]
    assert queries.list_others(second) == [first]
    assert [each.run_id for each in titles.list_choices(second, [first])] == ["first"]


def test_the_history_of_a_cell_is_newest_first_and_nobody_else_s(
    browser: Client, learner: str
) -> None:
    for run_id in ("older", "newer"):
        save(learner, run_id=run_id)
    save(learner, run_id="of-another-cell", cell="cure")
    part = get_history(browser, "trap", hx_request="true")
    assert part.lstrip().startswith("<ol")
    assert re.findall(r'href="/runs/([\w-]+)/"', part) == ["newer", "older"]
    assert "Completed." in part
    code = browser.get(f"{CARD}history/trap/older/")
    assert (code.content.decode(), code["Content-Type"]) == (HOSTILE, "text/plain; charset=utf-8")
    assert browser.get(f"{CARD}history/cure/older/").status_code == 404
    stranger = Client()
    assert "No run of it is kept" in get_history(stranger, "trap")
    assert stranger.get(f"{CARD}history/trap/older/").status_code == 404
    page = get_history(browser, "trap")
    assert "<h1>The trap: history</h1>" in page
    assert "Put back" not in page  # there is no editor


def test_an_attempt_outlives_its_recording(browser: Client, learner: str) -> None:
    attempt(learner, "first", "passed", "passed", answer="print(1)")
    attempt(learner, "second", "passed", "failed", answer=HOSTILE, got=HOSTILE)
    save_judged(learner, "first")
    save_judged(learner, "second", answer=HOSTILE)
    part = get_history(browser, EXERCISE, hx_request="true")
    assert re.findall(r'href="/runs/([\w-]+)/"', part) == ["second", "first"]
    assert "Passed: all 2 checks hold." in part
    assert "Not yet: 1 of 2 checks failed." in part
    Recording.objects.all().delete()
    part = get_history(browser, EXERCISE, hx_request="true")
    assert "/runs/" not in part
    assert part.count("its recording is not kept any more") == 2
    assert browser.get(f"{CARD}history/{EXERCISE}/second/").content.decode() == HOSTILE
    assert Client().get(f"{CARD}history/{EXERCISE}/second/").status_code == 404


def test_as_many_runs_of_answers_are_kept_as_of_a_cell(learner: str, settings: Settings) -> None:
    settings.RECORDINGS_PER_CELL = 2
    for number in range(4):
        attempt(learner, f"{number}")
        save_judged(learner, f"{number}")
    assert set(Recording.objects.values_list("run_id", flat=True)) == {"2", "3"}
    assert Attempt.objects.count() == 4


def test_what_was_foretold_is_text(browser: Client, learner: str) -> None:
    attempt(learner, "first", exercise="more-threads-than-connections", answer=HOSTILE)
    part = get_history(browser, "exercise-more-threads-than-connections", hx_request="true")
    assert "&lt;script&gt;" in part
    assert "<script" not in part
    assert "Put back" not in part
    address = f"{CARD}history/exercise-more-threads-than-connections/first/"
    assert browser.get(address).status_code == 404


def test_many_attempts_are_read_page_by_page_with_few_statements(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    user = make_user("alice@example.org")
    sign_in(client, user.email)
    for number in range(history.ON_A_PAGE + 3):
        attempt(user.learner, f"a{number:03}")
    with django_assert_max_num_queries(6):
        first = get_history(client, EXERCISE)
    assert first.count("Not yet") == history.ON_A_PAGE
    assert '<a href="?page=2" rel="next">' in first
    assert get_history(client, EXERCISE, "?page=2").count("Not yet") == 3
    part = get_history(client, EXERCISE, hx_request="true")
    assert "Older attempts</button>" in part
    for page in ("0", "x", "-1", "9" * 40, "7"):
        assert client.get(f"{CARD}history/{EXERCISE}/?page={page}").status_code == 200


@pytest.mark.parametrize("place", ["nowhere", "exercise-nowhere"])
def test_of_what_is_not_there_there_is_no_history(client: Client, place: str) -> None:
    assert client.get(f"{CARD}history/{place}/").status_code == 404
    assert client.get(f"/async-databases/nowhere/history/{place}/").status_code == 404


def test_runs_and_attempts_of_a_browser_are_the_account_s_after_sign_in(
    browser: Client, learner: str
) -> None:
    attempt(learner, "first", answer="print(1)")
    save_judged(learner, "first")
    make_user("alice@example.org")
    sign_in(browser, "alice@example.org")
    assert 'href="/runs/first/"' in get_history(browser, EXERCISE)


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        (["passed"], "Passed."),
        (["passed", "passed"], "Passed: all 2 checks hold."),
        (["failed"], "Not yet: 1 of 1 check failed."),
        (["failed", "errored"], "Not yet: 1 of 2 checks failed."),
        (["errored"], "We could not judge it; the fault is ours. Check again."),
        ([], "We could not judge it; the fault is ours. Check again."),
    ],
)
def test_an_end_in_words(states: Any, sentence: str) -> None:
    assert answers.say_verdicts(states) == sentence


def test_my_runs_name_the_exercise(browser: Client, learner: str) -> None:
    save_judged(learner, "first")
    save(learner, run_id="cell")
    Recording.objects.filter(run_id="first").update(created_at=timezone.now())
    page = browser.get("/runs/").content.decode()
    title = titles.get_title(Recording.objects.get(run_id="first"))
    assert title.startswith("Exercise: ")
    assert title in page
