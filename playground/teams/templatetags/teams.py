"""What pages of other apps tell of teams."""

from __future__ import annotations

from typing import Any

from django import template

from playground.accounts.models import User
from playground.teams import feedback, operations, queries

register = template.Library()


@register.inclusion_tag("teams/at_deletion.html", takes_context=True)
def teams_at_deletion(context: Any) -> dict[str, Any]:
    """What becomes of the teams of which somebody is the only owner, when their account goes."""
    owned = queries.list_memberships(context["user"])
    last = [one.team for one in owned if operations.is_last_owner(one)]
    return {"teams": [(team, operations.find_heir(team)) for team in last]}


@register.simple_tag(takes_context=True)
def count_feedback(context: Any) -> int:
    """How many comments whoever asks has not seen; nothing is asked for who is not signed in."""
    user = context.get("user")
    return feedback.count_unread(user) if isinstance(user, User) else 0
