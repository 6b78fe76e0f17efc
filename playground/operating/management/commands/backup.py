"""``manage.py backup``: a copy of the site's own database, while it is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.operating.copying import CopyFailed, back_up


class Command(BaseCommand):
    """SQLite by its own backup, Postgres by pg_dump."""

    help = "Write a copy of the site's own database to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path, help="a file that is not there yet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Exit 1 when there is no whole copy."""
        try:
            back_up(file)
        except CopyFailed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{file}: {file.stat().st_size / 1024 / 1024:,.1f} MiB")
