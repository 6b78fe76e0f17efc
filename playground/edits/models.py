"""What learners write in the places of cells and exercises. ``learner`` is a digest."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

_SLUG_CHARACTERS = 200


class Edit(models.Model):
    """What a learner has in one place: a cell by its slug, an exercise by ``Exercise.place``. It is
    code, or of an exercise that asks for an answer in fields a line for each: ``name = value``.

    ``base_digest`` is of the author's version it was typed over. ``version`` counts what the text
    was; ``writer`` is the open page that wrote this one, and ``number`` counts its writes.
    ``is_author_s``: it is whatever the author has there, as after a reset.
    """

    learner = models.CharField(max_length=64)
    pack = models.CharField(max_length=_SLUG_CHARACTERS)
    card = models.CharField(max_length=_SLUG_CHARACTERS)
    place = models.CharField(max_length=_SLUG_CHARACTERS)
    text = models.TextField(blank=True)
    is_author_s = models.BooleanField(default=False)
    base_digest = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)
    writer = models.CharField(max_length=32, blank=True)
    number = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        """One for each place."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "pack", "card", "place"], name="one_edit")
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.pack}/{self.card}/{self.place}"


class SetAside(models.Model):
    """What was in the place before something else came there, until its learner drops it.

    ``at``: when it was the learner's code last.
    """

    class Why(models.TextChoices):
        """What took its place."""

        ELSEWHERE = "elsewhere", "another tab or device changed the place"
        RESET = "reset", "back to the author's version"
        OPENED = "opened", "a recorded run or an attempt was opened"
        TAKEN = "taken", "what was set aside was taken back"
        SIGN_IN = "sign-in", "two sides met at sign-in"

    edit = models.ForeignKey(Edit, models.CASCADE, related_name="set_aside")
    text = models.TextField(blank=True)
    why = models.CharField(max_length=10, choices=Why.choices)
    writer = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    class Meta:
        """Newest first, as the page offers them."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        """Of what, and why."""
        return f"{self.edit}: {self.why}"
