"""``manage.py newcard``: the folder of a new card, right from the first moment."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exercises.files import SLUG, list_numbered
from exercises.folders import find_pack_folder
from exercises.loader import BUILT_IN

MOST_CARDS = 99
SKELETON = Path(__file__).parents[2] / "new_card"


class Command(BaseCommand):
    """Copies a small card that loads and passes checkpacks, under the pack's next number."""

    help = "Make a card: newcard PACK SLUG"
    requires_system_checks = []  # a pack may be broken, as long as somebody works on it

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, and its name."""
        parser.add_argument("pack", metavar="PACK")
        parser.add_argument("slug", metavar="SLUG", help="lower-case words joined by '-'")

    def handle(self, *arguments: Any, pack: str, slug: str, **options: Any) -> None:
        """Make the folder; its path on stdout."""
        if not SLUG.fullmatch(slug):
            raise CommandError(f"{slug!r} is not lower-case words joined by '-'", returncode=2)
        folder = find_pack_folder(pack, [BUILT_IN, *settings.PACK_DIRS])
        if folder is None:
            where = "exercises/packs or PACK_DIRS"
            sentence = f"there is no pack {pack!r} in {where}: a folder with pack.toml makes one"
            raise CommandError(sentence, returncode=2)
        names = [each.name for each in list_numbered(folder)]
        if any(name[3:] == slug for name in names):
            raise CommandError(f"{folder} has a card {slug!r}", returncode=2)
        number = int(names[-1][:2]) + 1 if names else 1
        if number > MOST_CARDS:
            raise CommandError(f"{folder} has {MOST_CARDS} cards, the most there can be")
        made = folder / f"{number:02}-{slug}"
        for source in sorted(SKELETON.rglob("*.*")):
            target = made / source.relative_to(SKELETON).with_name(source.name.removesuffix(".txt"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.read_text("utf-8"), "utf-8")
        self.stdout.write(str(made))
        self.stderr.write(
            "Once it is ready, tell of it in pack.toml: [[news]], see CONTRIBUTING.md"
        )
