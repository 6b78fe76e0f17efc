"""Checks a whole pack in the jail: claims hold, solutions pass, starters and mistakes fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from exercises.cell_claims import claim_of_cell
from exercises.checks import Verdict
from exercises.claims import Claim
from exercises.drivers import CellDriver
from exercises.exercise import Exercise, Mistake
from exercises.judge import has_failed, has_passed
from exercises.model import Card, Cell, Pack
from exercises.question import Question
from exercises.question_loader import QUESTIONS
from exercises.questions import fill_in, find_fault
from exercises.versions import are_met
from playground.runs import grading
from playground.runs.grading import Runner
from sandbox.client import SandboxBusy, SandboxUnavailable
from sandbox.protocol import RunRecord, RunRequest

TOGETHER: Final = 4  # runs at a time: they mostly wait; more would disturb each other's times
BUSY_SECONDS: Final = 0.5
ATTEMPTS: Final = 3

Kind = Literal["claim", "solution", "starter", "mistake", "question"]


class Result(msgspec.Struct, frozen=True, tag_field="type", tag="result"):
    """What became of one check. ``problem`` is empty when all is well; ``line`` from 1."""

    kind: Kind
    subject: str
    driver: str
    problem: str
    file: str
    line: int
    seconds: float


class Subject(NamedTuple):
    """One thing to check on one driver; ``find_problem`` runs it."""

    kind: Kind
    name: str
    card: Card
    driver: CellDriver | None
    file: Path
    line: int
    find_problem: Callable[[SharedRuns], Awaitable[str]]


class OursFailed(Exception):
    """Nothing could be judged, and neither the pack nor its code is at fault."""


class SharedRuns:
    """Runs what is asked for once and has many judge it: claims of one cell, predictions."""

    def __init__(self, client: Runner, versions: Mapping[str, str]) -> None:
        self.versions = versions
        self._client = client
        self._runs: dict[bytes, asyncio.Task[RunRecord]] = {}

    async def record(self, request: RunRequest) -> RunRecord:
        """The record of this run or of one that is alike; what it left is dropped."""
        alike = msgspec.msgpack.encode(msgspec.structs.replace(request, run_id="", session=""))
        if alike not in self._runs:
            self._runs[alike] = asyncio.create_task(self._run(request))
        try:
            return await self._runs[alike]
        except SandboxUnavailable:
            self._runs.pop(alike, None)
            raise

    def forget(self) -> None:
        """Run everything anew."""
        self._runs = {key: task for key, task in self._runs.items() if not task.done()}

    async def reset(self, session: str) -> None:
        """Nothing: a run that others share is reset by itself."""

    async def _run(self, request: RunRequest) -> RunRecord:
        try:
            return await self._client.record(request)
        finally:
            await self._client.reset(request.session)


def list_subjects(folder: Path, pack: Pack) -> Iterator[Subject]:
    """Everything to check of the pack in that folder.

    Claims and solutions are checked on each of their drivers, wrong answers on the first.
    """
    for card in pack.cards:
        place = folder / f"{card.number:02}-{card.slug}"
        for claim in card.claims:
            for driver in claim.drivers or (None,):
                yield _claim(place, card, claim, driver)
        for question in card.questions:
            proven = partial(_must_be_proven, card, question)
            name = f"{card.pack}/{card.slug}/{question.id}"
            file = place / QUESTIONS
            yield Subject("question", name, card, None, file, question.line, proven)
        for exercise in card.exercises:
            yield from _answers(place / "exercises" / exercise.folder, card, exercise)


async def check(
    client: Runner, versions: Mapping[str, str], subjects: Iterable[Subject]
) -> AsyncIterator[Result]:
    """Check them, some at a time; results come as they are known.

    ``versions`` of the libraries that are in the jail, by name.
    """
    free = asyncio.Semaphore(TOGETHER)
    runner = SharedRuns(client, versions)
    tasks = [asyncio.create_task(_check_one(runner, free, each)) for each in subjects]
    try:
        for task in asyncio.as_completed(tasks):
            yield await task
    finally:
        for each in tasks:
            each.cancel()


async def _check_one(runner: SharedRuns, free: asyncio.Semaphore, subject: Subject) -> Result:
    async with free:
        began = time.monotonic()
        problem = await _find_problem(runner, subject)
    seconds = round(time.monotonic() - began, 3)
    driver = subject.driver or "none"
    where = (str(subject.file), subject.line)
    return Result(subject.kind, subject.name, driver, problem, *where, seconds)


async def _find_problem(runner: SharedRuns, subject: Subject) -> str:
    """Once more where the failure was ours: a lost worker says nothing about a pack."""
    attempts = 0
    while True:
        try:
            return await subject.find_problem(runner)
        except SandboxBusy:
            await asyncio.sleep(BUSY_SECONDS)
        except OursFailed as failure:
            attempts += 1
            runner.forget()
            if attempts == ATTEMPTS:
                return str(failure)


def _claim(place: Path, card: Card, claim: Claim, driver: CellDriver | None) -> Subject:
    name = f"{card.pack}/{card.slug}/{claim.id}"
    work = partial(_must_hold, card, claim, driver)
    return Subject("claim", name, card, driver, place / "claims.toml", claim.line, work)


def _answers(place: Path, card: Card, exercise: Exercise) -> Iterator[Subject]:
    name = f"{card.pack}/{card.slug}/{exercise.slug}"
    solution = place / f"solution.{'py' if exercise.is_code else 'toml'}"
    for driver in exercise.drivers or (None,):
        passes = partial(_must_pass, card, exercise, driver)
        yield Subject("solution", name, card, driver, solution, 1, passes)
    first = next(iter(exercise.drivers), None)
    if exercise.is_code:
        fails = partial(_must_fail, card, exercise, first, exercise.starter, None)
        yield Subject("starter", name, card, first, place / "starter.py", 1, fails)
    for each in exercise.mistakes:
        fails = partial(_must_fail, card, exercise, first, each.answer, each)
        file = place / "exercise.toml"
        yield Subject("mistake", f"{name}/{each.file}", card, first, file, each.line, fails)


async def _must_hold(
    card: Card, claim: Claim, driver: CellDriver | None, runner: SharedRuns
) -> str:
    verdicts = _judged(await grading.verify(runner, card, claim, driver))
    if are_met(claim.only_on, runner.versions):
        return "" if has_passed(verdicts) else _in_words(verdicts)
    if has_passed(verdicts):
        return f"it holds here as well, not only on {', '.join(claim.only_on)}"
    return ""


async def _must_be_proven(card: Card, question: Question, runner: SharedRuns) -> str:
    """It is graded as promised, its claim holds, and holds or not with what is filled in."""
    fault = find_fault(question)
    cell = card.cell(question.evidence)
    if fault or cell is None:  # a live cell rests on its exercise, which is checked itself
        return fault
    claim = card.claim(question.claim) or claim_of_cell(cell)
    driver = next(iter(claim.drivers), None)
    if problem := await _must_hold(card, claim, driver, runner):
        return f"its claim does not hold: {problem}"
    for number, blank in enumerate(question.blanks):
        for other in blank.also:
            answers = [each.text for each in question.blanks]
            answers[number] = other
            verdicts = await _verify_filled(card, question, claim, answers, runner)
            if not has_passed(verdicts):
                return f"filled with {other!r}: {_in_words(verdicts)}"
    for wrong in question.wrong if question.blanks else ():
        assert isinstance(wrong.answer, tuple)
        verdicts = await _verify_filled(card, question, claim, [*map(str, wrong.answer)], runner)
        if has_passed(verdicts):
            return f"filled with the wrong {wrong.answer!r} the claim holds as well"
    return ""


async def _verify_filled(
    card: Card, question: Question, claim: Claim, answers: list[str], runner: SharedRuns
) -> list[Verdict]:
    """The claim judged with the blanks of its cell filled in this way."""

    def filled(cell: Cell) -> Cell:
        if cell.slug != claim.cell:
            return cell
        return msgspec.structs.replace(cell, code=fill_in(question, cell.code, answers))

    changed = msgspec.structs.replace(
        card,
        cells=tuple(map(filled, card.cells)),
        more_cells=tuple(map(filled, card.more_cells)),
    )
    driver = next(iter(claim.drivers), None)
    return _judged(await grading.verify(runner, changed, claim, driver))


async def _must_pass(
    card: Card, exercise: Exercise, driver: CellDriver | None, runner: Runner
) -> str:
    done = await grading.grade(runner, card, exercise, exercise.solution, driver)
    if not has_passed(_judged(done.verdicts)):
        return _in_words(done.verdicts)
    # Where the answer is no code, the checks say what the author's own code does.
    shown = [each.verdict(done.record, exercise.phases) for each in exercise.checks]
    return "" if all(each.state == "passed" for each in shown) else _in_words(shown)


async def _must_fail(
    card: Card,
    exercise: Exercise,
    driver: CellDriver | None,
    answer: str,
    own: Mistake | None,
    runner: Runner,
) -> str:
    """``own``: the mistake it is to be taken for, if for a certain one."""
    done = await grading.grade(runner, card, exercise, answer, driver)
    if not has_failed(_judged(done.verdicts)):
        return f"it must fail, and did not: {_in_words(done.verdicts)}"
    if own is None or done.mistake == own:
        return ""
    other = f"for {done.mistake.file}" if done.mistake else "for none of the mistakes"
    return f"it is taken {other}: {_in_words(done.verdicts)}"


def _judged(verdicts: list[Verdict]) -> list[Verdict]:
    if any(each.state == "errored" for each in verdicts):
        raise OursFailed(_in_words(verdicts))
    return verdicts


def _in_words(verdicts: Iterable[Verdict]) -> str:
    every = list(verdicts)
    told = [each for each in every if each.state != "passed"] or every
    return "; ".join(
        f"{each.check} {each.state}: given {each.given}, got {each.got}, expected {each.expected}"
        for each in told
    )
