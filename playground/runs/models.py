"""What the site keeps of runs."""

from __future__ import annotations

from django.db import models


class Recording(models.Model):
    """One run as its page saw it: replayed, compared and shared without running it again.

    Its learner alone may read it, until it has a ``share_token``: then whoever has that.
    ``learner`` is a digest, so that the table names no learner session. ``content`` is a
    compressed ``playground.runs.recordings.Recorded``: nothing hostile lies outside of it.
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

    class Meta:
        """Newest first, as every list shows them."""

        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["learner", "pack", "card", "-created_at"])]

    def __str__(self) -> str:
        """Which run of what."""
        return f"{self.run_id} of {self.pack}/{self.card}/{self.cell}"
