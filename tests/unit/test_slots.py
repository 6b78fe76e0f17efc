"""What is asked of a scratch Postgres that may be dying."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from sandbox.host.postgres.slots import Slots


def ask(outcome: Any) -> Slots:
    async def fetchval(_: str) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cluster: Any = SimpleNamespace(places=0)
    admin: Any = SimpleNamespace(fetchval=fetchval)
    return Slots(cluster, admin)


async def test_a_server_that_answers() -> None:
    assert await ask(True).answer()


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 11; another operation is in progress"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.CannotConnectNowError("the database system is shutting down"),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_however_a_dying_server_fails_us_it_does_not_answer(error: Exception) -> None:
    assert not await ask(error).answer()
