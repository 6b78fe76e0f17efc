"""``manage.py runworker sandbox``: Channels' own command, with a sandbox to run cells in."""

from typing import Any

from channels.management.commands import runworker
from django.conf import settings
from django.core.management.base import CommandError

from playground.runs.exposure import LevelBelowFull
from playground.runs.supervision import get_supervision, stop_supervision
from playground.runs.worker import SandboxWorker


class InsistentWorker(SandboxWorker):
    """Does not begin to work where the jail is too weak for who can reach the site."""

    async def handle(self) -> None:
        """Work until cancelled. Raises LevelBelowFull."""
        try:
            await get_supervision().require_level()
        except LevelBelowFull:
            await stop_supervision()
            raise
        await super().handle()


class Command(runworker.Command):
    """Runs cells for web processes elsewhere; they meet in Redis."""

    help = "Run cells for the web processes that share our Redis."
    worker_class = InsistentWorker

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Work until stopped."""
        if not settings.REDIS_URL:
            raise CommandError(
                "REDIS_URL is not set, so no web process could reach this worker. Set it for both; "
                "without it the site runs its own worker."
            )
        try:
            super().handle(*arguments, **options)
        except LevelBelowFull as error:
            raise CommandError(str(error)) from error
