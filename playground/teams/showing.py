"""What every page of a team has: its name, where one is in it, and one's other teams."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from playground.teams import queries
from playground.teams.models import Membership
from playground.teams.permissions import Action, may


def show(
    request: HttpRequest, template: str, me: Membership, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, with what the member may do there as ``can.rename``."""
    more = {
        "me": me,
        "team": me.team,
        "can": {action.name.lower(): may(me, action) for action in Action},
        "others": [one for one in queries.list_memberships(me.user) if one.pk != me.pk],
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, template, more | context, status=status)
