"""Exercises read from their folders. What is wrong in one is said as ``PackError``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from exercises.answers import AnswerRefused, read_answer
from exercises.checks import AnyCheck
from exercises.drivers import CellDriver
from exercises.exercise import Exercise, ExerciseKind, Mistake, Prediction
from exercises.files import NUMBERED, digest_of, read_code, refuse_strangers, refuse_twins
from exercises.front_matter import PackError, line_of_key, line_of_table, read, read_text
from exercises.ordering import Ordering, OrderRefused, read_ordering
from exercises.phases import PhaseMatter, PhaseRefused, unfold
from sandbox.protocol import MAX_PHASES, MAX_READS, MAX_WORKERS, PROFILES, Phase, Read

FILE: Final = "exercise.toml"
_MISTAKES: Final = re.compile("mistakes")


class ReadMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[reads]]`` table."""

    name: str
    sql: str


class ExerciseMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """exercise.toml."""

    title: str
    kind: ExerciseKind
    goal: str
    why: str
    hints: tuple[str, ...]
    drivers: tuple[CellDriver, ...]
    profile: str = "default"
    workers: int = 1
    phases: tuple[PhaseMatter, ...] = ()
    reads: tuple[ReadMatter, ...] = ()
    checks: tuple[AnyCheck, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    lines: str = ""
    sets_indent: bool = False


def load_exercise(folder: Path) -> Exercise:
    """The exercise in that folder, whose name is ``NN-slug``."""
    name = NUMBERED.fullmatch(folder.name)
    if not name:
        raise PackError(folder, 0, "an exercise's folder is named NN-slug, as in 01-first-try")
    file = folder / FILE
    text = read_text(file)
    matter = read(file, text, ExerciseMatter)
    is_code = matter.kind in ("code", "order")
    ending = "py" if is_code else "toml"
    refuse_strangers(folder, {FILE, "starter.py", f"solution.{ending}"}, folders=_MISTAKES)
    solution = folder / f"solution.{ending}"
    starter = read_code(folder / "starter.py")
    ordering = _ordering(file, text, matter, starter)
    exercise = Exercise(
        slug=name[2],
        title=matter.title,
        kind=matter.kind,
        goal=matter.goal,
        why=matter.why,
        hints=matter.hints,
        drivers=matter.drivers,
        profile=matter.profile,
        workers=matter.workers,
        starter=ordering.code if ordering else starter,
        solution=read_code(solution) if is_code else read_text(solution),
        phases=_phases(file, text, matter),
        reads=tuple(Read(each.name, each.sql) for each in matter.reads),
        checks=matter.checks,
        mistakes=_mistakes(folder, text, matter, ending),
        predictions=matter.predictions,
        digest="",
        folder=folder.name,
        ordering=ordering,
    )
    _check(file, text, exercise)
    _check_answers(folder, exercise)
    _check_order(folder, exercise)
    texts = (text, exercise.starter, exercise.solution, *(m.answer for m in exercise.mistakes))
    return msgspec.structs.replace(exercise, digest=digest_of(*texts))


def _ordering(file: Path, text: str, matter: ExerciseMatter, starter: str) -> Ordering | None:
    if matter.kind != "order":
        if matter.lines or matter.sets_indent:
            key = "lines" if matter.lines else "sets_indent"
            raise PackError(file, line_of_key(text, key), f"only the kind order has {key}")
        return None
    try:
        return read_ordering(starter, matter.lines, sets_indent=matter.sets_indent)
    except OrderRefused as refused:
        line = line_of_key(text, "lines") + refused.line
        raise PackError(file, line, str(refused)) from refused


def _phases(file: Path, text: str, matter: ExerciseMatter) -> tuple[Phase, ...]:
    unfolded = []
    for number, each in enumerate(matter.phases):
        try:
            unfolded.append(unfold(each))
        except PhaseRefused as refused:
            raise PackError(file, line_of_table(text, "phases", number), str(refused)) from refused
    if len(unfolded) > MAX_PHASES:
        raise PackError(file, 0, f"more than {MAX_PHASES} phases")
    return tuple(unfolded)


def _mistakes(folder: Path, text: str, matter: ExerciseMatter, ending: str) -> tuple[Mistake, ...]:
    file = folder / FILE
    found = []
    for number, mistake in enumerate(matter.mistakes):
        line = line_of_table(text, "mistakes", number)
        if not mistake.file.endswith(f".{ending}") or "/" in mistake.file:
            raise PackError(file, line, f"{mistake.file!r} is no name of a .{ending} file")
        if not mistake.message.strip():
            raise PackError(file, line, f"{mistake.file} has no message of its own")
        if mistake.answer or mistake.line:
            raise PackError(file, line, "answer and line are read from the file, never written")
        path = folder / "mistakes" / mistake.file
        answer = read_code(path) if ending == "py" else read_text(path)
        found.append(msgspec.structs.replace(mistake, answer=answer, line=line))
    refuse_twins(file, "mistake", [each.file for each in found])
    refuse_strangers(folder / "mistakes", {each.file for each in found})
    return tuple(found)


def _check(file: Path, text: str, exercise: Exercise) -> None:
    for key in ("title", "goal", "why"):
        if not str(getattr(exercise, key)).strip():
            raise PackError(file, line_of_key(text, key), f"the {key} is empty")
    if exercise.profile not in PROFILES:
        line = line_of_key(text, "profile")
        raise PackError(file, line, f"profile {exercise.profile!r} is none of {sorted(PROFILES)}")
    if not 1 <= exercise.workers <= MAX_WORKERS:
        line = line_of_key(text, "workers")
        raise PackError(file, line, f"workers = {exercise.workers} is not 1 to {MAX_WORKERS}")
    if len(exercise.reads) > MAX_READS:
        raise PackError(file, 0, f"more than {MAX_READS} reads")
    refuse_twins(file, "driver", list(exercise.drivers))
    refuse_twins(file, "phase", [each.name for each in exercise.phases])
    refuse_twins(file, "read", [each.name for each in exercise.reads])
    refuse_twins(file, "prediction", [each.id for each in exercise.predictions])
    refuse_twins(file, "check", [each.name for each in exercise.checks])
    _check_checks(file, text, exercise)
    names = {check.name for check in exercise.checks}
    for mistake in exercise.mistakes:
        for unknown in sorted({*mistake.fails, *mistake.fails_one_of} - names):
            raise PackError(file, mistake.line, f"no check is called {unknown!r}")


def _check_checks(file: Path, text: str, exercise: Exercise) -> None:
    for number, check in enumerate(exercise.checks):
        line = line_of_table(text, "checks", number)
        check_named(file, line, check, exercise.phases, exercise.reads, exercise.drivers)
    if exercise.is_code and not any(check.is_outside for check in exercise.checks):
        line = line_of_key(text, "checks")
        sentence = "every check looks at what the code says of itself: add one from outside"
        raise PackError(file, line, sentence)


def check_named(
    file: Path,
    line: int,
    check: AnyCheck,
    phases: tuple[Phase, ...],
    reads: tuple[Read, ...],
    drivers: tuple[CellDriver, ...],
) -> None:
    """Refuse a check of a phase or read that nobody makes, or that the database cannot tell."""
    for name in set(check.phase_names) - {phase.name for phase in phases}:
        raise PackError(file, line, f"{check.name}: there is no phase {name!r}")
    read_name = getattr(check, "read", "")
    if read_name and read_name not in {read.name for read in reads}:
        raise PackError(file, line, f"{check.name}: there is no read {read_name!r}")
    if check.needs_phases and not phases:
        raise PackError(file, line, f"{check.name}: there are no phases to look after")
    if check.needs_server and (not drivers or "aiosqlite" in drivers):
        raise PackError(file, line, f"{check.name}: only Postgres tells it; leave out aiosqlite")


def _check_answers(folder: Path, exercise: Exercise) -> None:
    """The author's own answers of the kinds that are not code can be read."""
    file = folder / FILE
    if exercise.kind == "predict" and not exercise.predictions:
        raise PackError(file, 0, "there is nothing to predict: add [[predictions]]")
    if exercise.kind != "predict" and exercise.predictions:
        raise PackError(file, 0, "only the kind predict has predictions")
    if exercise.is_code:
        return
    answers = {"solution.toml": exercise.solution}
    answers |= {f"mistakes/{each.file}": each.answer for each in exercise.mistakes}
    for name, answer in answers.items():
        try:
            read_answer(exercise, answer)
        except AnswerRefused as refused:
            raise PackError(folder / name, 1, str(refused)) from refused


def _check_order(folder: Path, exercise: Exercise) -> None:
    """A learner can hand in the solution and every mistake: all are made of the lines."""
    ordering = exercise.ordering
    if ordering is None:
        return
    answers = {"solution.py": exercise.solution}
    answers |= {f"mistakes/{each.file}": each.answer for each in exercise.mistakes}
    for name, answer in answers.items():
        try:
            ordering.check(answer)
        except OrderRefused as refused:
            raise PackError(folder / name, refused.line, str(refused)) from refused
        if answer == exercise.starter:
            raise PackError(folder / name, 0, "it is what the learner begins with")
