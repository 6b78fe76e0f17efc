"""Judges an answer by what the host saw of its run. Pure: nothing is run, read or kept here."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from exercises.answers import LINES, Answer, AnswerRefused, read_answer
from exercises.checks import Verdict
from exercises.checks.base import State, plain
from exercises.exercise import Exercise, Mistake
from exercises.predictions import is_near, judge_prediction
from sandbox.protocol import RunRecord

__all__ = ["Verdict", "has_failed", "has_passed", "judge", "recognise"]


def judge(exercise: Exercise, answer: str, record: RunRecord) -> list[Verdict]:
    """One verdict for each check, prediction, or for the lines; ``record`` is of the run of
    ``exercise.code_to_run(answer)``.
    """
    if exercise.is_code:
        return [check.verdict(record, exercise.phases) for check in exercise.checks]
    try:
        read = read_answer(exercise, answer)
    except AnswerRefused as refused:
        return [Verdict("answer", "failed", "your answer", str(refused), "an answer of this form")]
    if exercise.kind == "line":
        return [_judge_lines(exercise, read)]
    return [judge_prediction(each, read[each.id], record) for each in exercise.predictions]


def has_passed(verdicts: Sequence[Verdict]) -> bool:
    """Whether the answer is right: every verdict, and there is one."""
    return bool(verdicts) and all(each.state == "passed" for each in verdicts)


def has_failed(verdicts: Sequence[Verdict]) -> bool:
    """Whether the answer is wrong. Neither passed nor failed: we could not judge it."""
    return any(each.state == "failed" for each in verdicts)


def recognise(
    exercise: Exercise, answer: str, verdicts: Sequence[Verdict], record: RunRecord
) -> Mistake | None:
    """The first foreseen mistake that a failed answer is."""
    if not has_failed(verdicts):
        return None
    if exercise.is_code:
        written = normalised(answer)
        failed = {each.check for each in verdicts if each.state == "failed"}
        return next((m for m in exercise.mistakes if _is(m, written, failed, record)), None)
    try:
        given = read_answer(exercise, answer)
    except AnswerRefused:
        return None
    return next((m for m in exercise.mistakes if _is_alike(exercise, m, given)), None)


def normalised(code: str) -> str:
    """The code without comments, in one way of writing; as it is if it does not parse."""
    try:
        return ast.unparse(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code


def _is(mistake: Mistake, written: str, failed: set[str], record: RunRecord) -> bool:
    if not set(mistake.fails) <= failed:
        return False
    if mistake.fails_one_of and failed.isdisjoint(mistake.fails_one_of):
        return False
    if mistake.error:
        raised = record.error.type.rpartition(".")[2] if record.error else ""
        if raised != mistake.error:
            return False
    if not all(text in written for text in mistake.has):
        return False
    if any(text in written for text in mistake.lacks):
        return False
    statements = record.statements or []
    wanted = plain(mistake.statement)
    return not wanted or any(wanted in plain(each.text) for each in statements)


def _is_alike(exercise: Exercise, mistake: Mistake, given: Answer) -> bool:
    """Only what the mistake gets wrong tells it from other answers."""
    wrong = read_answer(exercise, mistake.answer)
    if exercise.kind == "line":
        return wrong == given
    right = read_answer(exercise, exercise.solution)
    telling = [e for e in exercise.predictions if not is_near(e, wrong[e.id], right[e.id])]
    return bool(telling) and all(is_near(e, given[e.id], wrong[e.id]) for e in telling)


def _judge_lines(exercise: Exercise, answer: Answer) -> Verdict:
    lines = answer[LINES]
    right = read_answer(exercise, exercise.solution)[LINES]
    assert isinstance(lines, list)
    assert isinstance(right, list)
    count = f"{len(right)} line{'s' if len(right) > 1 else ''}"
    got = "line " + ", ".join(map(str, lines))
    state: State = "passed" if lines == right else "failed"
    return Verdict("lines", state, "the code", got, f"{count}: {exercise.title}")  # not which
