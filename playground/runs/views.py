"""Recordings as pages and files, for their learner by run, for others by token; comparisons.

Whatever the asker may not read is answered as what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.catalog.views import LEARNER
from playground.runs import comparison, operations, queries, recordings, titles
from playground.runs.differences import list_differences
from playground.runs.fragments import RunPicture
from playground.runs.models import Recording
from playground.runs.trace import build_trace

View = Callable[..., HttpResponse]

SHOWN_AS = "recorded"  # where a card's page has the slug of a cell


def _private(view: View) -> View:
    """Kept by no cache and listed by no search engine, as sharing can be stopped."""

    @wraps(view)
    def answer(request: HttpRequest, **which: str) -> HttpResponse:
        response = view(request, **which)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


@require_safe
@_private
def recording(request: HttpRequest, **which: str) -> HttpResponse:
    """A run as its page showed it, without running it again."""
    found = _find(request, **which)
    card, cell = titles.find_cell(found)
    context = {
        "recording": found,
        "recorded": recordings.unpack(found.content),
        "card": card,
        "cell": cell,
        "title": titles.get_title(found),
        **_list_addresses(**which),
    }
    if "run_id" in which:
        context |= _sharing(request, found)
    return render(request, "runs/recording_page.html", context)


@require_safe
@_private
def own_recordings(request: HttpRequest) -> HttpResponse:
    """The learner's runs that are kept, to open, to stop sharing or to delete."""
    own = queries.list_own(request.session.get(LEARNER, ""))
    rows = [
        {
            "recording": one,
            "title": titles.get_title(one),
            "card": titles.find_cell(one)[0],
            "end": comparison.say_outcome(one.outcome),
        }
        for one in own
    ]
    return render(request, "runs/recordings_page.html", {"rows": rows, **_list_periods()})


@require_safe
@_private
def fragments(request: HttpRequest, **which: str) -> HttpResponse:
    """What the socket sent when it ran."""
    events = recordings.unpack(_find(request, **which).content).events
    return HttpResponse(RunPicture(SHOWN_AS).render(events))


@require_safe
@_private
def recording_json(request: HttpRequest, **which: str) -> HttpResponse:
    """The recording as a file: what ran, and its events as ``runcell --events`` writes them."""
    found = _find(request, **which)
    recorded = recordings.unpack(found.content)
    return _download(
        found,
        "recording",
        {
            "version": 1,
            "run": _describe(found),
            "code": recorded.code,
            "events": [msgspec.Raw(line) for line in recordings.list_lines(recorded)],
        },
    )


@require_safe
@_private
def trace_json(request: HttpRequest, **which: str) -> HttpResponse:
    """The recording as Perfetto opens it."""
    found = _find(request, **which)
    lines = recordings.list_lines(recordings.unpack(found.content))
    about = {name: str(value) for name, value in _describe(found).items()}
    events = [msgspec.json.decode(line) for line in lines]
    return _download(found, "trace", build_trace(events, **about))


@require_POST
@_private
def share(request: HttpRequest, run_id: str) -> HttpResponse:
    """Give the run a link."""
    found = _find(request, run_id=run_id)
    try:
        operations.share_recording(found)
        refusal = ""
    except operations.TooManyShared:
        refusal = (
            f"You share {operations.MOST_SHARED} runs already, the most one may. "
            "Stop sharing one of them first."
        )
    return _answer_sharing(request, found, refusal)


@require_POST
@_private
def stop_sharing(request: HttpRequest, run_id: str) -> HttpResponse:
    """Take the link back."""
    found = _find(request, run_id=run_id)
    operations.stop_sharing(found)
    return _answer_sharing(request, found)


@require_POST
@_private
def delete(request: HttpRequest, run_id: str) -> HttpResponse:
    """Forget the run."""
    operations.delete_recording(_find(request, run_id=run_id))
    return redirect("recordings")


@require_safe
@_private
def choose(request: HttpRequest) -> HttpResponse:
    """From the choice in a cell to the comparison's own address."""
    one = _find(request, run_id=request.GET.get("with", ""))
    two = _find(request, run_id=request.GET.get("run", ""))
    return redirect("compare", one=one.run_id, two=two.run_id)


@require_safe
@_private
def compare(request: HttpRequest, **runs: str) -> HttpResponse:
    """Two or three runs of one learner on one scale, with their differences in words."""
    found = [_find(request, run_id=run_id) for run_id in runs.values()]
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


def _find(request: HttpRequest, run_id: str = "", token: str = "") -> Recording:
    """Their own by run, anybody's by token. Raises Http404 alike for all the rest."""
    if token:
        found = queries.get_shared(token)
    else:
        found = queries.get_own(request.session.get(LEARNER, ""), run_id)
    if found is None:
        raise Http404("There is no such recording.")
    return found


def _list_addresses(**which: str) -> dict[str, str]:
    place = "shared" if "token" in which else "recording"
    return {
        f"{name}_url": reverse(f"{place}-{name}", kwargs=which)
        for name in ("fragments", "json", "trace")
    }


def _describe(found: Recording) -> dict[str, Any]:
    """What a file tells of the run; nothing of its learner, and no key to it."""
    names = ("pack", "card", "cell", "driver", "workers", "outcome")
    return {name: getattr(found, name) for name in names} | {
        "created_at": found.created_at.isoformat(timespec="seconds")
    }


def _download(found: Recording, kind: str, content: dict[str, Any]) -> HttpResponse:
    name = f"{found.card}-{found.cell}-{kind}.json"
    response = HttpResponse(msgspec.json.encode(content), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sharing(request: HttpRequest, found: Recording, refusal: str = "") -> dict[str, Any]:
    link = found.share_token and reverse("shared", kwargs={"token": found.share_token})
    return {
        "run_id": found.run_id,
        "link": link and request.build_absolute_uri(link),
        "refusal": refusal,
        **_list_periods(),
    }


def _list_periods() -> dict[str, int]:
    """For how long recordings are kept, and how many."""
    return {
        "days": settings.RECORDING_DAYS,
        "shared_days": settings.SHARED_RECORDING_DAYS,
        "runs_per_cell": settings.RECORDINGS_PER_CELL,
    }


def _answer_sharing(request: HttpRequest, found: Recording, refusal: str = "") -> HttpResponse:
    if getattr(request, "htmx", False):
        context = _sharing(request, found, refusal)
        return render(request, "runs/recording.html#sharing", context)
    return redirect("recording", run_id=found.run_id)
