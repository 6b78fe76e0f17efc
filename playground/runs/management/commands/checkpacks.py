"""``manage.py checkpacks``: every claim, solution, starter and mistake of packs, in the jail."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from exercises.folders import list_pack_folders
from exercises.loader import BUILT_IN, PackError, load_pack
from exercises.model import Pack
from playground.runs.busy import keep_busy
from playground.runs.checking import Result, check, list_subjects
from playground.runs.checkings import write_checked
from playground.runs.supervision import get_supervision, stop_supervision
from sandbox.client import SandboxClient, SandboxUnavailable

WATCH_SECONDS = 0.5
EXIT_UNAVAILABLE = 3


class Place(NamedTuple):
    """A pack's folder and what of it is to be checked: the names of card folders, or all."""

    folder: Path
    cards: frozenset[str] = frozenset()


class Command(BaseCommand):
    """Exit status 1 when something does not hold, 3 when the sandbox cannot be had."""

    help = "Check that claims hold, solutions pass, and starters and mistakes fail."
    requires_system_checks = []  # a pack may be broken, as long as somebody works on it

    def add_arguments(self, parser: CommandParser) -> None:
        """What to check, and how to report."""
        parser.add_argument("paths", nargs="*", metavar="PATH", help="a pack, or a card's folder")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--claims", action="store_true", help="check the claims alone")
        parser.add_argument("--write", action="store_true", help="keep in checked.toml what held")
        parser.add_argument("--watch", action="store_true", help="check what changes, until Ctrl-C")
        parser.add_argument(
            "--busy", type=int, default=0, help="how many processors to keep busy meanwhile"
        )

    def handle(
        self,
        *arguments: Any,
        paths: list[str],
        as_json: bool,
        claims: bool,
        write: bool,
        watch: bool,
        busy: int,
        **options: Any,
    ) -> None:
        """Check, report, exit."""
        self._as_json = as_json
        self._claims_alone = claims
        try:
            every = list_pack_folders([BUILT_IN, *settings.PACK_DIRS])
            places = list(_list_places(map(Path, paths)) if paths else map(Place, every))
            with keep_busy(busy):
                status = asyncio.run(self._check(places, write=write, watch=watch))
        except SandboxUnavailable as error:
            self.stderr.write(f"checkpacks: the sandbox cannot be had: {error}")
            sys.exit(EXIT_UNAVAILABLE)
        except KeyboardInterrupt:
            sys.exit(130)
        if status:
            sys.exit(status)

    async def _check(self, places: list[Place], *, write: bool, watch: bool) -> int:
        try:
            client = await get_supervision().client()
            failed = await self._check_once(client, places, write=write)
            seen = _stamps(places)
            while watch:
                await asyncio.sleep(WATCH_SECONDS)
                now = _stamps(places)
                if changed := list(_list_changed(places, seen, now)):
                    failed = await self._check_once(client, changed, write=write)
                    now = _stamps(places)
                seen = now
        finally:
            await stop_supervision()
        return 1 if failed else 0

    async def _check_once(self, client: SandboxClient, places: list[Place], *, write: bool) -> int:
        began = time.monotonic()
        results: list[Result] = []
        broken = cards = exercises = 0
        for place in places:
            try:
                pack = _narrowed(load_pack(place.folder), place)
            except PackError as error:
                self._tell({"type": "broken", "problem": str(error)}, str(error))
                broken += 1
                continue
            cards += len(pack.cards)
            exercises += sum(len(card.exercises) for card in pack.cards)
            found = [one async for one in self._check_pack(client, place.folder, pack)]
            results += found
            if write:
                await write_checked(client, place.folder, pack, found)
        summary = _summary(results, cards, exercises, broken)
        summary["seconds"] = round(time.monotonic() - began, 1)
        told = ", ".join(f"{value} {name}" for name, value in summary.items() if name != "type")
        self._tell(summary, told)
        return int(summary["failed"])

    async def _check_pack(
        self, client: SandboxClient, folder: Path, pack: Pack
    ) -> AsyncIterator[Result]:
        every = list_subjects(folder, pack)
        subjects = [one for one in every if one.kind == "claim" or not self._claims_alone]
        versions = (await client.status()).versions
        async for result in check(client, versions, subjects):
            words = f"{result.kind} {result.subject} ({result.driver})"
            told = f"ok   {words}"
            if result.problem:
                told = f"FAIL {result.file}:{result.line}: {words}: {result.problem}"
            self._tell(msgspec.to_builtins(result), told)
            yield result

    def _tell(self, line: dict[str, Any], words: str) -> None:
        self.stdout.write(msgspec.json.encode(line).decode() if self._as_json else words)
        self.stdout.flush()


def _list_places(paths: Iterable[Path]) -> Iterator[Place]:
    for path in paths:
        folders = list(list_pack_folders([path]))
        yield from map(Place, folders)
        if not folders:
            above = next((p for p in path.absolute().parents if (p / "pack.toml").is_file()), None)
            if above is None or not path.is_dir():
                sys.stderr.write(f"checkpacks: {path} is no pack and in none\n")
                sys.exit(2)
            yield Place(above, frozenset([path.absolute().relative_to(above).parts[0]]))


def _narrowed(pack: Pack, place: Place) -> Pack:
    if not place.cards:
        return pack
    cards = tuple(card for card in pack.cards if f"{card.number:02}-{card.slug}" in place.cards)
    return msgspec.structs.replace(pack, cards=cards)


def _summary(results: list[Result], cards: int, exercises: int, broken: int) -> dict[str, Any]:
    """``claims`` counts those that hold on all their drivers, ``solutions`` likewise."""
    subjects: dict[tuple[str, str], bool] = {}
    for each in results:
        key = (each.kind, each.subject)
        subjects[key] = subjects.get(key, True) and not each.problem
    good = Counter(kind for (kind, _), is_good in subjects.items() if is_good)
    return {
        "type": "summary",
        "cards": cards,
        "claims": good["claim"],
        "exercises": exercises,
        "solutions": good["solution"],
        "mistakes": good["mistake"],
        "questions": good["question"],
        "failed": broken + sum(bool(each.problem) for each in results),
    }


def _stamps(places: list[Place]) -> dict[Path, int]:
    files = (file for place in places for file in place.folder.rglob("*") if file.is_file())
    return {
        file: file.stat().st_mtime_ns
        for file in files
        if file.name != "checked.toml" and "__pycache__" not in file.parts
    }


def _list_changed(
    places: list[Place], before: dict[Path, int], now: dict[Path, int]
) -> Iterator[Place]:
    """The cards in which a file came, went or changed; a whole pack for its own file."""
    changed = {file for file, _ in before.items() ^ now.items()}
    for place in places:
        parts = [f.relative_to(place.folder).parts for f in changed if place.folder in f.parents]
        names = frozenset(each[0] for each in parts if len(each) > 1)
        if any(len(each) == 1 for each in parts):
            yield place
        elif names and (not place.cards or names & place.cards):
            yield Place(place.folder, names)
