"""The judge is pure: verdicts for every kind of exercise, and the mistake that an answer is."""

from typing import Any

import msgspec
import pytest

from exercises.checks import AnyCheck
from exercises.checks.base import Moment
from exercises.checks.loop import LongestLagUnder
from exercises.checks.responses import RespondsWithin
from exercises.exercise import Mistake, Prediction
from exercises.judge import has_failed, has_passed, judge, normalised, recognise
from sandbox.protocol import Lag, PhaseDriven, Raised, Rows
from tests.records import exercise, record, response, statement

CHECKS = tuple(
    msgspec.convert(check, AnyCheck)
    for check in (
        {"check": "completed"},
        {"check": "statements_at_least", "phase": "together", "number": 2, "id": "asked"},
        {"check": "longest_lag_under", "ms": 100},
    )
)
MISTAKES = (
    Mistake("raises.py", "It raises.", error="MissingGreenlet"),
    Mistake("limited.py", "Rows are missing.", fails=("asked",), statement="limit"),
    Mistake("lock.py", "One at a time.", fails=("asked",), has=("Lock()",), lacks=("await ",)),
    Mistake("sleeps.py", "It is late.", fails_one_of=("completed", "asked"), has=("sleep(",)),
    Mistake("blocks.py", "It blocks.", fails=("longest_lag_under",)),
)
CODE = exercise(checks=CHECKS, mistakes=MISTAKES)
BLOCKED = {"longest_lag_us": 500_000, "longest_held_us": 500_000}


def test_every_check_has_its_verdict() -> None:
    verdicts = judge(CODE, "", record(**BLOCKED))
    assert [(each.check, each.state) for each in verdicts] == [
        ("completed", "passed"),
        ("asked", "passed"),
        ("longest_lag_under", "failed"),
    ]
    assert has_failed(verdicts)
    assert not has_passed(verdicts)


def test_a_right_answer_passes_and_is_no_mistake() -> None:
    verdicts = judge(CODE, "", record())
    assert has_passed(verdicts)
    assert recognise(CODE, "", verdicts, record()) is None


def test_no_verdict_is_no_pass() -> None:
    assert not has_passed([])


def test_what_we_failed_at_neither_passes_nor_fails() -> None:
    broken = record(outcome="sandbox_failed", fault="us")
    verdicts = judge(CODE, "", broken)
    assert not has_passed(verdicts)
    assert not has_failed(verdicts)
    assert recognise(CODE, "", verdicts, broken) is None


def test_the_same_record_is_judged_the_same() -> None:
    given = record(**BLOCKED)
    before = msgspec.msgpack.encode(given)
    assert judge(CODE, "", given) == judge(CODE, "", given)
    assert msgspec.msgpack.encode(given) == before


FOUND: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "by the error": (
        "",
        {"outcome": "raised", "error": Raised("sqlalchemy.exc.MissingGreenlet", "")},
        "raises.py",
    ),
    "by a statement": ("", {"statements": [statement("SELECT 1\nLIMIT 5")]}, "limited.py"),
    "by the code": ("lock = Lock( )  # await it", {"statements": []}, "lock.py"),
    "not by a comment": ("# Lock()", {"statements": []}, None),
    "not with what it lacks": ("Lock()\nawait it", {"statements": []}, None),
    "by one of two checks": ("sleep(1)", {"statements": []}, "sleeps.py"),
    "by neither of two checks": ("sleep(1)", BLOCKED, "blocks.py"),
    "by the check alone": ("", BLOCKED, "blocks.py"),
    "the first that fits": ("Lock()", {**BLOCKED, "statements": []}, "lock.py"),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_mistake_is_recognised(name: str) -> None:
    code, changes, file = FOUND[name]
    given = record(**changes)
    found = recognise(CODE, code, judge(CODE, code, given), given)
    assert (found and found.file) == file


@pytest.mark.parametrize("code", ["def (", "(" * 10_000, "\0", "x" * 10])
def test_code_that_does_not_parse_is_compared_as_it_is(code: str) -> None:
    assert normalised(code) == code


def foretell(**fields: Any) -> Prediction:
    return Prediction(**{"id": "it", "question": "How?", "quantity": "milliseconds", **fields})


