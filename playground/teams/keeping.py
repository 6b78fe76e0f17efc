"""What is kept of a learner here: in which teams they are, as what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from playground.accounts.keepers import Keeper
from playground.accounts.learners import digest_learner
from playground.accounts.models import User
from playground.teams import operations
from playground.teams.models import Comment, Membership, NoReminders, PackVersion, Reminder


def adopt(former: str, learner: str) -> int:
    """A browser without an account is in no team: there is nothing to move."""
    return 0


def forget(learner: str) -> None:
    """Leave every team, each with an owner."""
    for user in User.objects.filter(learner=learner):
        operations.leave_all(user)


async def tell(learner: str) -> AsyncIterator[bytes]:
    """Each team, what one is in it and since when."""
    memberships = Membership.objects.filter(user__learner=learner).select_related("team")
    async for member in memberships.order_by("pk"):
        told = {
            "kind": "membership",
            "team": member.team.name,
            "role": member.role,
            "name": member.name,
            "joined_at": member.joined_at,
        }
        yield msgspec.json.encode(told)
    uploaded = PackVersion.objects.filter(uploaded_by__learner=learner).defer("content")
    async for version in uploaded.order_by("pk"):
        told = {"kind": "pack", "title": version.title, "at": version.uploaded_at}
        yield msgspec.json.encode(told)
    said = Comment.objects.filter(author__learner=learner)
    async for one in said.order_by("pk"):
        yield msgspec.json.encode({"kind": "comment", "text": one.text, "at": one.created_at})
    heard = Comment.objects.filter(attempt__learner=digest_learner(learner))
    async for one in heard.exclude(author__learner=learner).order_by("pk"):
        yield msgspec.json.encode({"kind": "feedback", "text": one.text, "at": one.created_at})
    async for silent in NoReminders.objects.filter(user__learner=learner):
        yield msgspec.json.encode({"kind": "no reminders", "account": silent.user_id})
    async for sent in Reminder.objects.filter(user__learner=learner).order_by("pk"):
        yield msgspec.json.encode({"kind": "reminder", "due_at": sent.due_at, "at": sent.sent_at})


KEEPERS: Final = (Keeper("teams", "membership", "memberships", adopt, forget, tell),)
