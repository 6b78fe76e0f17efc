"""What is kept of a learner here: that they want mail, and what was sent to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from playground.accounts.keepers import Keeper
from playground.news.models import SentNews, Subscription


def adopt(former: str, learner: str) -> int:
    """A browser without an account has no address: there is nothing to move."""
    return 0


def forget(learner: str) -> None:
    """Delete both."""
    Subscription.objects.filter(user__learner=learner).delete()
    SentNews.objects.filter(user__learner=learner).delete()


async def tell(learner: str) -> AsyncIterator[bytes]:
    """The subscription, then each entry that was sent."""
    async for wanted in Subscription.objects.filter(user__learner=learner):
        yield msgspec.json.encode({"mail_since": wanted.since})
    async for sent in SentNews.objects.filter(user__learner=learner).order_by("pk"):
        yield msgspec.json.encode({"entry": sent.entry, "sent_at": sent.sent_at})


NEWS = Keeper("news", "mail", "mails", adopt, forget, tell)
