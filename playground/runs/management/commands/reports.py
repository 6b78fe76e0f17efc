"""``manage.py reports``: what was reported of shared runs, and take one down."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from playground.accounts.audit import name_command_line, record
from playground.runs import operations, queries


class Command(BaseCommand):
    """``--take-down=TOKEN`` ends a link for good, ``--close=TOKEN`` closes its reports.

    With "=", as a token may begin with "-".
    """

    help = "List the open reports of shared runs, or deal with those of one: --take-down=TOKEN."

    def add_arguments(self, parser: CommandParser) -> None:
        """TOKEN is the end of the shared page's address."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--take-down", metavar="TOKEN", help="end its link for good")
        which.add_argument("--close", metavar="TOKEN", help="leave it, and close its reports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 for an unknown token."""
        token = options["take_down"] or options["close"]
        if not token:
            self._list()
            return
        found = queries.get_shared(token)
        if found is None:
            raise CommandError(f"No run is shared as {token!r}: its link has ended, or never was.")
        if options["take_down"]:
            with transaction.atomic():
                operations.take_down(found)
                record(name_command_line("reports"), "took down", found)
            self.stdout.write("Taken down. Its learner is told so and cannot share it again.")
        else:
            with transaction.atomic():
                operations.close_reports(found)
                record(name_command_line("reports"), "closed the reports of", found)
            self.stdout.write("Closed. The run stays shared.")

    def _list(self) -> None:
        reports = queries.list_open_reports()
        for one in reports:
            run = one.recording
            where = f"/r/{run.share_token}/" if run.is_shared else "no longer shared"
            self.stdout.write(
                f"{one.created_at:%Y-%m-%d %H:%M}  {one.get_reason_display()}  {where}"
                f"  {run.pack}/{run.card}/{run.cell}"
            )
            # What strangers write must not steer a terminal.
            for line in one.text.splitlines():
                self.stdout.write("    " + "".join(c if c.isprintable() else "?" for c in line))
        self.stdout.write(f"{len(reports)} open")
