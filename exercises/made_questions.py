"""Questions that nobody wrote: out of claims that are often told otherwise, and of exercises."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from exercises.answers import LINES, read_answer
from exercises.exercise import Exercise, Prediction
from exercises.model import Card
from exercises.predictions import FACTOR
from exercises.question import Choice, Question, Wrong


def make_from_claims(card: Card) -> Iterator[Question]:
    """Which is true: the claim, or what is often said in its place."""
    for claim in card.claims:
        if claim.often_said:
            yield Question(
                id=f"claim-{claim.id}",
                kind="choose",
                prompt="Which of the two is true?",
                explanation=claim.sentence,
                claim=claim.id,
                evidence=claim.cell,
                choices=(
                    Choice(claim.sentence, "", right=True),
                    Choice(claim.often_said, "This is often said. Run the cell and see."),
                ),
            )


def make_from_exercise(exercise: Exercise) -> Iterator[Question]:
    """A live cell of one with code; else its lines or predictions to be told."""
    made = Question(
        id=f"exercise-{exercise.slug}",
        kind="cell",
        prompt=exercise.goal,
        explanation=exercise.why,
        exercise=exercise.slug,
    )
    if exercise.is_code:
        yield made
        return
    right = read_answer(exercise, exercise.solution)
    if exercise.kind == "line":
        wrong = [(read_answer(exercise, m.answer)[LINES], m.message) for m in exercise.mistakes]
        yield msgspec.structs.replace(
            made,
            kind="line",
            code=exercise.starter,
            lines=tuple(_whole(right[LINES])),
            wrong=tuple(Wrong(tuple(_whole(lines)), message) for lines, message in wrong),
        )
        return
    for each in exercise.predictions:
        yield _foretold(made, exercise, each, right[each.id])


def _foretold(made: Question, exercise: Exercise, each: Prediction, right: object) -> Question:
    is_number = isinstance(right, int | float) and not isinstance(right, bool)
    question = msgspec.structs.replace(
        made,
        id=f"{made.id}-{each.id}",
        kind="predict",
        prompt=f"{made.prompt.strip()}\n\n{each.question}",
        code=exercise.starter,
        accepts=() if is_number else (str(right),),
        factor=FACTOR if each.quantity == "milliseconds" else 1.0,
    )
    if isinstance(right, int | float) and is_number:
        return msgspec.structs.replace(question, number=float(right))
    if not each.choices:
        return question
    choices = [Choice(text, exercise.why, right=text == right) for text in each.choices]
    return msgspec.structs.replace(question, kind="choose", accepts=(), choices=tuple(choices))


def _whole(lines: object) -> list[int]:
    assert isinstance(lines, list)
    return lines
