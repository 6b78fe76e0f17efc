"""``manage.py runworker sandbox``: Channels' own command, with a sandbox to run cells in."""

from typing import Any

from channels.management.commands import runworker
from django.conf import settings
from django.core.management.base import CommandError

from playground.runs.worker import SandboxWorker


class Command(runworker.Command):
    """Runs cells for web processes elsewhere; they meet in Redis."""

    help = "Run cells for the web processes that share our Redis."
    worker_class = SandboxWorker

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Work until stopped."""
        if not settings.REDIS_URL:
            raise CommandError(
                "REDIS_URL is not set, so no web process could reach this worker. Set it for both; "
                "without it the site runs its own worker."
            )
        super().handle(*arguments, **options)
