"""A shared recording elsewhere: run by whoever opens it, embedded in other sites, reported."""

from __future__ import annotations

from typing import Any
from xml.sax.xmlreader import AttributesImpl

import msgspec
from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from playground.accounts.learners import ensure_learner
from playground.runs import links, operations, queries, recordings, titles
from playground.runs.finding import answer_gone, find_recording, private
from playground.runs.forms import ReportForm

_FRAMED: dict[str, Any] = {
    **settings.SECURE_CSP,
    "frame-ancestors": ["*"],
    "form-action": [CSP.NONE],
}
_CACHED_SECONDS = 3600


@require_safe
@private
def run_shared(request: HttpRequest, token: str) -> HttpResponse:
    """The shared code in a cell of its own, in the visitor's scratch database."""
    found = queries.get_shared(token)
    if found is None:
        return answer_gone(request)
    card, cell = titles.find_cell(found)
    if card is None or cell is None:
        return render(request, "runs/not_here.html", {"token": token}, status=404)
    ensure_learner(request)
    code = recordings.unpack(found.content).code
    context = {
        "token": token,
        "card": card,
        "cell": msgspec.structs.replace(cell, code=code, parameters=()),
        "kept_as": f"r/{token}",
        "chosen": found.driver,
        "workers": found.workers if cell.may_run_in(found.workers) else "",
        "recording": found,
    }
    return render(request, "runs/run_shared_page.html", context)


@require_safe
@private
@xframe_options_exempt
@csp_override(_FRAMED)
def embed(request: HttpRequest, token: str) -> HttpResponse:
    """The recording in a frame on any site: reads no session and sets no cookie."""
    found = queries.get_shared(token)
    if found is None:
        return answer_gone(request, "runs/embed_gone.html")
    context = {
        "recording": found,
        "recorded": recordings.unpack(found.content),
        "title": titles.get_title(found),
        "card": titles.find_cell(found)[0],
        **links.list_links(request, found),
    }
    return render(request, "runs/embed.html", context)


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """https://oembed.com: how another site shows the address it was given."""
    given = request.GET
    kind = given.get("format", "json")
    if kind not in ("json", "xml"):
        return _refuse("This site answers in the formats json and xml alone.", 501)
    try:
        most = {name: int(given.get(f"max{name}") or size) for name, size in _SIZES.items()}
    except ValueError:
        return _refuse("maxwidth and maxheight are whole numbers of pixels.", 400)
    found = queries.get_shared(links.read_token(request, given.get("url", "")))
    if found is None:
        return _refuse("At this address this site shows nothing to embed.", 404)
    frame = links.make_frame(request, found, **most)
    told: dict[str, str | int] = {
        "version": "1.0",
        "type": "rich",
        "title": f"{titles.get_title(found)}, a recorded run",
        "provider_name": "Async databases",
        "provider_url": request.build_absolute_uri("/"),
        "cache_age": _CACHED_SECONDS,
        "html": frame.line,
        "width": frame.width,
        "height": frame.height,
    }
    if kind == "json":
        return HttpResponse(msgspec.json.encode(told), content_type="application/json")
    return _answer_xml(told)


@require_http_methods(["GET", "HEAD", "POST"])
@private
@csrf_exempt  # it is of nobody and changes nothing of anybody: a session would only trace whom
def report(request: HttpRequest, token: str) -> HttpResponse:
    """Tell the operator that a shared recording should not be there."""
    try:
        found = find_recording(request, token=token)
    except Http404:
        return answer_gone(request)
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="report"):
            form.add_error(None, "That was too often. What you wrote is kept; try again later.")
            context = {"form": form, "token": token}
            return render(request, "runs/report.html", context, status=429)
        operations.report_recording(found, **form.cleaned_data)
        return render(request, "runs/report.html", {"token": token, "is_sent": True})
    status = 400 if form.is_bound else 200
    return render(request, "runs/report.html", {"form": form, "token": token}, status=status)


_SIZES = {"width": links.WIDTH, "height": links.HEIGHT}


def _refuse(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


def _answer_xml(told: dict[str, str | int]) -> HttpResponse:
    response = HttpResponse(content_type="text/xml; charset=utf-8")
    xml = SimplerXMLGenerator(response, "utf-8")
    xml.startDocument()
    xml.startElement("oembed", AttributesImpl({}))
    for name, value in told.items():
        xml.addQuickElement(name, str(value))
    xml.endElement("oembed")
    xml.endDocument()
    return response
