"""What the site keeps of runs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from exercises.exercise import PLACE
from playground.catalog.private_packs import is_private


class Recording(models.Model):
    """One run as its page saw it: replayed, compared and shared without running it again.

    Its learner alone may read it, until it has a ``share_token``: then whoever has that.
    ``learner`` is a digest, so that the table names no learner session. ``content`` is a
    compressed ``playground.runs.recordings.Recorded``: nothing hostile lies outside of it.

    ``cell`` is the place it ran in: a cell's slug, or ``Exercise.place`` for the run that an
    answer was judged by. That run's ``progress.models.Attempt`` has the same ``run_id``, and
    outlives the recording.
    """

    run_id = models.CharField(max_length=64, unique=True)
    learner = models.CharField(max_length=64)
    pack = models.CharField(max_length=200)
    card = models.CharField(max_length=200)
    cell = models.CharField(max_length=200)
    cell_digest = models.CharField(max_length=64)
    driver = models.CharField(max_length=20, blank=True)
    workers = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=20)
    wall_us = models.PositiveBigIntegerField()
    longest_block_us = models.PositiveBigIntegerField()
    content = models.BinaryField()
    stored_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    share_token = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique
    shared_at = models.DateTimeField(null=True)
    share_expires_at = models.DateTimeField(null=True)
    taken_down_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first, as every list shows them."""

        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["learner", "pack", "card", "-created_at"]),
            # All that counting a learner's runs asks for, so that no content is passed by.
            models.Index(
                fields=["learner", "-created_at", "share_expires_at"], name="recordings_of_learner"
            ),
            models.Index(
                fields=["learner"], condition=models.Q(share_token__isnull=False), name="shared"
            ),
        ]

    def __str__(self) -> str:
        """Which run of what."""
        return f"{self.run_id} of {self.pack}/{self.card}/{self.cell}"

    @property
    def may_be_shared(self) -> bool:
        """Whether others may be given a link: not to an answer, nor to what is a team's own."""
        return not self.is_answer and not is_private(self.pack)

    @property
    def is_answer(self) -> bool:
        """Whether an answer to an exercise was judged by this run."""
        return self.cell.startswith(PLACE)

    @property
    def is_shared(self) -> bool:
        """Whether its link works now."""
        ends = self.share_expires_at
        return bool(self.share_token and ends and ends > timezone.now())

    def describe(self) -> dict[str, Any]:
        """What a file tells of the run; nothing of its learner, and no key to it."""
        names = ("pack", "card", "cell", "driver", "workers", "outcome")
        return {name: getattr(self, name) for name in names} | {
            "created_at": self.created_at.isoformat(timespec="seconds")
        }


class AbuseReport(models.Model):
    """What somebody says is wrong with a shared recording; goes with it, and names nobody."""

    REASONS: ClassVar = {
        "personal": "It shows personal data or a secret",
        "hateful": "It is hateful or harassing",
        "illegal": "It is against the law",
        "spam": "It is spam or a trick",
        "other": "Something else",
    }
    recording = models.ForeignKey(Recording, models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=20, choices=list(REASONS.items()))
    text = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Oldest first, as they are dealt with."""

        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        """What is said of which run."""
        return f"{self.reason}: {self.recording}"
