"""Runs answers and claims in the jail, on fresh databases, and has them judged."""

from __future__ import annotations

import secrets
from typing import NamedTuple, Protocol

from exercises.checks import Verdict
from exercises.claims import Claim
from exercises.drivers import CellDriver, database_of
from exercises.exercise import Exercise, Mistake
from exercises.judge import judge, recognise
from exercises.model import Card, Cell
from sandbox.protocol import RunRecord, RunRequest


class Runner(Protocol):
    """What runs a request: a SandboxClient, or one that shares runs that are alike."""

    async def record(self, request: RunRequest) -> RunRecord:
        """The run to its end."""

    async def reset(self, session: str) -> None:
        """Drop what the run left."""


class Grade(NamedTuple):
    """What is said of an answer, and the run it is said of."""

    verdicts: list[Verdict]
    mistake: Mistake | None
    record: RunRecord


async def grade(
    runner: Runner, card: Card, exercise: Exercise, answer: str, driver: CellDriver | None
) -> Grade:
    """Run an answer and judge it. Raises SandboxBusy and SandboxUnavailable."""
    return conclude(exercise, answer, await _record(runner, ask(card, exercise, answer, driver)))


def ask(card: Card, exercise: Exercise, answer: str, driver: CellDriver | None) -> RunRequest:
    """The run that an answer is judged by."""
    return _ask(card, exercise.code_to_run(answer), driver, exercise, exercise)


def conclude(exercise: Exercise, answer: str, record: RunRecord) -> Grade:
    """What is said of an answer whose run was this."""
    verdicts = judge(exercise, answer, record)
    return Grade(verdicts, recognise(exercise, answer, verdicts, record), record)


async def verify(
    runner: Runner, card: Card, claim: Claim, driver: CellDriver | None
) -> list[Verdict]:
    """Whether a claim holds on that driver: one verdict for each thing to be observed."""
    cell = find_cell(card, claim)
    record = await _record(runner, _ask(card, cell.code, driver, claim, cell))
    return [check.verdict(record, claim.phases) for check in claim.checks]


def find_cell(card: Card, claim: Claim) -> Cell:
    """The cell that shows a claim; the loader has seen that there is one."""
    cell = card.cell(claim.cell)
    assert cell is not None
    return cell


def _ask(
    card: Card,
    code: str,
    driver: CellDriver | None,
    subject: Exercise | Claim,
    limits: Exercise | Cell,
) -> RunRequest:
    database = database_of(driver or "")
    return RunRequest(
        run_id=secrets.token_hex(16),
        code=code,
        session=secrets.token_hex(16),  # nobody else's files and rows are within reach
        database=database,
        driver=driver or "",
        seed=card.seed(database),
        profile=limits.profile,
        workers=limits.workers,
        phases=list(subject.phases),
        reads=list(subject.reads),
    )


async def _record(runner: Runner, request: RunRequest) -> RunRecord:
    try:
        return await runner.record(request)
    finally:
        await runner.reset(request.session)
