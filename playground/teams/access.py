"""On the way to a view: who asks, what they are in the team, and whether they may.

Whoever may not is answered as if there were nothing; without an account one is sent to sign in,
whether or not there is anything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from playground.accounts import audit, zones
from playground.accounts.models import User
from playground.teams import queries, scope
from playground.teams.models import Membership, Team
from playground.teams.permissions import Action, OfTeam, may, may_in_general

View = Callable[..., HttpResponseBase]


class NothingHere(Http404):
    """One answer for what is not there and for what is not theirs."""


def _find_member(team: Team, pk: int) -> OfTeam | None:
    return queries.get_member(team, pk)


def _find_invitation(team: Team, pk: int) -> OfTeam | None:
    return team.invitations.select_related("team").filter(pk=pk).first()


def _find_assignment(team: Team, pk: int) -> OfTeam | None:
    return team.assignments.select_related("team").filter(pk=pk).first()


def _find_comment(team: Team, pk: int) -> OfTeam | None:
    return team.comments.select_related("team", "attempt").filter(pk=pk).first()


def _find_version(team: Team, pk: int) -> OfTeam | None:
    return queries.get_version(team, pk)


# What an address names besides its team, and how it is found there.
_FINDERS: Final[dict[str, Callable[[Team, Any], OfTeam | None]]] = {
    "member": _find_member,
    "invitation": _find_invitation,
    "assignment": _find_assignment,
    "run_id": scope.get_attempt,
    "comment": _find_comment,
    "version": _find_version,
}


def signed_in(view: View) -> View:
    """With an account; kept by no cache; times are those of the asker's zone."""

    @login_required
    @wraps(view)
    def answer(request: HttpRequest, **which: Any) -> HttpResponseBase:
        with timezone.override(zones.read_zone(request.COOKIES)), audit.acting_from(request):
            response = view(request, **which)
        response["Cache-Control"] = "private, no-store"
        return response

    return answer


def allowed_to(action: Action) -> Callable[[View], View]:
    """Only for members who may: the view is given the asker's ``me``, and things for their ids."""

    def guard(view: View) -> View:
        @signed_in
        @wraps(view)
        def answer(request: HttpRequest, *, team: str, **which: Any) -> HttpResponseBase:
            me = find_me(request, team)
            things = {name: _find(me, name, value) for name, value in which.items()}
            thing = next((things[name] for name in which if name in _FINDERS), None)
            if may(me, action, thing):
                return view(request, me=me, **things)
            if not may_in_general(me, action, thing):
                raise NothingHere
            messages.error(
                request, "This team is in the archive: it can be read, and nothing in it changes."
            )
            return redirect("team", team=me.team.public_id)

        answer.action = action  # type: ignore[attr-defined]
        return answer

    return guard


def user_of(request: HttpRequest) -> User:
    """Whoever asks, signed in."""
    assert isinstance(request.user, User)
    return request.user


def find_me(request: HttpRequest, team: str) -> Membership:
    """What the asker is in that team. Raises NothingHere."""
    me = queries.get_membership(user_of(request), team)
    if me is None:
        raise NothingHere
    return me


def _find(me: Membership, name: str, value: Any) -> Any:
    if name not in _FINDERS:
        return value
    found = _FINDERS[name](me.team, value)
    if found is None:
        raise NothingHere
    return found
