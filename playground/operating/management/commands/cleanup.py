"""``manage.py cleanup``: forget in time what was to be kept for a time; called daily."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playground.operating.cleaning import clean


class Command(BaseCommand):
    """What it does is safe at any time, on one machine of a fleet or on all."""

    help = "Delete what has ended: sessions, recordings, links, sign-ups that were never confirmed."

    def handle(self, *args: Any, **options: Any) -> None:
        """A line for each kind."""
        for kind, count in clean().items():
            self.stdout.write(f"{kind}: {count}")