PREDICTIONS: dict[str, tuple[Prediction, str, str, str]] = {
    "milliseconds": (foretell(of="together"), "200", "300", "105 ms"),
    "statements": (foretell(quantity="statements", like="pg_sleep"), "2", "3", "2"),
    "responses": (foretell(quantity="responses", of="together"), "2", "1", "2"),
    "error": (foretell(quantity="error"), '"none"', '"ValueError"', "none"),
    "value": (foretell(quantity="value", of="items"), "1", "2", "1"),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_prediction_is_right_or_wrong(name: str) -> None:
    prediction, right, wrong, got = PREDICTIONS[name]
    guess = exercise(kind="predict", predictions=(prediction,))
    (passed,) = judge(guess, f"it = {right}", record())
    (failed,) = judge(guess, f"it = {wrong}", record())
    assert (passed.state, failed.state) == ("passed", "failed")
    assert failed.got == f"it was {got}"


MISSING: dict[str, dict[str, Any]] = {
    "milliseconds": {"phases": []},
    "statements": {"statements": None},
    "responses": {"responses": []},
    "error": {"fault": "us", "outcome": "sandbox_failed"},
    "value": {"rows": [Rows("items", problem="no such table")]},
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_what_the_authors_code_did_not_do_is_our_fault(name: str) -> None:
    prediction, right, *_ = PREDICTIONS[name]
    guess = exercise(kind="predict", predictions=(prediction,))
    (verdict,) = judge(guess, f"it = {right}", record(**MISSING[name]))
    assert verdict.state == "errored"


def test_a_wrong_prediction_is_recognised_by_what_it_gets_wrong() -> None:
    two = (foretell(of="together"), foretell(id="count", quantity="responses", of="together"))
    mistake = Mistake("slow.toml", "Too slow.", answer="it = 1000\ncount = 2")
    guess = exercise(
        kind="predict", predictions=two, mistakes=(mistake,), solution="it = 105\ncount = 2"
    )
    for answer, found in (("it = 900\ncount = 1", mistake), ("it = 10\ncount = 2", None)):
        verdicts = judge(guess, answer, record())
        assert recognise(guess, answer, verdicts, record()) == found


LINE = exercise(
    kind="line",
    solution="lines = [2]",
    mistakes=(Mistake("after.toml", "One too late.", answer="lines = [3]"),),
)


def test_lines_are_found_or_not() -> None:
    assert has_passed(judge(LINE, "lines = [2, 2]", record()))
    (wrong,) = judge(LINE, "lines = [3]", record())
    assert wrong.state == "failed"
    assert "2" not in wrong.expected  # the solution stays with us
    found = recognise(LINE, "lines = [3]", [wrong], record())
    assert found
    assert found.message == "One too late."


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        ("line", "lines = []", "at least one line"),
        ("line", "lines = [99]", "from 1 to 4"),
        ("line", "lines = [true]", "from 1 to 4"),
        ("line", "lines = ", "cannot be read"),
        ("line", "a = " + "[" * 3000, "cannot be read"),
        ("line", "#" * 5000, "over 4000"),
        ("predict", "", "there is no answer to"),
        ("predict", 'it = "soon"', "is a number"),
        ("predict", "it = true", "is a number"),
    ],
)
def test_an_answer_that_cannot_be_read_fails(kind: str, answer: str, said: str) -> None:
    given = exercise(kind=kind, solution="lines = [2]", predictions=(foretell(of="together"),))
    verdicts = judge(given, answer, record(phases=[PhaseDriven("together", 0, 1)]))
    assert [each.state for each in verdicts] == ["failed"]
    assert said in verdicts[0].got
    assert recognise(given, answer, verdicts, record()) is None


def test_a_failed_check_says_when_where_it_knows() -> None:
    slow = response(2, ended_us=400_000)
    told = record(responses=[response(1), slow], lags=[Lag(120_000, 70_000, 60_000, 1)])
    late = RespondsWithin(phase="together", ms=200, measure="slowest").verdict(told)
    assert late.moment
    assert (late.moment.at_us, late.moment.duration_us) == (100_000, 300_000)
    silent = LongestLagUnder(phase="together", ms=50).verdict(told)
    assert silent.moment == Moment("The longest silence of the loop", 120_000, 70_000, 1)
    assert RespondsWithin(phase="together", ms=900).verdict(told).moment is None
