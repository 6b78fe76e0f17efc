"""The self-quiz: what it is drawn from, one question after the other, and the score."""

from __future__ import annotations

import re
import secrets
from typing import Any, Final, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import replace_url

from exercises.question_answers import GivenRefused, read_given
from exercises.questions import grade
from playground.accounts.learners import ensure_learner, get_learner
from playground.catalog import markdown
from playground.progress.question_forms import ask, read_answer
from playground.quiz import feedback, operations, queries, scores, selection
from playground.quiz.items import Item, get_items
from playground.quiz.models import Quiz
from playground.quiz.scores import Place
from playground.quiz.selection import SIZES, Selection

_ON_A_PAGE: Final = 10
_WHOLE: Final = re.compile(r"\d{1,18}", re.ASCII)
_PAGE_NUMBER: Final = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_NOT_JUDGED: Final = (
    "No check was judged yet. Press Check above the code; when its verdict is there, take it."
)


class _Page(NamedTuple):
    """Some of a learner's quizzes, with the numbers of the pages beside them; 0 for none."""

    quizzes: list[Quiz]
    newer: int
    older: int


# A browser that keeps the counts alone must not show them as a page.
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """What a quiz can be drawn from, and those of before."""
    if request.method == "POST":
        return _begin(request)
    learner = get_learner(request)
    chosen = selection.read_selection(request.GET)
    if not getattr(request, "htmx", False):
        return _show_home(request, learner, chosen)
    context = _choices(learner, chosen)
    part = render(request, "quiz/home.html#choices", context)
    return replace_url(part, f"{request.path}?{chosen.query}" if chosen.query else request.path)


@never_cache
@require_safe
def go_on(request: HttpRequest, quiz: int) -> HttpResponse:
    """To the next question, or to the score."""
    found = _find(request, quiz)
    following = scores.find_next(_list_places(found))
    if following:
        return redirect("quiz-question", quiz=quiz, number=following)
    return redirect("quiz-score", quiz=quiz)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, quiz: int, number: int) -> HttpResponse:
    """One question; after its answer what is right, and what proves it."""
    found = _find(request, quiz)
    places = _list_places(found)
    if not 1 <= number <= len(places):
        raise Http404("There is no such question.")
    place, refusal = places[number - 1], ""
    if request.method == "POST" and place.item and place.state == "open":
        try:
            refusal = _take(request, found, place, place.item)
        except Quiz.DoesNotExist:
            raise Http404("There is no such quiz.") from None
        places = _list_places(found)
        if not scores.find_next(places):
            operations.finish(found)
    elif place.item and place.item.question.kind == "cell" and place.state == "open":
        operations.show(found, number)
    if request.method == "POST" and not getattr(request, "htmx", False) and not refusal:
        return redirect("quiz-question", quiz=quiz, number=number)
    template = _template_of(request, place)
    context = _describe(found, places, number)
    context |= {"refusal": refusal, "is_result": template.endswith("#result")}
    return render(request, template, context)


@never_cache
@require_safe
def score(request: HttpRequest, quiz: int) -> HttpResponse:
    """How it went, by topic and question."""
    found = _find(request, quiz)
    places = _list_places(found)
    rows = [{"place": place, "name": _name(place), "card": _card(place.item)} for place in places]
    context = {"quiz": found, "rows": rows, "score": scores.count(places)}
    context["topics"] = scores.list_topics(places)
    return render(request, "quiz/score.html", context)


def _begin(request: HttpRequest) -> HttpResponse:
    learner = ensure_learner(request)
    chosen = selection.read_selection(request.POST)
    seed = secrets.token_hex(8)
    if again := request.POST.get("again", ""):
        before = _find(request, int(again) if _WHOLE.fullmatch(again) else 0)
        places = _list_places(before)
        drawn = [place.item for place in places if place.item and place.state == "wrong"]
    else:
        matching = selection.narrow(get_items().values(), chosen, queries.list_wrong(learner)).items
        drawn = selection.draw(matching, chosen.size, seed, queries.count_asked(learner))
    if not drawn:
        return _show_home(request, learner, chosen)
    begun = operations.begin(learner, chosen.query, drawn, seed)
    if begun is None:
        raise Http404("Your account is gone.")
    return redirect("quiz", quiz=begun.pk)


