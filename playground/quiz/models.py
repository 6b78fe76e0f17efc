"""Quizzes and their answers. ``learner`` is a digest; questions are named by slugs, as content is
files: what is not there any more keeps its rows.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from playground.progress.models import OfLearner


class Quiz(models.Model):
    """Questions drawn for one learner. ``questions`` are pack, card, id and digest of each, as it
    was then; ``selection`` is what they were drawn from, as the address of the page had it.
    """

    learner = models.CharField(max_length=64)
    selection = models.CharField(max_length=500, blank=True)
    seed = models.CharField(max_length=32)
    questions = models.JSONField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first, as lists show them."""

        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["learner", "-created_at"], name="quizzes_of_learner")
        ]

    def __str__(self) -> str:
        """How long it is."""
        return f"quiz {self.pk} of {len(self.questions)} questions"


class QuizAnswer(OfLearner):
    """The first answer to the question at ``position``, from 1; without ``answered_at`` there is
    none yet, and the question was shown. ``given`` is as ``exercises.questions.grade`` takes it;
    None is who did not know, or a live cell, whose first judged attempt is ``run_id``.
    ``is_newest`` marks the last answer that its learner gave to the question, in any quiz.
    """

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="answers")
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=200)
    given = models.JSONField(null=True)
    run_id = models.CharField(max_length=64, blank=True)
    right = models.BooleanField(null=True)
    shown_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    is_newest = models.BooleanField(default=False)

    class Meta:
        """One for each question of a quiz; the newest to a question says what is not known yet."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["quiz", "position"], name="one_quiz_answer")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["learner", "pack", "card", "question", "answered_at", "right"],
                name="answers_to_question",
            ),
            models.Index(
                fields=["learner", "right", "pack", "card", "question"],
                condition=models.Q(is_newest=True),
                name="newest_answers",
            ),
        ]

    def __str__(self) -> str:
        """To what."""
        return f"{self.pack}/{self.card}/{self.question}"
