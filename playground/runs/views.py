"""Recordings as pages and files, for their learner by run, for others by token; comparisons.

Whatever the asker may not read is answered as what does not exist.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.learners import get_learner
from playground.progress.queries import get_attempt
from playground.runs import comparison, links, operations, queries, recordings, titles
from playground.runs.answers import say_verdicts
from playground.runs.differences import list_differences
from playground.runs.finding import answer_gone, find_recording, private
from playground.runs.fragments import RunPicture
from playground.runs.models import Recording
from playground.runs.trace import build_trace

_ON_A_PAGE: Final = 30

SHOWN_AS = "recorded"  # where a card's page has the slug of a cell


@require_safe
@private
def recording(request: HttpRequest, **which: str) -> HttpResponse:
    """A run as its page showed it, without running it again."""
    try:
        found = find_recording(request, **which)
    except Http404:
        if "token" in which:
            return answer_gone(request)
        raise
    card, cell = titles.find_cell(found)
    context = {
        "recording": found,
        "recorded": recordings.unpack(found.content),
        "card": card,
        "cell": cell,
        "exercise": titles.find_exercise(found),
        "title": titles.get_title(found),
        **_list_addresses(**which),
    }
    if found.is_answer and (attempt := get_attempt(found.run_id)):
        context["judged"] = say_verdicts([each["state"] for each in attempt.verdicts])
        context["state"] = attempt.state
    if "run_id" in which:
        context |= _sharing(request, found)
    else:
        context |= links.list_links(request, found)
    return render(request, "runs/recording_page.html", context)


@require_safe
@private
def own_recordings(request: HttpRequest) -> HttpResponse:
    """The learner's runs that are kept, to open, to stop sharing or to delete."""
    learner = get_learner(request)
    page = Paginator(queries.list_own(learner), _ON_A_PAGE).get_page(request.GET.get("page"))
    shared = _list_rows(queries.list_shared(learner))
    rows = {"rows": _list_rows(list(page)), "shared": shared, "page": page}
    context = rows | _list_periods()
    return render(request, "runs/recordings_page.html", context)


@require_safe
@private
def fragments(request: HttpRequest, **which: str) -> HttpResponse:
    """What the socket sent when it ran."""
    events = recordings.unpack(find_recording(request, **which).content).events
    return HttpResponse(RunPicture(SHOWN_AS).render(events))


@require_safe
@private
def recording_json(request: HttpRequest, **which: str) -> HttpResponse:
    """The recording as a file: what ran, and its events as ``runcell --events`` writes them."""
    found = find_recording(request, **which)
    recorded = recordings.unpack(found.content)
    return _download(
        found,
        "recording",
        {
            "version": 1,
            "run": found.describe(),
            "code": recorded.code,
            "events": [msgspec.Raw(line) for line in recordings.list_lines(recorded)],
        },
    )


@require_safe
@private
def trace_json(request: HttpRequest, **which: str) -> HttpResponse:
    """The recording as Perfetto opens it."""
    found = find_recording(request, **which)
    lines = recordings.list_lines(recordings.unpack(found.content))
    about = {name: str(value) for name, value in found.describe().items()}
    events = [msgspec.json.decode(line) for line in lines]
    return _download(found, "trace", build_trace(events, **about))


@require_POST
@private
def share(request: HttpRequest, run_id: str) -> HttpResponse:
    """Give the run a link."""
    found = find_recording(request, run_id=run_id)
    days = request.POST.get("days", "")
    allowed = operations.list_share_days()
    refusal = ""
    try:
        if days and days not in map(str, allowed):
            refusal = "A link works for the days of the list alone. Choose one of them."
        elif not ratelimit.consume(request, action="share"):
            refusal = "That was too often in a short time. The run is kept; try again later."
        else:
            operations.share_recording(found, days=int(days or allowed[-1]))
    except operations.TooManyShared:
        refusal = (
            f"You share {operations.MOST_SHARED} runs already, the most one may. "
            "Stop sharing one of them first."
        )
    except operations.IsAnswer:
        refusal = "An answer to an exercise is not shared: others are to find their own."
    except operations.IsPrivate:
        refusal = "This card is a team's own: a run of it is not shared with others."
    except operations.TakenDown:
        pass  # the page says so
    return _answer_sharing(request, found, refusal)


