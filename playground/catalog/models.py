"""What is searched: a table of the places on cards, and the state of the packs it was made from."""

from __future__ import annotations

from django.db import models


class SearchDocument(models.Model):
    """One place on a card, as ``documents.Document``; its words are in the engine's own index."""

    number = models.PositiveIntegerField(primary_key=True)
    kind = models.CharField(max_length=10)
    pack = models.TextField()
    card = models.TextField()
    anchor = models.TextField()
    error = models.TextField()
    title = models.TextField()
    text = models.TextField()
    boost = models.FloatField()

    def __str__(self) -> str:
        """Where it is."""
        return f"{self.place}#{self.anchor}"

    @property
    def place(self) -> str:
        """Its card."""
        return f"{self.pack}/{self.card}"


class SearchIndex(models.Model):
    """One row: the digest of what the table was made from."""

    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        """The digest."""
        return self.digest
