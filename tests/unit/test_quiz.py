"""The self-quiz: drawn from a selection, answered once, scored, and kept for its learner alone."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from exercises.question import Question
from exercises.question_answers import options_of
from exercises.questions import right_answer
from playground.accounts.learners import digest_learner, find_learner
from playground.quiz import items, operations, queries, scores, selection
from playground.quiz.items import Item, get_items
from playground.quiz.models import Quiz, QuizAnswer
from playground.quiz.selection import KINDS, Selection, draw, narrow
from tests.accounts import make_user, sign_in
from tests.attempts import attempt
from tests.unit.test_question_forms import fill_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

EVERY = list(get_items().values())
SOME = EVERY[::4]
FIRST = {kind: next(item for item in EVERY if item.question.kind == kind) for kind in KINDS}
CELL = next(item for item in EVERY if item.question.exercise == "freeze-the-loop")
selections = st.builds(
    Selection,
    st.sampled_from(["", "async-databases"]),
    st.lists(st.sampled_from(["pools", "sqlite", "fastapi"]), unique=True).map(sorted).map(tuple),
    st.sampled_from(["", "easy", "hard"]),
    st.sampled_from(["", *KINDS]),
    st.booleans(),
    st.sampled_from(selection.SIZES),
)


def begin(client: Client, *drawn: Item) -> Quiz:
    """A quiz of these questions, for whoever the client is."""
    client.get("/async-databases/blocking-driver/")
    quiz = operations.begin(get_learner(client), "", drawn)
    assert quiz
    return quiz


def get_learner(client: Client) -> str:
    return find_learner(client.session.session_key)


def send(client: Client, quiz: Quiz, number: int, *answer: str, **fields: str) -> Any:
    data = {"answer": list(answer), **fields}
    return client.post(f"/quiz/{quiz.pk}/{number}/", data, follow=True)


def show(client: Client, quiz: Quiz, place: object = "") -> str:
    address = f"/quiz/{quiz.pk}/{place}/" if place else f"/quiz/{quiz.pk}/"
    return html.unescape(client.get(address, follow=True).content.decode())


def get_wrong(question: Question) -> list[str]:
    """An answer in the right form that is wrong."""
    if question.kind == "choose":
        right = right_answer(question)
        assert isinstance(right, list)
        return [next(o.key for o in options_of(question) if o.key not in right)]
    return ["-12345.6" if question.number is not None else "no such thing"]


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(selections, st.sets(st.sampled_from([item.key for item in SOME])))
def test_each_count_is_what_would_remain(chosen: Selection, wrong: set[items.Key]) -> None:
    def count(**other: Any) -> int:
        return len(narrow(SOME, chosen._replace(**other), wrong).items)

    narrowed = narrow(SOME, chosen, wrong)
    sides = {"pack": narrowed.packs, "difficulty": narrowed.difficulties, "kind": narrowed.kinds}
    for name, choices in sides.items():
        assert {c.value: c.cards for c in choices} == {
            c.value: count(**{name: c.value}) for c in choices
        }
    tags = {choice.value: choice.cards for choice in narrowed.tags}
    assert tags == {tag: count(tags=(tag,)) for tag in tags}
    assert narrowed.wrong == count(wrong=True)
    assert selection.read_selection(QueryDict(chosen.query)) == chosen


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(selection.SIZES), st.text(max_size=4), st.sampled_from(["", *KINDS]))
def test_a_quiz_has_all_kinds_and_few_live_cells(size: int, seed: str, kind: str) -> None:
    pool = [item for item in EVERY if kind in ("", item.question.kind)]
    drawn = draw(pool, size, seed, {})
    assert drawn == draw(pool, size, seed, {})
    assert len({item.key for item in drawn}) == len(drawn)
    exercises = [(i.card.slug, i.question.exercise) for i in drawn if i.question.exercise]
    assert len(set(exercises)) == len(exercises)
    kinds = Counter(item.question.kind for item in drawn)
    if kind:
        assert set(kinds) == {kind}
    else:
        assert len(drawn) == size
        assert kinds["cell"] == size // selection.ONE_CELL_IN
        assert len(kinds) >= 5


def test_what_was_not_asked_yet_comes_first() -> None:
    pool = [item for item in EVERY if item.question.kind == "choose"]
    asked: Mapping[items.Key, int] = {item.key: 1 for item in pool[10:]}
    drawn = {item.key for item in draw(pool, 5, "seed", asked)}
    assert drawn <= {item.key for item in pool[:10]}


def test_live_cells_are_short() -> None:
    cells = [item for item in EVERY if item.question.kind == "cell"]
    assert len(cells) > 10
    for item in cells:
        assert item.exercise
        assert item.exercise.starter.count("\n") <= items.SHORT_LINES


def test_it_is_begun_from_a_form_and_led_through(client: Client) -> None:
    page = client.get("/quiz/?tag=pools&size=5").content.decode()
    assert "Begin with 5 questions" in page
    assert "learner" not in client.session
    response = client.post("/quiz/", {"tag": "pools", "size": "5"}, follow=True)
    quiz = Quiz.objects.get()
    assert response.redirect_chain[-1] == (f"/quiz/{quiz.pk}/1/", 302)
    assert (quiz.selection, len(quiz.questions)) == ("tag=pools&size=5", 5)
    assert quiz.learner == digest_learner(client.session["learner"])
    assert all(
        "pools" in get_items()[pack, card, each].card.tags for pack, card, each, _ in quiz.questions
    )


def test_htmx_gets_the_counts_and_the_address(client: Client) -> None:
    response = client.get(
        "/quiz/?difficulty=hard&csrfmiddlewaretoken=x", headers={"HX-Request": "true"}
    )
    assert response.headers["HX-Replace-Url"] == "/quiz/?difficulty=hard"
    assert response.content.decode().lstrip().startswith('<div id="choices">')


def test_nothing_to_ask_is_said(client: Client) -> None:
    response = client.post("/quiz/", {"wrong": "1"})
    assert "No question matches" in response.content.decode()
    assert not Quiz.objects.exists()


@pytest.mark.parametrize("kind", ["choose", "fill", "line", "order", "predict"])
def test_a_right_answer_is_told_with_why_and_what_proves_it(client: Client, kind: str) -> None:
    item = next(i for i in EVERY if i.question.kind == kind and i.question.evidence)
    quiz = begin(client, item)
    before = show(client, quiz, 1)
    assert item.question.explanation.strip() not in before
    assert 'class="cell ' not in before
    page = send(client, quiz, 1, *fill_in(item.question)).content.decode()
    assert "autofocus>Right</h2>" in page
    cell = item.card.cell(item.question.evidence)
    assert cell
    assert f'data-cell="{cell.slug}"' in page
    assert f'href="/async-databases/{item.card.slug}/#' in page
    assert QuizAnswer.objects.get().right is True
    quiz.refresh_from_db()
    assert quiz.finished_at


def test_the_first_answer_counts_however_often_it_is_sent(client: Client) -> None:
    item = FIRST["choose"]
    quiz = begin(client, item, FIRST["predict"])
    for answer in (get_wrong(item.question), fill_in(item.question), get_wrong(item.question)):
        page = send(client, quiz, 1, *answer).content.decode()
        assert "Not right" in page
    assert not QuizAnswer.objects.get().right
    operations.answer(quiz, 1, right=True, given=["x"])
    assert not QuizAnswer.objects.get().right
    quiz.refresh_from_db()
    assert quiz.finished_at is None


@pytest.mark.parametrize("answer", [[], [""], ["<b>x</b>\0"], ["x" * 9000]])
def test_what_is_no_answer_is_refused_and_costs_nothing(client: Client, answer: list[str]) -> None:
    quiz = begin(client, FIRST["choose"])
    page = send(client, quiz, 1, *answer).content.decode()
    assert re.search(r'<p class="not-sent" role="alert">[^<]+</p>', page)
    assert "<b>x</b>" not in page
    assert not QuizAnswer.objects.exists()


def test_who_does_not_know_is_told(client: Client) -> None:
    item = FIRST["choose"]
    quiz = begin(client, item)
    page = send(client, quiz, 1, skip="1").content.decode()
    assert "Not known" in page
    assert (
        scores.count(scores.list_places(quiz, queries.list_outcomes([quiz])[quiz.pk])).counted == 1
    )


def test_hostile_text_is_shown_as_text(client: Client) -> None:
    item = next(i for i in EVERY if i.question.kind == "predict" and i.question.accepts)
    quiz = begin(client, item)
    page = send(client, quiz, 1, "<script>alert(1)</script>\0").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_live_cell_is_answered_by_its_first_judged_attempt(client: Client) -> None:
    learner = begin_learner(client)
    attempt(learner, "before", "passed")
    quiz = begin(client, CELL)
    page = show(client, quiz, 1)
    assert 'data-key="quiz/' in page
    exercise = CELL.exercise
    assert exercise
    hidden = (exercise.why, *exercise.hints, exercise.solution, exercise.mistakes[0].message)
    assert [each for each in hidden if each.strip() in page] == []
    assert "No check was judged yet" in send(client, quiz, 1).content.decode()
    attempt(learner, "ours", "errored")
    attempt(learner, "elsewhere", "passed", exercise="big-result")
    assert "No check was judged yet" in send(client, quiz, 1).content.decode()
    attempt(learner, "first", "failed")
    attempt(learner, "second", "passed")
    page = send(client, quiz, 1).content.decode()
    assert "your first check failed" in page
    assert CELL.question.explanation.strip()[:40] not in html.unescape(page)
    row = QuizAnswer.objects.get()
    assert (row.right, row.run_id) == (False, "first")


def begin_learner(client: Client) -> str:
    client.get("/async-databases/blocking-driver/")
    return str(client.session["learner"])


def test_a_prediction_is_proved_by_its_exercise_narrowed_to_what_was_asked(client: Client) -> None:
    item = next(i for i in EVERY if i.question.id == "exercise-count-them-one")
    quiz = begin(client, item)
    page = send(client, quiz, 1, "3").content.decode()
    assert 'name="asked" value="one"' in page
    assert re.findall(r'name="predict-(\w+)" value="(\w*)"', page) == [("one", "3")]


def test_a_question_that_changed_is_told_and_left_out(client: Client, monkeypatch: Any) -> None:
    one, two = FIRST["choose"], FIRST["predict"]
    quiz = begin(client, one, two)
    send(client, quiz, 1, *fill_in(one.question))
    changed = msgspec.structs.replace(one.question, prompt="Another question")
    mended = msgspec.structs.replace(two.question, explanation="Better words")
    assert items._digest(one.card, changed) != one.digest
    assert items._digest(two.card, mended) == two.digest
    others = {**get_items(), one.key: one._replace(question=changed, digest="another")}
    monkeypatch.setattr(items, "get_items", lambda: others)
    assert "changed or taken away" in show(client, quiz, 1)
    assert send(client, quiz, 1, "x").status_code == 200
    assert "Question 2 of 2" in show(client, quiz)
    page = show(client, quiz, "score")
    assert "0 of 0 right" in page
    assert "1 question changed or went away" in page


def test_the_score_leads_to_the_cards_and_to_what_was_wrong(client: Client) -> None:
    one, two, three = FIRST["choose"], FIRST["predict"], FIRST["line"]
    quiz = begin(client, one, two, three)
    send(client, quiz, 1, *get_wrong(one.question))
    send(client, quiz, 2, *fill_in(two.question))
    page = show(client, quiz, "score")
    assert "1 of 2 right" in page
    assert "1 question still to answer" in page
    assert f'href="/async-databases/{one.card.slug}/#' in page
    assert queries.list_wrong(client.session["learner"]) == {one.key}
    assert "1 of 2</strong> right, 1 still to answer" in client.get("/quiz/").content.decode()
    client.post("/quiz/", {"again": str(quiz.pk)})
    again = Quiz.objects.latest("pk")
    assert [tuple(each[:3]) for each in again.questions] == [one.key]
    send(client, again, 1, *fill_in(one.question))
    assert queries.list_wrong(client.session["learner"]) == set()


def test_a_failed_exercise_is_among_what_went_wrong(client: Client) -> None:
    learner = begin_learner(client)
    attempt(learner, "1", "failed")
    assert queries.list_wrong(learner) == {CELL.key}
    attempt(learner, "2", "passed")
    assert queries.list_wrong(learner) == set()


def test_another_s_quiz_answers_like_one_that_is_not_there(client: Client) -> None:
    quiz = begin(client, FIRST["choose"])
    stranger = Client()
    begin_learner(stranger)
    for number in (quiz.pk, quiz.pk + 1, 10**30):
        for place in ("", "1/", "score/"):
            assert stranger.get(f"/quiz/{number}/{place}").status_code == 404
        assert stranger.post(f"/quiz/{number}/1/", {"skip": "1"}).status_code == 404
        assert stranger.post("/quiz/", {"again": str(number)}).status_code == 404
    assert client.get(f"/quiz/{quiz.pk}/2/").status_code == 404
    assert not QuizAnswer.objects.exists()


def test_sign_in_takes_quizzes_along(client: Client) -> None:
    item = FIRST["choose"]
    quiz = begin(client, item, FIRST["predict"])
    untouched = begin(client, item)
    send(client, quiz, 1, *get_wrong(item.question))
    user = make_user("alice@example.org")
    page = sign_in(client, "alice@example.org").content.decode()
    assert "1 quiz of this browser is now in your account" in page
    assert "Question 2 of 2" in show(client, quiz)
    send(client, quiz, 2, skip="1")
    digest = digest_learner(user.learner)
    assert QuizAnswer.objects.filter(learner=digest).count() == 2
    assert Quiz.objects.get(pk=untouched.pk).learner == digest
    assert queries.list_wrong(user.learner) == {item.key, FIRST["predict"].key}


def test_quizzes_of_before_are_shown_ten_at_a_time(client: Client) -> None:
    for _ in range(12):
        send(client, begin(client, FIRST["choose"]), 1, skip="1")

    def see(page: str) -> tuple[int, list[str]]:
        shown = client.get("/quiz/", {"page": page}).content.decode()
        return shown.count('<li><a href="/quiz/'), re.findall(r'href="\?page=(\d+)"', shown)

    assert [see(page) for page in ("1", "2")] == [(10, ["2"]), (2, ["1"])]
    assert [see(page) for page in ("", "0", "-1", "x", "9" * 30)] == [(10, ["2"])] * 5
    assert see("999999") == (0, [])


def test_of_two_sides_the_last_answer_says_what_is_not_known(client: Client) -> None:
    here, there = FIRST["choose"], FIRST["predict"]
    user = make_user("alice@example.org")
    account = Client()
    sign_in(account, "alice@example.org")
    for asker, right, item in ((account, True, here), (client, True, there)):
        quiz = begin(asker, item)
        send(asker, quiz, 1, *(fill_in if right else get_wrong)(item.question))
    for asker, item in ((client, here), (account, there)):
        send(asker, begin(asker, item), 1, *get_wrong(item.question))
    early = QuizAnswer.objects.filter(card=there.key[1], question=there.key[2])
    early.filter(right=False).update(answered_at=timezone.now() - timedelta(days=1))
    sign_in(client, "alice@example.org")
    assert queries.list_wrong(user.learner) == {here.key}
    kept = set(QuizAnswer.objects.filter(is_newest=True))
    assert len(kept) == 2
    QuizAnswer.objects.update(is_newest=False)
    import_module("playground.quiz.migrations.0003_newest_answers").mark_newest(apps, None)
    assert set(QuizAnswer.objects.filter(is_newest=True)) == kept


def test_pages_ask_the_database_little(client: Client, django_assert_max_num_queries: Any) -> None:
    make_user("alice@example.org")
    sign_in(client, "alice@example.org")
    drawn = [*draw(EVERY, 39, "seed", {}), CELL]
    quizzes = [begin(client, *drawn) for _ in range(3)]
    for quiz in quizzes:
        for number in range(1, 30):
            operations.answer(quiz, number, right=number % 2 == 0, given=None)
    for address in (
        "/quiz/",
        "/quiz/?wrong=1",
        *(f"/quiz/{quizzes[0].pk}/{n}/" for n in ("1", "40", "score")),
    ):
        client.get(address)
        with django_assert_max_num_queries(12):
            client.get(address)
