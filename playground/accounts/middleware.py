"""How long a browser is known, and the way to another site to sign in with."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from playground.accounts.sessions import SessionStore

GetResponse = Callable[[HttpRequest], HttpResponse]


def keep_sessions(get_response: GetResponse) -> GetResponse:
    """Whoever comes again is known again as long: a session ends when it is not used, not before.

    What is saved anyway is renewed by that.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session = request.session
        assert isinstance(session, SessionStore)
        if session.accessed and not session.modified and session.renew():
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                session.session_key or "",
                max_age=session.get_expiry_age(),
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        return response

    return answer


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
