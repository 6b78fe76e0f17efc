"""``manage.py sendnews``: what is new, by mail, to those who asked for it."""

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.accounts.models import User
from playground.news import mails, operations, queries
from playground.news.models import Subscription
from playground.news.queries import Entry

_log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Each entry once to each subscriber, however often and wherever it is called."""

    help = "Send what is new in the packs to the accounts that want it by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to send."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent")

    def handle(self, *arguments: Any, dry_run: bool, **options: Any) -> None:
        """One mail to each who has not everything; exit status 1 when one did not leave."""
        if not settings.SITE_URL:
            raise CommandError("SITE_URL is not set: links in mail begin with it, https://HOST")
        sent = failed = 0
        for user, entries in list_waiting():
            if dry_run:
                titles = ", ".join(entry.news.title for entry in entries)
                self.stdout.write(f"{user.email}: {titles}")
            elif (left := send(user, entries)) is not None:
                sent += left
                failed += not left
        if not dry_run:
            self.stdout.write(f"{sent} sent, {failed} failed")
        if failed:
            raise CommandError("some mails did not leave: see the log, then call sendnews again")


def list_waiting() -> Iterator[tuple[User, list[Entry]]]:
    """Every subscriber with a proved address, and what they have not been sent."""
    entries = queries.list_entries()
    proved = User.objects.filter(
        is_active=True, emailaddress__verified=True, emailaddress__primary=True
    )
    subscriptions = Subscription.objects.filter(user__in=proved).select_related("user")
    for subscription in list(subscriptions.order_by("pk")):
        user = subscription.user
        since = [each for each in entries if each.news.date >= subscription.since]
        unsent = operations.list_unsent(user, [entry.id for entry in since])
        if unsent:
            yield user, [entry for entry in since if entry.id in unsent]


def send(user: User, entries: list[Entry]) -> bool | None:
    """Whether it left; None when it is not ours to send any more."""
    claimed = operations.claim(user, [entry.id for entry in entries])
    ours = [entry for entry in entries if entry.id in claimed]
    if not ours:
        return None
    try:
        mails.make_mail(user, ours, settings.SITE_URL).send()
    except OSError:  # smtplib's errors are such
        _log.exception("news to account %s", user.pk)
        operations.release(user, claimed)
        return False
    operations.settle(user, claimed)
    return True
