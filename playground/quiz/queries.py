"""Reads of quizzes, each a statement or two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, QuerySet

from playground.accounts.learners import digest_learner
from playground.progress.models import Attempt, ExerciseProgress
from playground.quiz.items import Item, Key, get_items
from playground.quiz.models import Quiz, QuizAnswer


def list_own(learner: str) -> QuerySet[Quiz]:
    """The learner's, newest first; those begun and left alone are not."""
    own = Quiz.objects.filter(learner=digest_learner(learner))
    return own.filter(Exists(QuizAnswer.objects.filter(quiz=OuterRef("pk"), right__isnull=False)))


def get_own(learner: str, quiz: int) -> Quiz | None:
    """The learner's quiz of that number."""
    return (
        Quiz.objects.filter(pk=quiz, learner=digest_learner(learner)).first() if learner else None
    )


def list_outcomes(quizzes: Iterable[Quiz]) -> Mapping[int, dict[int, bool | None]]:
    """Whether the answers of each quiz are right, by its number and their positions."""
    found: dict[int, dict[int, bool | None]] = defaultdict(dict)
    rows = QuizAnswer.objects.filter(quiz__in=list(quizzes))
    for quiz, position, right in rows.values_list("quiz", "position", "right"):
        found[quiz][position] = right
    return found


def get_answer(quiz: Quiz, position: int) -> QuizAnswer | None:
    """What is kept of the question there."""
    return QuizAnswer.objects.filter(quiz=quiz, position=position).first()


def list_wrong(learner: str) -> set[Key]:
    """Questions whose last answer was wrong, and live cells whose exercise failed last."""
    if not learner:
        return set()
    newest = QuizAnswer.objects.filter(learner=digest_learner(learner), is_newest=True)
    rows = newest.filter(right=False)
    wrong: set[Key] = set(rows.values_list("pack", "card", "question"))
    failed = ExerciseProgress.objects.filter(
        learner=digest_learner(learner), last_state=Attempt.State.FAILED
    )
    made = {(pack, card, f"exercise-{slug}") for pack, card, slug in _list_addresses(failed)}
    items = get_items()
    return wrong | {key for key in made if key in items and items[key].question.kind == "cell"}


def count_asked(learner: str) -> dict[Key, int]:
    """How often each question was answered in a quiz."""
    own = QuizAnswer.objects.filter(learner=digest_learner(learner), right__isnull=False)
    rows = own.order_by().values_list("pack", "card", "question").annotate(times=Count("pk"))
    return {(pack, card, question): times for pack, card, question, times in rows}


def find_attempt(quiz: Quiz, item: Item, since: datetime) -> Attempt | None:
    """The first attempt at a live cell that was judged since it was shown."""
    pack, card, _ = item.key
    own = Attempt.objects.filter(learner=quiz.learner, pack=pack, card=card)
    judged = own.filter(exercise=item.question.exercise, created_at__gte=since)
    return judged.exclude(state=Attempt.State.ERRORED).order_by("created_at", "pk").first()


def _list_addresses(rows: QuerySet[ExerciseProgress]) -> Iterable[tuple[str, str, str]]:
    return rows.order_by().values_list("pack", "card", "exercise")
