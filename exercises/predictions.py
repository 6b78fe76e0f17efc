"""A prediction against what the author's own code did. Pure."""

from __future__ import annotations

from typing import Final

from exercises.checks.base import (
    OURS,
    Measured,
    NotReached,
    NotSeen,
    Verdict,
    milliseconds,
    plain,
    responses_of,
    shortened,
    span_of,
)
from exercises.exercise import Prediction
from sandbox.protocol import RunRecord

FACTOR: Final = 2.0  # within which a duration is foretold
NEAR: Final = 1.25  # within which two wrong durations are one mistake

Quantity = str | int | float | None


def judge_prediction(prediction: Prediction, given: object, record: RunRecord) -> Verdict:
    """Right within a factor of 2 for durations, right exactly for all else.

    Nothing the author's code does is the learner's fault, so whatever is missing is ours.
    """
    said = f"you said {_shown(prediction, given)}"
    if record.fault == "us" or record.outcome == "sandbox_failed":
        return Verdict(prediction.id, "errored", said, OURS, "")
    try:
        found = quantity_of(prediction, record)
    except (NotReached, NotSeen) as missing:
        return Verdict(prediction.id, "errored", said, f"{OURS} ({missing})", "")
    is_right = _is_within(prediction, given, found)
    expected = "within a factor of 2" if prediction.quantity == "milliseconds" else "exactly"
    return Verdict(
        prediction.id,
        "passed" if is_right else "failed",
        said,
        f"it was {_shown(prediction, found)}",
        expected,
        (Measured(prediction.question, _shown(prediction, found), _shown(prediction, given)),),
    )


def quantity_of(prediction: Prediction, record: RunRecord) -> Quantity:
    """What the run shows. Raises NotReached and NotSeen."""
    match prediction.quantity:
        case "milliseconds":
            began, ended = span_of(record, prediction.of)
            return (ended - began) / 1000
        case "error":
            return record.error.type.rpartition(".")[2] if record.error else "none"
        case "responses":
            answers = responses_of(record, prediction.of)
            return sum(each.status == prediction.status for each in answers)
        case "statements":
            return _count_statements(prediction, record)
        case _:
            return _read_value(prediction, record)


def is_near(prediction: Prediction, given: object, other: object) -> bool:
    """Whether two predictions are one and the same mistake."""
    if prediction.quantity == "milliseconds":
        return _ratio(given, other) <= NEAR
    return given == other


def _is_within(prediction: Prediction, given: object, found: Quantity) -> bool:
    if prediction.quantity == "milliseconds":
        return _ratio(given, found) <= FACTOR
    return str(given) == str(found) if isinstance(given, str) else given == found


def _ratio(first: object, second: object) -> float:
    if not isinstance(first, int | float) or not isinstance(second, int | float):
        return float("inf")
    low, high = sorted((float(first), float(second)))
    return high / low if low > 0 else float("inf")


def _count_statements(prediction: Prediction, record: RunRecord) -> int:
    if record.statements is None:
        raise NotSeen("no server's log")
    wanted = plain(prediction.like)
    return sum(
        wanted in plain(each.text) and (not prediction.of or each.phase == prediction.of)
        for each in record.statements
    )


def _read_value(prediction: Prediction, record: RunRecord) -> Quantity:
    found = next((each for each in record.rows if each.name == prediction.of), None)
    if found is None or found.problem or not found.rows or not found.rows[0]:
        raise NotSeen(f"nothing was read for {prediction.of!r}")
    return found.rows[0][0]


def _shown(prediction: Prediction, quantity: object) -> str:
    if prediction.quantity == "milliseconds" and isinstance(quantity, int | float):
        return milliseconds(quantity * 1000)
    return shortened(str(quantity))