def _show_home(request: HttpRequest, learner: str, chosen: Selection) -> HttpResponse:
    page = _read_page(learner, request.GET.get("page", ""))
    outcomes = queries.list_outcomes(page.quizzes) if learner else {}
    past = [
        {"quiz": one, "score": scores.count(scores.list_places(one, outcomes.get(one.pk, {})))}
        for one in page.quizzes
    ]
    context = _choices(learner, chosen) | {"past": past, "page": page}
    return render(request, "quiz/home.html", context)


def _read_page(learner: str, asked: str) -> _Page:
    """To count all of them, for a last page's number, takes as long as the rest of the page."""
    number = int(asked) if _PAGE_NUMBER.fullmatch(asked) else 1
    since = (number - 1) * _ON_A_PAGE
    own = queries.list_own(learner)[since : since + _ON_A_PAGE + 1] if learner else ()
    found = list(own)
    return _Page(found[:_ON_A_PAGE], number - 1, number + 1 if found[_ON_A_PAGE:] else 0)


def _choices(learner: str, chosen: Selection) -> dict[str, Any]:
    wrong = queries.list_wrong(learner)
    narrowed = selection.narrow(get_items().values(), chosen, wrong)
    return {
        "chosen": chosen,
        "narrowed": narrowed,
        "sizes": SIZES,
        "count": len(narrowed.items),
        "drawn": min(chosen.size, len(narrowed.items)),
        "kinds": selection.KINDS,
    }


def _find(request: HttpRequest, quiz: int) -> Quiz:
    found = queries.get_own(get_learner(request), quiz)
    if found is None:
        raise Http404("There is no such quiz.")
    return found


def _list_places(quiz: Quiz) -> list[Place]:
    return scores.list_places(quiz, queries.list_outcomes([quiz]).get(quiz.pk, {}))


def _take(request: HttpRequest, quiz: Quiz, place: Place, item: Item) -> str:
    """Keep the answer; or say why it is none."""
    if request.POST.get("skip"):
        operations.answer(quiz, place.number, right=False)
        return ""
    if item.question.kind == "cell":
        since = operations.show(quiz, place.number).shown_at
        attempt = queries.find_attempt(quiz, item, since)
        if attempt is None:
            return _NOT_JUDGED
        passed = attempt.state == attempt.State.PASSED
        operations.answer(quiz, place.number, right=passed, run_id=attempt.run_id)
        return ""
    given = _without_nulls(read_answer(item.question, request.POST))
    try:
        read_given(item.question, given)
    except GivenRefused as refused:
        return str(refused)
    operations.answer(quiz, place.number, right=grade(item.question, given).right, given=given)
    return ""


def _without_nulls(given: object) -> object:
    """Postgres keeps any character but this one."""
    if isinstance(given, list):
        return [_without_nulls(each) for each in given]
    return given.replace("\0", "") if isinstance(given, str) else given


def _describe(quiz: Quiz, places: list[Place], number: int) -> dict[str, Any]:
    place = places[number - 1]
    item = place.item
    context = {
        "quiz": quiz,
        "places": places,
        "place": place,
        "following": scores.find_next(places, number),
        "kept_as": f"quiz/{quiz.pk}-{number}",
    }
    if item is None:
        return context
    context |= {"item": item, "asked": ask(item.question, quiz.seed), "card": item.card}
    if item.question.kind == "cell":
        context |= {"exercise": item.exercise, "goal": markdown.render(item.question.prompt)}
    if place.right is not None and (row := queries.get_answer(quiz, number)):
        given = row.given
        context |= {
            "answer": row,
            "told": feedback.tell(item, given),
            "evidence": feedback.find_evidence(item, given),
            "card_question": markdown.render_inline(item.card.question),
        }
    return context


def _template_of(request: HttpRequest, place: Place) -> str:
    """What htmx swaps: a live cell keeps its editor and its verdicts."""
    if not getattr(request, "htmx", False):
        return "quiz/question.html"
    is_cell = place.item is not None and place.item.question.kind == "cell"
    return "quiz/question.html#result" if is_cell else "quiz/question.html#question"


def _name(place: Place) -> str:
    """What a list calls the question; one that claims made, by its answer once that is told."""
    if place.item is None:
        return ""
    question, exercise = place.item.question, place.item.exercise
    lines = markdown.to_text(question.prompt).split("\n")
    if exercise:
        return exercise.title if question.kind == "cell" else f"{exercise.title}: {lines[-1]}"
    if not question.is_authored and place.state != "open":
        return markdown.to_text(question.explanation)
    return lines[0]


def _card(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    anchor = feedback.find_evidence(item, None).anchor
    question = markdown.render_inline(item.card.question)
    return {"card": item.card, "question": question, "anchor": anchor}
