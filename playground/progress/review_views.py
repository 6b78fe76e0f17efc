"""The review: what is due, one after the other; each step is a plain form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from exercises.exercise import Exercise
from exercises.model import Card
from exercises.questions import grade as grade_answer
from playground.accounts import zones
from playground.accounts.learners import digest_learner, get_learner
from playground.progress import question_forms, review_pages, review_queue, reviewing, shown
from playground.progress.models import ReviewLog
from playground.progress.reviewing import LARGEST_LIMIT, NotNow
from playground.progress.scheduling import Grade

SKIPPED: Final = "skipped"  # in the session: the day, then what was put off on it
MOST_SKIPPED: Final = 100
QUICK: Final = timedelta(seconds=10)  # for a question


@require_safe
@never_cache
def review(request: HttpRequest) -> HttpResponse:
    """What comes next, and how the last one went."""
    if not request.user.is_authenticated:
        return render(request, "progress/review_stranger.html")
    learner, until = get_learner(request), zones.end_of_today(request.COOKIES)
    today = zones.today(request.COOKIES)
    queue = review_queue.read_queue(learner, today, until, _skipped(request))
    context: dict[str, Any] = {
        "queue": queue,
        "reviews": queue.today,
        "largest_limit": LARGEST_LIMIT,
        "rated": _tell_rated(request, request.GET.get("after", "")),
    }
    if queue.items:
        context |= review_pages.show(queue.items[0])
    else:
        context["next_day"] = review_queue.tell_next_day(learner, until)
    return render(request, "progress/review.html", context)


@require_POST
@login_required
def rate(request: HttpRequest) -> HttpResponse:
    """How well the learner could explain it, in their own words."""
    card, _ = _find(request)
    return _keep(request, card, _read_grade(request), ReviewLog.Source.RATING)


@require_POST
@login_required
def answer(request: HttpRequest) -> HttpResponse:
    """An answer to a question of the card: right is good, or easy when it was quick."""
    card, _ = _find(request)
    if not review_queue.list_asked(card.pack, card.slug):
        raise Http404("This card asks nothing.")
    question = review_queue.choose_question(card, _read_number(request))
    given = question_forms.read_answer(question, request.POST)
    page = shown.read(request.POST.get("shown", ""))
    if not grade_answer(question, given).right:
        grade = Grade.AGAIN
    else:
        is_quick = page is not None and timezone.now() - page.at <= QUICK
        grade = Grade.EASY if is_quick else Grade.GOOD
    kept = question_forms.cut(given)
    source = ReviewLog.Source.BEHAVIOUR
    return _keep(request, card, grade, source, question=question.id, answer=kept)


@require_safe
@never_cache
@login_required
def answered(request: HttpRequest, log: int) -> HttpResponse:
    """What an answer was worth, and why."""
    logs = ReviewLog.objects.filter(learner=digest_learner(get_learner(request)))
    found = logs.exclude(question="").filter(pk=log).first()
    told = found and review_pages.tell_answer(found)
    if not found or not told:
        raise Http404("There is no such answer.")
    key = f"{found.pack}/{found.card}"
    context = told | {"log": found, "rated": _tell_rated(request, key)}
    return render(request, "progress/review_answered.html", context)


@require_safe
@never_cache
@login_required
def rated(request: HttpRequest) -> HttpResponse:
    """What the last attempt at an exercise was worth, for the page that reviews it."""
    told = _tell_rated(request, request.GET.get("key", ""))
    if told is None:
        raise Http404("It was not reviewed.")
    return render(request, "progress/rated.html", {"rated": told, "is_open": True})


@require_POST
@login_required
def correct(request: HttpRequest) -> HttpResponse:
    """The learner knows better how it went."""
    card, exercise = _find(request)
    try:
        slug = exercise.slug if exercise else ""
        learner = get_learner(request)
        reviewing.correct(learner, card.pack, card.slug, slug, _read_grade(request))
    except NotNow as error:
        messages.error(request, str(error))
    log = request.POST.get("log", "")
    if log.isdecimal() and len(log) < 19:
        return redirect("review-answered", log=int(log))
    return _go_on(review_queue.key_of(card, exercise))


@require_POST
@login_required
def skip(request: HttpRequest) -> HttpResponse:
    """Put one off until tomorrow; without a key, take up again what was put off."""
    skipped = _skipped(request)
    if "key" in request.POST:
        skipped = [*skipped, review_queue.key_of(*_find(request))][-MOST_SKIPPED:]
    else:
        skipped = []
    request.session[SKIPPED] = [zones.today(request.COOKIES).isoformat(), *skipped]
    return redirect("review")


@require_POST
@login_required
def limit(request: HttpRequest) -> HttpResponse:
    """How many reviews a day."""
    given = request.POST.get("limit", "").strip()
    if given.isdecimal() and len(given) < 9 and 1 <= int(given) <= LARGEST_LIMIT:
        reviewing.set_daily_limit(get_learner(request), int(given))
        messages.success(request, f"From now on {int(given)} a day.")
    else:
        messages.error(
            request,
            f"The daily limit is a number from 1 to {LARGEST_LIMIT}. It stays as it was.",
        )
    return redirect("review")


def _keep(
    request: HttpRequest, card: Card, grade: Grade, source: ReviewLog.Source, **of_answer: Any
) -> HttpResponse:
    try:
        log = reviewing.review_card(
            learner=get_learner(request),
            pack=card.pack,
            card=card.slug,
            number=_read_number(request),
            grade=grade,
            source=source,
            day=zones.today(request.COOKIES),
            **of_answer,
        )
    except NotNow as error:
        messages.error(request, str(error))
        return redirect("review")
    if log and log.question:
        return redirect("review-answered", log=log.pk)
    return _go_on(review_queue.key_of(card, None))


def _go_on(key: str) -> HttpResponseRedirect:
    return redirect(f"{reverse('review')}?{urlencode({'after': key})}")


def _tell_rated(request: HttpRequest, key: str) -> dict[str, Any] | None:
    found = review_queue.find(key)
    row = found and review_queue.find_row(get_learner(request), *found)
    if not found or not row:
        return None
    return review_pages.tell_rated(*found, row, zones.read_zone(request.COOKIES))


def _find(request: HttpRequest) -> tuple[Card, Exercise | None]:
    found = review_queue.find(request.POST.get("key", ""))
    if found is None:
        raise Http404("This is not here any more.")
    return found


def _read_grade(request: HttpRequest) -> Grade:
    given = request.POST.get("grade", "")
    if given not in {f"{grade}" for grade in Grade}:
        raise Http404("There is no such grade.")
    return Grade(int(given))


def _read_number(request: HttpRequest) -> int:
    given = request.POST.get("number", "")
    return int(given) if given.isdecimal() and len(given) < 9 else -1


def _skipped(request: HttpRequest) -> list[str]:
    day, *keys = request.session.get(SKIPPED, [""])
    return keys if day == zones.today(request.COOKIES).isoformat() else []
