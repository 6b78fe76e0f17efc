"""What learners did. ``learner`` is a digest everywhere; packs, cards and exercises are slugs,
as content is files: what is not there any more keeps its rows.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from playground.progress.scheduling import Grade, Schedule

_SLUG_CHARACTERS = 200


class OfLearner(models.Model):
    """Something of a learner on a card."""

    learner = models.CharField(max_length=64)
    pack = models.CharField(max_length=_SLUG_CHARACTERS)
    card = models.CharField(max_length=_SLUG_CHARACTERS)

    class Meta:
        """No table of its own."""

        abstract = True


class CardProgress(OfLearner):
    """How far a learner came with a card, exercises apart: first times, and how many runs."""

    read_at = models.DateTimeField(null=True)
    ran_at = models.DateTimeField(null=True)
    runs = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        """One for each card."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "pack", "card"], name="one_card_progress")
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.pack}/{self.card}"


class Attempt(OfLearner):
    """An answer to an exercise that was judged. ``run_id`` makes it one, however often it is told.

    ``exercise_digest`` is of the exercise as it was then; ``answer`` is what was handed in, and
    ``verdicts`` what was said of it: ``exercises.checks.Verdict`` as JSON. ``shown_at`` is when
    its page was, if that is known. The run itself, for as long as it is kept, is the
    ``runs.models.Recording`` of the same ``run_id``: ``playground.runs.queries.list_of_attempts``.
    """

    class State(models.TextChoices):
        """What the judge said of it in all. An errored one is our fault and counts for nothing."""

        PASSED = "passed"
        FAILED = "failed"
        ERRORED = "errored"

    run_id = models.CharField(max_length=64, unique=True)
    exercise = models.CharField(max_length=_SLUG_CHARACTERS)
    exercise_digest = models.CharField(max_length=64)
    driver = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    answer = models.TextField()
    verdicts = models.JSONField(default=list)
    mistake = models.TextField(blank=True)
    wall_us = models.PositiveBigIntegerField(default=0)
    shown_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        """Newest first, as lists show them."""

        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["learner", "pack", "card", "exercise", "-created_at"],
                name="attempts_of_exercise",
            ),
            models.Index(fields=["learner", "-created_at"], name="attempts_of_learner"),
        ]

    def __str__(self) -> str:
        """Which answer to what."""
        return f"{self.run_id} to {self.pack}/{self.card}/{self.exercise}"

    @property
    def counts(self) -> bool:
        """Whether it says anything of its learner."""
        return self.state != self.State.ERRORED

    def describe(self) -> dict[str, Any]:
        """What a download tells of it."""
        names = ("run_id", "pack", "card", "exercise", "driver", "state", "answer", "verdicts")
        return {name: getattr(self, name) for name in names} | {"created_at": self.created_at}


class HintTaken(OfLearner):
    """A hint that was asked for, each time."""

    exercise = models.CharField(max_length=_SLUG_CHARACTERS)
    number = models.PositiveSmallIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        """Asked for by exercise."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["learner", "pack", "card", "exercise"], name="hints_of_exercise")
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"hint {self.number} to {self.pack}/{self.card}/{self.exercise}"


class ExerciseProgress(OfLearner):
    """Where a learner stands with an exercise: derived from attempts and hints alone, by
    ``playground.progress.standing``, and kept because pages ask for all of them at once.

    ``failures`` and ``hints`` are those before the first pass, or so far.
    """

    exercise = models.CharField(max_length=_SLUG_CHARACTERS)
    attempts = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    hints = models.PositiveIntegerField()
    passed_at = models.DateTimeField(null=True)
    last_state = models.CharField(max_length=10, blank=True)
    last_at = models.DateTimeField()

    class Meta:
        """One for each exercise."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["learner", "pack", "card", "exercise"], name="one_exercise_progress"
            )
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.pack}/{self.card}/{self.exercise}"


class ReviewLog(OfLearner):
    """A grade that a learner gave, or that an answer to a question of a card got.

    With an ``exercise`` it is a correction: what the learner says of the sitting that has the
    attempt ``run_id``; all other grades of exercises are derived from attempts and hints.
    ``question`` is the slug of what was asked of the card, and ``answer`` what was answered.
    """

    class Source(models.TextChoices):
        """Where the grade comes from."""

        BEHAVIOUR = "behaviour"
        RATING = "rating"
        CORRECTION = "correction"

    exercise = models.CharField(max_length=_SLUG_CHARACTERS, blank=True)
    run_id = models.CharField(max_length=64, blank=True)
    question = models.CharField(max_length=_SLUG_CHARACTERS, blank=True)
    answer = models.JSONField(default=list)
    grade = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=10, choices=Source.choices)
    reviewed_at = models.DateTimeField()

    class Meta:
        """Asked for by what was reviewed."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["learner", "pack", "card", "exercise", "reviewed_at"], name="logs_of_item"
            )
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.grade} for {self.pack}/{self.card}/{self.exercise or self.question}"


class ReviewItem(OfLearner):
    """When a card, or one of its exercises, is due again: derived from what was done and said of
    it, by ``playground.progress.scheduling``, and kept because a page asks for all that is due.
    """

    exercise = models.CharField(max_length=_SLUG_CHARACTERS, blank=True)
    reviews = models.PositiveIntegerField()
    stability = models.FloatField()
    difficulty = models.FloatField()
    last_grade = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        """One for each card and each exercise."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["learner", "pack", "card", "exercise"], name="one_review_item"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["learner", "due_at"], name="items_due")
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.pack}/{self.card}/{self.exercise}"

    @property
    def schedule(self) -> Schedule:
        """As it was derived."""
        return Schedule(
            self.reviews,
            self.stability,
            self.difficulty,
            Grade(self.last_grade),
            self.last_at,
            self.due_at,
        )


class ReviewPlan(models.Model):
    """How much an account wants to review in a day."""

    learner = models.CharField(max_length=64, unique=True)
    daily_limit = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        """How many."""
        return f"{self.daily_limit} a day"


class ActivityDay(models.Model):
    """How much was done on one day, as the learner's own clock had it."""

    learner = models.CharField(max_length=64)
    day = models.DateField()
    runs = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    reviews = models.PositiveIntegerField(default=0)

    class Meta:
        """One for each day."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "day"], name="one_activity_day")
        ]

    def __str__(self) -> str:
        """Which day."""
        return f"{self.day}"
