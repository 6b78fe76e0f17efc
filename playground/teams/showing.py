"""What every page of a team has: its name, where one is in it, and one's other teams."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from playground.teams import operations, queries
from playground.teams.models import Membership
from playground.teams.permissions import Action, may


def show(
    request: HttpRequest, template: str, me: Membership, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, with what the member may do there as ``can.rename``."""
    others = [one for one in queries.list_memberships(me.user) if one.pk != me.pk]
    if any(one.opened_at > me.opened_at for one in others):
        operations.note_opened(member=me)
    more = {
        "me": me,
        "team": me.team,
        "can": {action.name.lower(): may(me, action) for action in Action},
        "others": others,
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, template, more | context, status=status)
