"""``manage.py addpack``: show a pack that came as one file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exercises.archive import ArchiveRefused, add_pack
from exercises.front_matter import PackError
from exercises.loader import BUILT_IN, load_packs
from playground.runs.sentences import say_count


class Command(BaseCommand):
    """Exit status 1 when the archive or the pack is refused, with the reason on stderr."""

    help = "Add the pack of a zip or tar file, or put it in place of its older version."
    requires_system_checks = []  # a broken pack may be what is to be replaced

    def add_arguments(self, parser: CommandParser) -> None:
        """Which."""
        parser.add_argument("archive", metavar="ARCHIVE", type=Path)

    def handle(self, *arguments: Any, archive: Path, **options: Any) -> None:
        """Add it; what was added on stdout."""
        try:
            pack = add_pack(archive, settings.ADDED_PACKS_DIR, _list_taken())
        except OSError as error:
            raise CommandError(f"{archive} cannot be read: {error}", returncode=2) from error
        except (ArchiveRefused, PackError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{pack.title} ({pack.slug} {pack.version}), {say_count(len(pack.cards), 'card')}. "
            f"Check it with `manage.py checkpacks {settings.ADDED_PACKS_DIR / pack.slug}`; "
            "the site shows it when it is started again."
        )


def _list_taken() -> frozenset[str]:
    elsewhere = [each for each in settings.PACK_DIRS if Path(each) != settings.ADDED_PACKS_DIR]
    return frozenset(load_packs([BUILT_IN, *elsewhere]))