@require_POST
@private
def stop_sharing(request: HttpRequest, run_id: str) -> HttpResponse:
    """Take the link back."""
    found = find_recording(request, run_id=run_id)
    operations.stop_sharing(found)
    return _answer_sharing(request, found)


@require_POST
@private
def delete(request: HttpRequest, run_id: str) -> HttpResponse:
    """Forget the run."""
    operations.delete_recording(find_recording(request, run_id=run_id))
    return redirect("recordings")


@require_safe
@private
def choose(request: HttpRequest) -> HttpResponse:
    """From the choice in a cell to the comparison's own address."""
    one = find_recording(request, run_id=request.GET.get("with", ""))
    two = find_recording(request, run_id=request.GET.get("run", ""))
    return redirect("compare", one=one.run_id, two=two.run_id)


@require_safe
@private
def compare(request: HttpRequest, **runs: str) -> HttpResponse:
    """Two or three runs of one learner on one scale, with their differences in words."""
    found = [find_recording(request, run_id=run_id) for run_id in runs.values()]
    recorded = [recordings.unpack(one.content) for one in found]
    is_fragment = bool(getattr(request, "htmx", False))
    names = comparison.name_sides([(titles.get_title(one), one.driver) for one in found])
    sides = [comparison.Side(name, one.finished) for name, one in zip(names, recorded, strict=True)]
    pairs = [
        {
            "names": (sides[0].name, other.name),
            "sentences": comparison.describe(sides[0], other),
            "is_same_code": recorded[0].code == code.code,
            "differences": list_differences(recorded[0].code, code.code),
        }
        for other, code in zip(sides[1:], recorded[1:], strict=True)
    ]
    context = {
        "runs": [
            {"name": name, "recording": one, "title": titles.get_title(one)}
            for name, one in zip(names, found, strict=True)
        ],
        "names": names,
        "pairs": pairs,
        "figures": comparison.list_figures(sides),
        "scale_us": max(one.finished.wall_us for one in recorded),
        "is_fragment": is_fragment,
        "has_picture": any(one.has_picture for one in recorded),
        "card": titles.find_cell(found[0])[0],
        "address": request.path,
    }
    template = "runs/comparison_page.html"
    return render(request, f"{template}#comparison" if is_fragment else template, context)


def _list_rows(own: list[Recording]) -> list[dict[str, Any]]:
    return [
        {
            "recording": one,
            "title": titles.get_title(one),
            "card": titles.find_cell(one)[0],
            "when": f"{one.created_at:%-d %b, %H:%M}",
            "end": comparison.say_outcome(one.outcome),
        }
        for one in own
    ]


def _list_addresses(**which: str) -> dict[str, str]:
    place = "shared" if "token" in which else "recording"
    return {
        f"{name}_url": reverse(f"{place}-{name}", kwargs=which)
        for name in ("fragments", "json", "trace")
    }


def _download(found: Recording, kind: str, content: dict[str, Any]) -> HttpResponse:
    name = f"{found.card}-{found.cell}-{kind}.json"
    response = HttpResponse(msgspec.json.encode(content), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sharing(request: HttpRequest, found: Recording, refusal: str = "") -> dict[str, Any]:
    return {
        "run_id": found.run_id,
        "refusal": refusal,
        "shared_run": found,
        **(links.list_links(request, found) if found.is_shared else {}),
        **_list_periods(),
    }


def _list_periods() -> dict[str, Any]:
    """For how long recordings are kept, and how many."""
    return {
        "days": settings.RECORDING_DAYS,
        "shared_days": settings.SHARED_RECORDING_DAYS,
        "share_days": operations.list_share_days(),
        "runs_per_cell": settings.RECORDINGS_PER_CELL,
    }


def _answer_sharing(request: HttpRequest, found: Recording, refusal: str = "") -> HttpResponse:
    if getattr(request, "htmx", False):
        context = _sharing(request, found, refusal)
        return render(request, "runs/recording.html#sharing", context)
    if refusal:
        messages.error(request, refusal)
    if request.POST.get("list"):
        return redirect("recordings")
    return redirect("recording", run_id=found.run_id)
