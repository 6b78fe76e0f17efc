"""The admin: for staff alone, who sign in as everybody does, throttled and by a second factor."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from playground.runs.models import AbuseReport

# The site's own pages do these.
_ELSEWHERE: Final = ("logout", "password_change", "password_change_done", "view_on_site")


class Desk(AdminSite):
    """Whoever is signed in and does not operate the site finds nothing here."""

    site_title = site_header = "Operating the site"
    index_title = "What there is to do"
    enable_nav_sidebar = False
    empty_value_display = "-"

    def get_urls(self) -> list[Any]:
        """Those of Django that lead somewhere here."""
        return [url for url in super().get_urls() if getattr(url, "name", "") not in _ELSEWHERE]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A page of the admin."""
        inner = super().admin_view(view, cacheable)

        def answer(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            if not self.has_permission(request):
                return send_to_sign_in(request, request.get_full_path())
            return inner(request, *arguments, **named)

        return answer

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """By the site's own page: Django's would neither throttle nor ask for a second factor."""
        return send_to_sign_in(request, reverse("admin:index"))

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """What waits for somebody, before the tables."""
        waiting = AbuseReport.objects.filter(closed_at=None).count()
        return super().index(request, {**(extra_context or {}), "open_reports": waiting})


def send_to_sign_in(request: HttpRequest, onward: str) -> HttpResponse:
    """To come back afterwards. Raises Http404 for somebody who is signed in: it is not theirs."""
    if request.user.is_authenticated:
        raise Http404
    return redirect(f"{reverse('account_login')}?{urlencode({'next': onward})}")


site = Desk(name="admin")
