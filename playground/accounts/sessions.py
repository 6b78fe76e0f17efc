"""Django's database sessions, each with a column for its account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from playground.accounts.models import Session

RENEWED_EVERY: Final = timedelta(days=1)


class SessionStore(DatabaseStore):
    """SESSION_ENGINE. Its name is part of the signature that Django puts on a session."""

    _expires_at: datetime | None = None  # of what was loaded

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our table."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self._expires_at = row.expire_date if row else None
        return row

    def renew(self) -> bool:
        """Keep it as long again from now; whether that was to be done, which is once a day.

        What is in it is not written, as another request may have changed that.
        """
        until = self.get_expiry_date()
        if self._expires_at is None or until - self._expires_at < RENEWED_EVERY:
            return False
        return bool(self.model.objects.filter(pk=self.session_key).update(expire_date=until))

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
