"""Django's database sessions, each with a column for its account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from playground.accounts.models import Session


class SessionStore(DatabaseStore):
    """SESSION_ENGINE. Its name is part of the signature that Django puts on a session."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to save."""
        return self._signed_in(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to save."""
        return self._signed_in(await super().acreate_model_instance(data), data)

    def _signed_in(self, row: Any, data: dict[str, Any]) -> Session:
        row.user_id = data.get(SESSION_KEY)
        assert isinstance(row, Session)
        return row
