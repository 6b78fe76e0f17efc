"""``manage.py runworker sandbox``: Channels' own command, with a sandbox to run cells in."""

from typing import Any

from channels.management.commands import runworker
from django.conf import settings
from django.core.checks.registry import registry
from django.core.management.base import CommandError

from playground.accounts.checks import PAGES
from playground.runs.exposure import LevelBelowFull
from playground.runs.fleet_worker import FleetWorker


class Command(runworker.Command):
    """Runs cells for web processes elsewhere; they meet in Redis. SIGTERM: see FleetWorker."""

    help = "Run cells for the web processes that share our Redis."
    worker_class = FleetWorker

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """As every command's, but for what is the pages' alone, and without a database.

        A worker has no key to the site's.
        """
        tags = [tag for tag in registry.tags_available() if tag != PAGES]
        return {**super().get_check_kwargs(options), "databases": [], "tags": tags}

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
