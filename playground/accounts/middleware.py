"""On the way to another site to sign in with."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

GetResponse = Callable[[HttpRequest], HttpResponse]


def leave_by_page(get_response: GetResponse) -> GetResponse:
    """Send a browser to another site by a page of ours instead of a redirect.

    Our policy lets forms go to this site alone, and browsers hold the redirects that follow a
    form to it as well, those between hosts of the other site included.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        where = response.get("Location", "")
        if request.method != "POST" or not urlsplit(where).netloc:
            return response
        page = render(request, "accounts/leave.html", {"where": where})
        page.cookies = response.cookies
        page["Cache-Control"] = "private, no-store"
        return page

    return answer
