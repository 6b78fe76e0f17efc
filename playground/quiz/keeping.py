"""What is kept of a learner here, for sign-in, download and deletion."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from playground.accounts.keepers import Keeper
from playground.accounts.learners import digest_learner
from playground.quiz import operations
from playground.quiz.models import Quiz

_AT_ONCE: Final = 100


async def tell(learner: str) -> AsyncIterator[bytes]:
    """Each quiz with its answers, the oldest first."""
    own = Quiz.objects.filter(learner=digest_learner(learner)).order_by("created_at", "pk")
    async for quiz in own.prefetch_related("answers").aiterator(chunk_size=_AT_ONCE):
        yield msgspec.json.encode(
            {
                "selection": quiz.selection,
                "created_at": quiz.created_at,
                "finished_at": quiz.finished_at,
                "questions": [_describe(quiz, place) for place in range(len(quiz.questions))],
            }
        )


def _describe(quiz: Quiz, place: int) -> dict[str, Any]:
    pack, card, question, _ = quiz.questions[place]
    told: dict[str, Any] = {"pack": pack, "card": card, "question": question}
    for row in quiz.answers.all():
        if row.position == place + 1 and row.answered_at:
            told |= {"given": row.given, "right": row.right, "answered_at": row.answered_at}
            told |= {"run_id": row.run_id} if row.run_id else {}
    return told


QUIZZES: Final = Keeper(
    "quizzes", "quiz", "quizzes", operations.adopt_quizzes, operations.forget_quizzes, tell
)
