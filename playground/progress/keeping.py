"""What is kept of a learner here, for sign-in, download and deletion."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from django.db.models import Model

from playground.accounts.keepers import Keeper
from playground.accounts.learners import digest_learner
from playground.progress import operations
from playground.progress.models import (
    ActivityDay,
    Attempt,
    CardProgress,
    HintTaken,
    ReviewLog,
    ReviewPlan,
)

_AT_ONCE: Final = 200
_ADDRESS: Final = ("pack", "card")
_OF_ATTEMPT: Final = ("run_id", "driver", "state", "answer", "verdicts", "mistake")
# What is derived from these is not told again.
_TOLD: Final[dict[str, tuple[type[Model], tuple[str, ...]]]] = {
    "card": (CardProgress, (*_ADDRESS, "read_at", "ran_at", "runs", "last_at")),
    "attempt": (Attempt, (*_ADDRESS, "exercise", *_OF_ATTEMPT, "created_at")),
    "hint": (HintTaken, (*_ADDRESS, "exercise", "number", "taken_at")),
    "review": (
        ReviewLog,
        (*_ADDRESS, "exercise", "question", "answer", "grade", "source", "reviewed_at"),
    ),
    "review plan": (ReviewPlan, ("daily_limit",)),
    "day": (ActivityDay, ("day", "runs", "attempts", "passed", "reviews")),
}


async def tell(learner: str) -> AsyncIterator[bytes]:
    """Every row with its kind, the oldest of each first."""
    for kind, (model, names) in _TOLD.items():
        rows: Any = model._default_manager.filter(learner=digest_learner(learner))
        async for row in rows.order_by("pk").values(*names).aiterator(chunk_size=_AT_ONCE):
            yield msgspec.json.encode({"kind": kind} | row)


KEEPERS: Final = (
    Keeper(
        "progress",
        "attempt",
        "attempts",
        operations.adopt_progress,
        operations.forget_progress,
        tell,
    ),
)
