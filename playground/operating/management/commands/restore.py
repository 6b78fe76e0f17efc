"""``manage.py restore``: put a copy of the site's own database back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.accounts.audit import name_command_line, record
from playground.operating.copying import CopyFailed, restore


class Command(BaseCommand):
    """All of it or nothing; then what a newer release keeps is added to it."""

    help = "Restore what `manage.py backup` wrote. Stop the web processes first."
    requires_system_checks = ()  # they may ask a database that has nothing yet

    def add_arguments(self, parser: CommandParser) -> None:
        """What, and whether in the place of what is there."""
        parser.add_argument("file", type=Path)
        what = "put it in the place of all that the database has"
        parser.add_argument("--replace", action="store_true", help=what)

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        """Exit 1 when nothing was changed."""
        try:
            restore(file, replace=replace)
        except CopyFailed as error:
            raise CommandError(str(error)) from None
        call_command("migrate", verbosity=0, interactive=False)
        record(name_command_line("restore"), "restored", "the database", details=file.name)
        self.stdout.write("Restored. Start the web processes again.")
