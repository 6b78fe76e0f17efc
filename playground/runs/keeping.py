"""What is kept of a learner here: recordings in our database, scratch databases in the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction

from playground.accounts.keepers import Keeper
from playground.accounts.learners import digest_learner
from playground.runs import following, operations, recordings
from playground.runs.models import Recording

_AT_ONCE = 20  # recordings in memory: each may have some hundred kilobytes


def forget(learner: str) -> None:
    """Delete the recordings; once that is sure, the scratch databases and files as well."""
    operations.forget_recordings(learner)
    transaction.on_commit(lambda: async_to_sync(following.reset)(learner))


async def tell(learner: str) -> AsyncIterator[bytes]:
    """Each recording, the oldest first, as its own page gives it to download."""
    own = Recording.objects.filter(learner=digest_learner(learner)).order_by("created_at", "pk")
    async for one in own.aiterator(chunk_size=_AT_ONCE):
        yield await sync_to_async(_encode, thread_sensitive=False)(one)


def _encode(recording: Recording) -> bytes:
    recorded = recordings.unpack(recording.content)
    lines = [msgspec.Raw(line) for line in recordings.list_lines(recorded)]
    described = recording.describe()
    kept = {
        "run_id": recording.run_id,
        "share_token": recording.share_token,
        "share_expires_at": recording.share_expires_at,
    }
    return msgspec.json.encode({"run": described | kept, "code": recorded.code, "events": lines})


RECORDINGS = Keeper("recordings", "run", "runs", operations.adopt_recordings, forget, tell)
