"""What every socket of the site begins with: whose page asks for it, and whose session it has."""

from __future__ import annotations

import logging
from typing import Any, Final, final

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from playground.accounts.learners import find_learner
from playground.accounts.origins import is_own, list_headers
from playground.measures import SOCKETS

NO_SESSION: Final = 4401  # the page is told to reload

_log = logging.getLogger(__name__)


class SiteConsumer(AsyncWebsocketConsumer):
    """A socket of a learner's session, opened by a page of this site; refused otherwise.

    A consumer says what it does in ``begin``, ``obey`` and ``disconnect``; ``connect`` and
    ``receive`` stay as they are here. ``tests/unit/test_sockets.py`` holds every route to that.
    """

    learner = ""
    _is_counted = False

    @final
    async def connect(self) -> None:
        """Accept a page of ours that has a session; another origin hears no more than 403."""
        if not is_own(self.scope):
            _log.warning(
                "a page of origin %s asked for the socket of %s and was refused; if it is this "
                "site behind a proxy, add its origin to CSRF_TRUSTED_ORIGINS",
                list_headers(self.scope, b"origin"),
                list_headers(self.scope, b"host"),
            )
            await self.close()
            return
        learner = await self.find_learner()
        SOCKETS.inc()
        self._is_counted = True
        await self.accept()
        if not learner:
            await self.close(code=NO_SESSION)
            return
        self.learner = learner
        await self.begin()

    @final
    async def websocket_disconnect(self, message: Any) -> None:
        """The page is gone."""
        if self._is_counted:
            SOCKETS.dec()
        await super().websocket_disconnect(message)

    @final
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One message of the page; none that came before it was let in."""
        if self.learner:
            await self.obey(text_data)

    async def begin(self) -> None:
        """Make ready: the page was let in."""

    async def obey(self, text: str | None) -> None:
        """Do what a message of the page asks for; None when it was not a text."""

    async def find_learner(self) -> str:
        """Whose the session is at this moment: a socket outlives sign-in and sign-out."""
        return await database_sync_to_async(find_learner)(self.scope["session"].session_key)
