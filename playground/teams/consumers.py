"""The sockets of a team: its grid as it moves, and the check of a pack, for whoever may see them
at that moment.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from playground.accounts.consumers import SiteConsumer
from playground.accounts.models import User
from playground.runs.fragments import render_notice
from playground.teams import pack_checks, queries
from playground.teams.boards import make_board
from playground.teams.live import group_of
from playground.teams.models import Membership, PackResult, PackVersion
from playground.teams.pack_views import describe_check
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


class PackConsumer(SiteConsumer):
    """One page with a version of a team's own pack: begins its check, stops it, and sees it go."""

    async def begin(self) -> None:
        """Tell all that was checked so far, then what comes."""
        self._telling: asyncio.Task[None] | None = None
        self._seen = 0
        of = self.scope["url_route"]["kwargs"]
        self._team, self._version = str(of["team"]), int(of["version"])
        if await self._find(Action.SEE_PACKS) is None:
            await self.close(code=NOT_THEIRS)
            return
        assert self.channel_layer is not None
        self._group = pack_checks.group_of(self._version)
        await self.channel_layer.group_add(self._group, self.channel_name)
        await self._tell()

    async def disconnect(self, code: int) -> None:
        """Listen no more; the check goes on."""
        if hasattr(self, "_group") and self.channel_layer is not None:
            await self.channel_layer.group_discard(self._group, self.channel_name)
            if self._telling:
                self._telling.cancel()

    async def obey(self, text: str | None) -> None:
        """Check, go on, check anew, or stop: by whoever may at this moment."""
        try:
            action = msgspec.json.decode(text or "", type=pack_checks.Asked).action
        except (msgspec.MsgspecError, RecursionError):
            await self._notice("The page sent something we do not know. Reload it.")
            return
        found = await self._find(Action.CHANGE_PACKS)
        if found is None:
            await self._notice(
                "You may not check this pack any more: the team is in the archive, or what you are "
                "in it has changed. Reload the page."
            )
            return
        me, version = found
        try:
            if action == "stop":
                await pack_checks.cancel(version)
            else:
                await pack_checks.begin(version, me.user, anew=action == "anew")
        except pack_checks.Unreadable:
            await self._notice(
                "This release of the site does not read this version any more. Upload it anew: "
                "then you are told what to mend."
            )
            return
        await self._tell()

    async def pack_moved(self, event: dict[str, Any]) -> None:
        """A result came, or the end: told a moment later with whatever else did until then."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_soon())

    async def _tell_soon(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        self._telling = None  # what comes from now on is told after this
        await self._tell()

    async def _tell(self) -> None:
        if await self.find_learner() != self.learner:
            await self.close(code=NOT_THEIRS)
            return
        read = database_sync_to_async(render_check, thread_sensitive=False)
        told = await read(self.learner, self._team, self._version, self._seen)
        if told is None:
            await self.close(code=NOT_THEIRS)
            return
        fragment, self._seen = told
        await self.send(text_data=fragment)

    async def _find(self, action: Action) -> tuple[Membership, PackVersion] | None:
        if await self.find_learner() != self.learner:
            return None
        find = database_sync_to_async(_find_version, thread_sensitive=False)
        return await find(self.learner, self._team, self._version, action)

    async def _notice(self, sentence: str) -> None:
        await self.send(text_data=render_notice(sentence))


def render_check(learner: str, team: str, version: int, after: int) -> tuple[str, int] | None:
    """How far the check is, with the results after the one of that number, and the last one's.

    After none, the whole list in place of what a page has. None: not theirs to see.
    """
    found = _find_version(learner, team, version, Action.SEE_PACKS)
    if found is None:
        return None
    me, of = found
    fresh = list(PackResult.objects.filter(check_of__version=of, pk__gt=after))
    context = {**describe_check(me, of), "fresh": fresh, "is_whole": not after}
    fragment = str(render_to_string("teams/pack_check.html#moved", context))
    return fragment, fresh[-1].pk if fresh else after


def _find_version(
    learner: str, team: str, version: int, action: Action
) -> tuple[Membership, PackVersion] | None:
    me = _find_me(learner, team)
    found = queries.get_version(me.team, version) if me else None
    if me is None or found is None or not may(me, action, found):
        return None
    return me, found


def _find_me(learner: str, team: str) -> Membership | None:
    user = User.objects.filter(learner=learner, is_active=True).first()
    return queries.get_membership(user, team) if user else None
