"""What is kept of a learner here, for sign-in, download and deletion."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from playground.accounts.keepers import Keeper
from playground.accounts.learners import digest_learner
from playground.edits import operations, queries
from playground.edits.models import Edit

_AT_ONCE = 50


async def tell(learner: str) -> AsyncIterator[bytes]:
    """Each place with what was set aside there, the oldest first."""
    own = Edit.objects.filter(learner=digest_learner(learner)).order_by("pk")
    async for edit in own.prefetch_related("set_aside").aiterator(chunk_size=_AT_ONCE):
        address = {"pack": edit.pack, "card": edit.card, "place": edit.place}
        yield msgspec.json.encode(address | queries.describe(edit))


EDITS = Keeper(
    "edits",
    "edited cell",
    "edited cells",
    operations.adopt_edits,
    operations.forget_edits,
    tell,
)
