"""What moves in a team, told to those who look at its grid."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from playground.teams.models import Membership, Role

_log = logging.getLogger(__name__)


def group_of(team: str) -> str:
    """The group of everybody who looks at the grid of that public id."""
    return f"team-{team}"


def tell_teams(*, learner: str, **_: Any) -> None:
    """A learner moved: each of their teams hears who, and reads the rest for itself.

    Whatever fails here was not the learner's to hear of.
    """
    found = Membership.objects.filter(learner=learner, role=Role.LEARNER, team__archived_at=None)
    for pk, team in found.values_list("pk", "team__public_id"):
        try:
            async_to_sync(_send)(team, {"type": "team.moved", "member": pk})
        except Exception:
            _log.exception("telling team %s", team)


async def _send(team: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(group_of(team), message)
