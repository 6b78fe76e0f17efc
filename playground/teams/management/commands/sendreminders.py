"""``manage.py sendreminders``: what is due soon, by mail, to those who have not done it."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from playground.teams import mails, reminding

_log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Each assignment once to each learner, however often and wherever it is called."""

    help = "Remind learners of assignments that are due soon and that they have not done."

    def add_arguments(self, parser: CommandParser) -> None:
        """How soon, and whether to send."""
        parser.add_argument("--hours", type=int, default=24, help="how soon it is due (24)")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent")

    def handle(self, *arguments: Any, hours: int, dry_run: bool, **options: Any) -> None:
        """One mail for each; exit status 1 when one did not leave."""
        if not settings.SITE_URL:
            raise CommandError("SITE_URL is not set: links in mail begin with it, https://HOST")
        sent = failed = 0
        for due in reminding.list_due(timezone.now() + timedelta(hours=hours)):
            if dry_run:
                self.stdout.write(f"{due.member.user.email}: {due.assignment.title}")
            elif (left := _send(due)) is not None:
                sent += left
                failed += not left
        if not dry_run:
            self.stdout.write(f"{sent} sent, {failed} failed")
        if failed:
            raise CommandError("some mails did not leave: see the log, then call it again")


def _send(due: reminding.Due) -> bool | None:
    """Whether it left; None when it is not ours to send any more."""
    if not reminding.claim(due):
        return None
    try:
        mails.make_reminder(due, settings.SITE_URL).send()
    except OSError:  # smtplib's errors are such
        _log.exception("reminder to account %s", due.member.user_id)
        reminding.release(due)
        return False
    reminding.settle(due)
    return True
