"""``manage.py grade``: judge an answer to an exercise."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exercises.drivers import CellDriver
from exercises.exercise import Exercise
from exercises.judge import has_failed, has_passed
from exercises.model import Card
from playground.catalog import queries
from playground.runs import grading
from playground.runs.busy import keep_busy
from playground.runs.grading import Grade
from playground.runs.supervision import get_supervision, stop_supervision
from sandbox.client import SandboxUnavailable

EXIT_FAILED = 1
EXIT_OURS = 3
MARKS = {"passed": "ok  ", "failed": "FAIL", "errored": "????"}
STATES = {0: "passed", EXIT_FAILED: "failed", EXIT_OURS: "errored"}


class Command(BaseCommand):
    """Exit status 0 passed, 1 failed, 3 we failed; of several times, the worst."""

    help = "Judge an answer: grade PACK/CARD/EXERCISE FILE [--driver NAME] [--json] [--times N]"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which exercise, which answer, how to report."""
        parser.add_argument("exercise", metavar="PACK/CARD/EXERCISE")
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--driver", default="", help="one of the exercise's; the first if none")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument(
            "--times", type=_count, default=1, help="in turn, then how often it was what"
        )
        parser.add_argument("--busy", type=_count, default=0, help="processors kept busy meanwhile")

    def handle(
        self,
        *arguments: Any,
        exercise: str,
        file: str,
        driver: str,
        as_json: bool,
        times: int,
        busy: int,
        **options: Any,
    ) -> None:
        """Grade, report, exit."""
        card, found = _find(exercise)
        chosen = _choose(found, driver)
        try:
            answer = Path(file).read_text("utf-8")
        except (OSError, UnicodeError) as error:
            raise CommandError(f"cannot read the answer: {error}", returncode=2) from error
        grades = _grade(card, found, answer, chosen, times)
        try:
            with keep_busy(busy):
                statuses = asyncio.run(self._report(grades, as_json=as_json, with_count=times > 1))
        except SandboxUnavailable as error:
            self.stderr.write(f"grade: we could not judge it, the sandbox cannot be had: {error}")
            sys.exit(EXIT_OURS)
        sys.exit(max(statuses))

    async def _report(
        self, grades: AsyncIterator[Grade], *, as_json: bool, with_count: bool
    ) -> list[int]:
        began, statuses, mistakes = time.monotonic(), list[int](), Counter[str]()
        async for done in grades:
            status = _status(done)
            statuses.append(status)
            mistakes.update([done.mistake.file] if done.mistake else [])
            if as_json or not with_count or status:
                self.stdout.write(_as_json(done, status) if as_json else _as_text(done))
                self.stdout.flush()
        if with_count:
            seconds = time.monotonic() - began
            counts = {name: statuses.count(status) for status, name in STATES.items()}
            told = {**counts, "mistakes": dict(mistakes), "seconds": round(seconds, 1)}
            self.stdout.write(_summary(told) if as_json else _summary_text(told))
        return statuses


async def _grade(
    card: Card, exercise: Exercise, answer: str, driver: CellDriver | None, times: int
) -> AsyncIterator[Grade]:
    try:
        client = await get_supervision().client()
        for _ in range(times):
            yield await grading.grade(client, card, exercise, answer, driver)
    finally:
        await stop_supervision()


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _find(address: str) -> tuple[Card, Exercise]:
    pack, _, rest = address.partition("/")
    card_slug, _, slug = rest.partition("/")
    card = queries.get_card(pack, card_slug)
    exercise = card.exercise(slug) if card else None
    if card is None or exercise is None:
        raise CommandError(f"there is no exercise {address!r}", returncode=2)
    return card, exercise


def _choose(exercise: Exercise, driver: str) -> CellDriver | None:
    for each in exercise.drivers:
        if driver in ("", each):
            return each
    if driver:
        raise CommandError(f"it runs on {', '.join(exercise.drivers) or 'none'}", returncode=2)
    return None


def _status(done: Grade) -> int:
    if has_passed(done.verdicts):
        return 0
    return EXIT_FAILED if has_failed(done.verdicts) else EXIT_OURS


def _as_json(done: Grade, status: int) -> str:
    mistake = done.mistake and {"file": done.mistake.file, "message": done.mistake.message}
    passed = {0: True, EXIT_FAILED: False}.get(status)
    verdicts = msgspec.to_builtins(done.verdicts)
    told = {"passed": passed, "mistake": mistake, "verdicts": verdicts}
    return msgspec.json.encode(told).decode()


def _as_text(done: Grade) -> str:
    lines = []
    for each in done.verdicts:
        lines.append(f"{MARKS[each.state]} {each.check}")
        lines.append(f"     given: {each.given}\n     got: {each.got}")
        lines.append(f"     expected: {each.expected}")
    if done.mistake:
        lines.append(done.mistake.message)
    return "\n".join(lines)


def _summary(told: dict[str, Any]) -> str:
    return msgspec.json.encode({"type": "summary", **told}).decode()


def _summary_text(told: dict[str, Any]) -> str:
    return ", ".join(f"{value} {name}" for name, value in told.items() if value not in (0, {}))
