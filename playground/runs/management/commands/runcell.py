"""``manage.py runcell``: one run through the same jail as the site."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sandbox.__main__ import main


class Command(BaseCommand):
    """Its options and exit status are those of ``python -m sandbox run``."""

    help = (
        "Run a file in the jail: runcell FILE|- [--database none|sqlite|postgres] "
        "[--profile NAME] [--workers N] [--events]"
    )

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand everything on: the runner has its own parser."""
        sys.exit(main(["run", *_wall(), *argv[2:]]))

    def handle(self, *arguments: Any, **options: Any) -> None:
        """For ``call_command``."""
        sys.exit(main(["run", *_wall(), *arguments]))


def _wall() -> list[str]:
    return ["--wall", settings.SANDBOX_WALL] if settings.SANDBOX_WALL else []
