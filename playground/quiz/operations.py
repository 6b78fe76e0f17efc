"""Writes of quizzes. The first answer counts; telling it again changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from playground.accounts.learners import digest_learner, find_owner
from playground.quiz.items import Item
from playground.quiz.models import Quiz, QuizAnswer

UNTOUCHED_DAYS: Final = 1  # a quiz without an answer is kept so long
_QUESTION: Final = ("learner", "pack", "card", "question")


@transaction.atomic
def begin(learner: str, selection: str, items: Iterable[Item], seed: str = "") -> Quiz | None:
    """A quiz of these questions. None: the account was deleted."""
    owner = find_owner(learner)
    if not owner:
        return None
    digest, now = digest_learner(owner), timezone.now()
    old = now - timedelta(days=UNTOUCHED_DAYS)
    own = Quiz.objects.filter(learner=digest, created_at__lt=old)
    own.filter(answers=None).delete()
    return Quiz.objects.create(
        learner=digest,
        selection=selection[:500],
        seed=seed or secrets.token_hex(8),
        questions=[[*item.key, item.digest] for item in items],
        created_at=now,
    )


@transaction.atomic
def show(quiz: Quiz, position: int) -> QuizAnswer:
    """From when on an attempt counts as the answer. Raises Quiz.DoesNotExist if it is deleted."""
    pack, card, question, _ = quiz.questions[position - 1]
    # Whose it is now: it may be on its way from a browser to an account.
    learner = Quiz.objects.select_for_update().values_list("learner", flat=True).get(pk=quiz.pk)
    place = {"learner": learner, "pack": pack, "card": card, "question": question}
    row, _ = QuizAnswer.objects.get_or_create(
        quiz=quiz, position=position, defaults={**place, "shown_at": timezone.now()}
    )
    return row


@transaction.atomic
def answer(
    quiz: Quiz, position: int, *, right: bool, given: object = None, run_id: str = ""
) -> QuizAnswer:
    """Keep the answer unless there is one; what is kept. Raises Quiz.DoesNotExist."""
    row = show(quiz, position)
    if row.right is None:
        asked = {name: getattr(row, name) for name in _QUESTION}
        QuizAnswer.objects.filter(**asked, is_newest=True).update(is_newest=False)
        kept = {"given": given, "run_id": run_id, "answered_at": timezone.now()}
        QuizAnswer.objects.filter(pk=row.pk).update(right=right, is_newest=True, **kept)
        row.refresh_from_db()
    return row


def finish(quiz: Quiz) -> None:
    """Every question that is still there was answered."""
    Quiz.objects.filter(pk=quiz.pk, finished_at=None).update(finished_at=timezone.now())


def adopt_quizzes(former: str, learner: str) -> int:
    """Move a browser's quizzes to an account; how many had an answer."""
    old, new = digest_learner(former), digest_learner(learner)
    answered = QuizAnswer.objects.filter(learner=old, right__isnull=False)
    count = answered.values("quiz").distinct().count()
    # Quizzes first: who answers holds the quiz, and so no answer stays behind.
    Quiz.objects.filter(learner=old).update(learner=new)
    QuizAnswer.objects.filter(learner=old).update(learner=new)
    keep_newest(new)
    return count


def keep_newest(digest: str) -> None:
    """Of several answers to a question that were the newest, one from each side, only the last."""
    newest = QuizAnswer.objects.filter(is_newest=True)
    same = newest.filter(**{name: OuterRef(name) for name in _QUESTION})
    later = same.filter(
        Q(answered_at__gt=OuterRef("answered_at"))
        | Q(answered_at=OuterRef("answered_at"), pk__gt=OuterRef("pk"))
    )
    newest.filter(Exists(later), learner=digest).update(is_newest=False)


def forget_quizzes(learner: str) -> None:
    """Delete all of them with their answers."""
    Quiz.objects.filter(learner=digest_learner(learner)).delete()
