"""What is new, as a page and as a feed."""

from __future__ import annotations

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.models import User
from playground.accounts.stop_links import UnknownLink
from playground.catalog import markdown
from playground.news import feed, operations, queries


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """All of it, the newest first."""
    entries = [
        {
            "entry": entry,
            "text": markdown.render(entry.news.text),
            "cards": [(card, markdown.render_inline(card.question)) for card in entry.cards],
        }
        for entry in queries.list_entries()
    ]
    return render(request, "news/news.html", {"entries": entries})


@require_safe
def news_feed(request: HttpRequest) -> HttpResponseBase:
    """The newest; nothing to send to whoever has it already."""
    text = feed.render_feed(request, queries.list_entries())
    response = HttpResponse(text, content_type=feed.CONTENT_TYPE)
    response["ETag"] = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    response["Cache-Control"] = "public, max-age=300"
    told = get_conditional_response(request, etag=response["ETag"], response=response)
    return told or response


@require_POST
@login_required
def by_mail(request: HttpRequest) -> HttpResponseBase:
    """The account's own choice."""
    assert isinstance(request.user, User)
    if request.POST.get("wanted") == "yes":
        operations.subscribe(request.user)
        messages.success(request, f"What is new from now on is sent to {request.user.email}.")
    else:
        operations.unsubscribe(request.user.pk)
        messages.success(request, "You will get no more news by mail.")
    return redirect("account")


@never_cache
@csrf_exempt  # a mail program posts here without having been here; the token is signed
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Without signing in: ask, so that whoever only follows links ends nothing; then do it."""
    try:
        user_id = operations.STOP_LINK.read(token)
    except UnknownLink:
        return render(request, "news/unsubscribe.html", {"unknown": True}, status=404)
    if request.method == "POST":
        operations.unsubscribe(user_id)
    return render(request, "news/unsubscribe.html", {"ended": request.method == "POST"})
