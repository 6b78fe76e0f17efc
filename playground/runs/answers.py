"""An answer to an exercise: what was given, and what the page is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string

from exercises.answers import compose
from exercises.checks.base import State
from exercises.exercise import Exercise
from exercises.judge import has_failed, has_passed
from playground.catalog import markdown
from playground.runs.grading import Grade
from playground.runs.messages import CheckAnswer


def answer_of(exercise: Exercise, message: CheckAnswer) -> str:
    """What is judged: the code, or what was foretold."""
    return message.code if exercise.is_code else compose(exercise, message.foretold)


def render_emptied(place: str) -> str:
    """No verdict of an earlier answer."""
    return _render("empty", cell=place)


def render_verdicts(exercise: Exercise, grade: Grade) -> str:
    """What the judge says of a run that ended. The solution stays here, and so does the why
    until the answer is right.
    """
    verdicts, mistake = grade.verdicts, grade.mistake
    passed = has_passed(verdicts)
    return _render(
        "judged",
        cell=exercise.place,
        verdicts=verdicts,
        mistake=markdown.render_inline(mistake.message) if mistake else "",
        why=markdown.render(exercise.why) if passed else "",
        sentence=say_verdicts([each.state for each in verdicts]),
        state="passed" if passed else "failed" if has_failed(verdicts) else "errored",
    )


def render_reviewed(message: CheckAnswer, exercise: Exercise) -> str:
    """For a page that reviews the exercise: it asks for what the attempt was worth."""
    key = f"{message.pack}/{message.card}/{exercise.slug}"
    return str(render_to_string("progress/rated.html#ask", {"key": key}))


def say_verdicts(states: Sequence[State]) -> str:
    """What is said of an answer in all, by the state of each verdict."""
    count, passed, failed = len(states), states.count("passed"), states.count("failed")
    if count and passed == count:
        return "Passed." if count == 1 else f"Passed: all {count} checks hold."
    if failed:
        return f"Not yet: {failed} of {count} check{'s' if count > 1 else ''} failed."
    return "We could not judge it; the fault is ours. Check again."


def _render(partial: str, **context: object) -> str:
    return str(render_to_string(f"runs/verdicts.html#{partial}", context))
