"""The account's own pages; the ways in and out are allauth's, in our templates."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.logout import logout
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts import operations, queries
from playground.accounts.models import User

View = Callable[[HttpRequest], HttpResponseBase]


def _for_its_owner(view: View) -> View:
    """Signed in, and kept by no cache."""

    @login_required
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponseBase:
        response = view(request)
        response["Cache-Control"] = "private, no-store"
        return response

    return answer


def _user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@require_safe
@_for_its_owner
def account(request: HttpRequest) -> HttpResponseBase:
    """What somebody can do with their account."""
    user = _user_of(request)
    types = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    context = {
        "factors": set(types),
        "other_sessions": user.sessions.count() - 1,
        "providers": get_adapter().list_providers(request),
    }
    return render(request, "accounts/account.html", context)


@require_safe
@_for_its_owner
def download(request: HttpRequest) -> HttpResponseBase:
    """All that is kept about them, as a file."""
    told = queries.tell_all(_user_of(request))
    response = StreamingHttpResponse(told, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="my-account.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@_for_its_owner
@reauthentication_required(app="playground.accounts")  # type: ignore[untyped-decorator]
def delete(request: HttpRequest) -> HttpResponseBase:
    """Ask once more; then delete all of it, for good."""
    if request.method != "POST":
        return render(request, "accounts/delete.html")
    user = _user_of(request)
    logout(request, show_message=False)
    operations.delete_account(user)
    messages.success(
        request,
        "Your account is deleted, with every run and scratch database. Nothing of it is left here.",
    )
    return redirect("home")


@require_POST
@_for_its_owner
def sign_out_elsewhere(request: HttpRequest) -> HttpResponseBase:
    """End the account's sessions in every other browser."""
    ended = operations.sign_out_elsewhere(_user_of(request), but=request.session.session_key)
    messages.success(
        request, f"Signed out in {ended} other browser{'' if ended == 1 else 's'}, not in this one."
    )
    return redirect("account")
