"""Reads of accounts: all that is kept about somebody, as one JSON text in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from playground.accounts.keepers import list_keepers
from playground.accounts.models import Session, User


async def tell_all(user: User) -> AsyncIterator[bytes]:
    """However much it is, no more than a piece of it is in memory."""
    yield b'{"version":1,"account":' + msgspec.json.encode(await _describe(user))
    for keeper in list_keepers():
        yield f',"{keeper.name}":['.encode()
        before = b"\n"
        async for one in keeper.tell(user.learner):
            yield before + one
            before = b",\n"
        yield b"]"
    yield b"}\n"


async def _describe(user: User) -> dict[str, Any]:
    """The account itself: what it knows of the person, never a secret that opens it."""
    sessions = Session.objects.filter(user=user)
    return {
        "email": user.email,
        "created_at": user.created_at,
        "last_sign_in_at": user.last_login,
        "has_password": user.has_usable_password(),
        "email_addresses": [
            {"email": one.email, "is_verified": one.verified}
            async for one in EmailAddress.objects.filter(user=user)
        ],
        "second_factors": [
            {"type": one.type, "added_at": one.created_at, "last_used_at": one.last_used_at}
            async for one in Authenticator.objects.filter(user=user)
        ],
        "other_sites": [
            {"provider": one.provider, "uid": one.uid, "told_us": one.extra_data}
            async for one in SocialAccount.objects.filter(user=user)
        ],
        "sessions": [{"until": one.expire_date} async for one in sessions],
    }
