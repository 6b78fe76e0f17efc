"""The socket of a team's grid: sends the rows that moved, to whoever may see them then."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from playground.accounts.consumers import SiteConsumer
from playground.accounts.models import User
from playground.teams import queries
from playground.teams.boards import make_board
from playground.teams.live import group_of
from playground.teams.models import Membership
from playground.teams.permissions import Action, may

NOT_THEIRS: Final = 4404  # no such team, or not theirs to see
PAUSE_SECONDS: Final = 0.4  # what moves meanwhile is told together


class TeamConsumer(SiteConsumer):
    """One page with a team's grid. It is told things and asks for nothing."""

    async def begin(self) -> None:
        """Listen to the team, for whoever may see its grid."""
        self._moved: set[int] = set()
        self._telling: asyncio.Task[None] | None = None
        self._team: str = self.scope["url_route"]["kwargs"]["team"]
        asked = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        number = asked.get("assignment", [""])[0]
        self._assignment = int(number) if number.isascii() and number.isdigit() else None
        if await self._read(set()) is None:
            await self.close(code=NOT_THEIRS)
            return
        assert self.channel_layer is not None
        await self.channel_layer.group_add(group_of(self._team), self.channel_name)

    async def disconnect(self, code: int) -> None:
        """Listen no more."""
        if self._has_begun and self.channel_layer is not None:
            await self.channel_layer.group_discard(group_of(self._team), self.channel_name)
            if self._telling:
                self._telling.cancel()

    async def team_moved(self, event: dict[str, Any]) -> None:
        """Somebody of the team moved: told a moment later, with whoever else did until then."""
        self._moved.add(event["member"])
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    @property
    def _has_begun(self) -> bool:
        return hasattr(self, "_team")

    async def _tell(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        moved, self._moved = self._moved, set()
        fragment = None
        if await self.find_learner() == self.learner:
            fragment = await self._read(moved)
        if fragment is None:
            await self.close(code=NOT_THEIRS)
        elif fragment:
            await self.send(text_data=fragment)
        if self._moved:
            self._telling = asyncio.create_task(self._tell())

    async def _read(self, moved: set[int]) -> str | None:
        read = database_sync_to_async(render_moved, thread_sensitive=False)
        return await read(self.learner, self._team, self._assignment, moved)


def render_moved(learner: str, team: str, assignment: int | None, moved: set[int]) -> str | None:
    """The rows of those who moved, and who is stuck now. None: not theirs to see."""
    me = _find_me(learner, team)
    found = None
    if me and assignment is not None:
        found = me.team.assignments.select_related("team").filter(pk=assignment).first()
    if me is None or not may(me, Action.SEE_GRID) or (assignment is not None and not found):
        return None
    if not moved:
        return ""
    board = make_board(me.team, found)
    context = {
        "team": me.team,
        "board": board,
        "moved": [row for row in board.rows if row.member.pk in moved],
    }
    return render_to_string("teams/board.html#moved", context)


def _find_me(learner: str, team: str) -> Membership | None:
    user = User.objects.filter(learner=learner, is_active=True).first()
    return queries.get_membership(user, team) if user else None
