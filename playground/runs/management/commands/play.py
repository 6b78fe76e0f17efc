"""``manage.py play``: the site for one machine, with everything embedded."""

from typing import Any

import uvicorn
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def is_behind() -> bool:
    """Whether the database lacks something that this release has."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


class Command(BaseCommand):
    """What ``make play`` runs."""

    help = "Serve the site on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *arguments: Any, port: int, host: str, **options: Any) -> None:
        """Bring the database up to date, then serve until Ctrl-C."""
        if is_behind():  # to migrate where there is nothing to do takes half a second
            call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(f"Async database playground: http://{host}:{port}")
        uvicorn.run(
            "playground.asgi:application",
            host=host,
            port=port,
            log_level="warning",
            log_config=None,  # as the rest of the site
            lifespan="on",
            ws_max_size=1024 * 1024,
        )
