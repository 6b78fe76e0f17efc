"""Each check passes, fails, and errs only where the fault is ours."""

from typing import Any, NamedTuple, get_args

import msgspec
import pytest

from exercises.checks import AnyCheck
from sandbox.protocol import (
    MAX_WITNESS_CHARACTERS,
    NOT_READ,
    Lag,
    Phase,
    PhaseDriven,
    Picture,
    Raised,
    Rows,
    RunRecord,
    Summary,
)
from tests.records import TOGETHER, record, response, statement


class Case(NamedTuple):
    """A check as authors write it, a record that passes and one that fails, and its words."""

    check: dict[str, Any]
    passes: RunRecord
    fails: RunRecord
    got: str


def lagging(milliseconds: int, waited: int = 0) -> RunRecord:
    """The loop was silent, within the phase "together"; so long it only waited for a processor."""
    lag_us, held_us = milliseconds * 1000, (milliseconds - waited) * 1000
    lags = [Lag(110_000, lag_us, held_us)]
    return record(longest_lag_us=lag_us, longest_held_us=held_us, lags=lags)


def pictured(**summary: int) -> RunRecord:
    return record(picture=Picture(Summary(**summary)))


RAISED = record(
    outcome="raised",
    fault="your code",
    message="Your code raised",
    error=Raised("sqlalchemy.exc.MissingGreenlet", "greenlet_spawn has not been called"),
)
SLOW = record(
    responses=[response(1), response(2, ended_us=1_300_000)],
    phases=[PhaseDriven("together", 100_000, 1_300_000)],
)
LOST = record(responses=[response(1), response(2, status=0, problem="timed out")])
RELATIVE = record(
    responses=[response(0, phase="alone", began_us=0, ended_us=30_000), *record().responses]
)

CASES = {
    "completed": Case({"check": "completed"}, record(), RAISED, "Your code raised"),
    "raises": Case(
        {"check": "raises", "error": "MissingGreenlet", "message": "greenlet_spawn"},
        RAISED,
        record(),
        "nothing was raised",
    ),
    "raises something else": Case(
        {"check": "raises", "error": "MissingGreenlet"},
        RAISED,
        record(error=Raised("ValueError", "no")),
        "ValueError: no",
    ),
    "prints": Case(
        {"check": "prints", "texts": ["hello"], "lacks": ["Warning"]},
        record(),
        record(stdout="hello", stderr="A Warning"),
        "there is 'Warning'",
    ),
    "prints nothing": Case(
        {"check": "prints", "texts": ["hello"]}, record(), record(stdout=""), "no 'hello'"
    ),
    "responds within": Case(
        {"check": "responds_within", "phase": "together", "ms": 500}, record(), SLOW, "1,200 ms"
    ),
    "responds within, not answered": Case(
        {"check": "responds_within", "phase": "together", "ms": 500},
        record(),
        LOST,
        "1 not answered: timed out",
    ),
    "responds within, slowest": Case(
        {"check": "responds_within", "phase": "together", "ms": 500, "measure": "slowest"},
        record(),
        SLOW,
        "1,200 ms",
    ),
    "responds within times another phase": Case(
        {"check": "responds_within", "phase": "together", "of": "alone", "times": 4},
        RELATIVE,
        msgspec.structs.replace(RELATIVE, phases=[PhaseDriven("together", 0, 200_000)]),
        "200 ms",
    ),
    "responds within times calibration": Case(
        {"check": "responds_within", "phase": "together", "of": "calibration", "times": 40},
        record(),
        record(calibration_us=2_000),
        "105 ms",
    ),
    "responds after": Case(
        {"check": "responds_after", "phase": "together", "ms": 300}, SLOW, record(), "105 ms"
    ),
    "statuses": Case({"check": "statuses"}, record(), LOST, "1 x 200, 1 x none; timed out"),
    "statuses in any order": Case(
        {"check": "statuses", "statuses": [500, 200]},
        record(responses=[response(1), response(2, status=500, body="x" * 999)]),
        record(),
        "2 x 200",
    ),
    "one more request": Case(
        {"check": "one_more_request", "phase": "together"}, record(), LOST, "timed out"
    ),
    "bodies equal": Case(
        {"check": "bodies", "json": {"n": 1}},
        record(responses=[response(1)]),
        record(responses=[response(2)]),
        '{"n": 2}',
    ),
    "bodies in order": Case(
        {"check": "bodies", "json": [{"n": 1}, {"n": 2}], "are_in_order": True},
        record(responses=[response(2), response(1)]),
        record(responses=[response(1), response(2, body='{"n": 1}')]),
        '{"n": 1}',
    ),
    "bodies too few": Case(
        {"check": "bodies", "json": [{"n": 1}, {"n": 2}], "are_in_order": True},
        record(),
        record(responses=[response(1)]),
        "1 answers",
    ),
    "bodies no JSON": Case(
        {"check": "bodies", "json": {"n": 1}},
        record(responses=[response(1)]),
        record(responses=[response(1, body="[" * 100_000)]),
        "[[[",
    ),
    "bodies contain": Case(
        {"check": "bodies", "contains": '"n"'},
        record(),
        record(responses=[response(1, body="no")]),
        "'no'",
    ),
    "bodies all different": Case(
        {"check": "bodies", "are_all_different": True},
        record(),
        record(responses=[response(1), response(1)]),
        "1 different of 2",
    ),
    "longest lag under": Case(
        {"check": "longest_lag_under", "ms": 100}, record(), lagging(500), "silent for 500 ms"
    ),
    "longest lag under, of a phase": Case(
        {"check": "longest_lag_under", "ms": 60, "phase": "together"},
        record(lags=[Lag(0, 110_000, 110_000)]),  # all but 10 ms before the phase
        lagging(500),
        "silent for 95 ms",  # to the end of the phase
    ),
    "longest lag under, on a busy machine": Case(
        {"check": "longest_lag_under", "ms": 100},
        lagging(500, waited=450),
        lagging(500, waited=350),
        "silent for 150 ms",
    ),
    "longest lag under, of a phase, on a busy machine": Case(
        {"check": "longest_lag_under", "ms": 60, "phase": "together"},
        lagging(90, waited=50),
        lagging(90, waited=20),
        "silent for 70 ms",
    ),
    "longest lag under, relative": Case(
        {"check": "longest_lag_under", "ms": 60, "times": 20},
        lagging(100),
        lagging(130),
        "silent for 130 ms",
    ),
    "longest lag under, relative, with bad luck": Case(
        {"check": "longest_lag_under", "ms": 60, "times": 20, "most_ms": 90},
        lagging(80),
        lagging(100),
        "silent for 100 ms",
    ),
    "longest lag under, blind": Case(
        {"check": "longest_lag_under", "ms": 100},
        record(),
        record(heartbeat="silent"),
        "no event loop",
    ),
    "longest lag over": Case(
        {"check": "longest_lag_over", "ms": 100}, lagging(500), record(), "silent for 4 ms"
    ),
    "longest block under": Case(
        {"check": "longest_block_under", "ms": 100},
        record(),
        pictured(longest_block_us=200_000),
        "200 ms",
    ),
    "longest block over": Case(
        {"check": "longest_block_over", "ms": 100},
        pictured(longest_block_us=200_000),
        record(),
        "5 ms",
    ),
    "blocks line": Case(
        {"check": "blocks_line", "line": 7}, record(), record(picture=Picture()), "nothing held"
    ),
    "statements at most": Case(
        {"check": "statements_at_most", "number": 1, "per_request": True, "phase": "together"},
        record(),
        record(statements=[statement()] * 3),
        "1.5, first: SELECT pg_sleep(0.1)",
    ),
    "statements too many to be told": Case(
        {"check": "statements_at_most", "number": 1, "phase": "together"},
        record(statements=[statement()]),
        record(statements=[statement(phase="")], lost=7),
        "7 more than could be told",
    ),
    "statements behind a long comment": Case(
        {"check": "statements_at_most", "number": 0, "like": "DELETE"},
        record(statements=[statement("SELECT 1")]),
        record(statements=[statement(f"/*{'x' * 600}*/ DELETE"[:MAX_WITNESS_CHARACTERS])]),
        "1, first",
    ),
    "statements at least": Case(
        {"check": "statements_at_least", "number": 2, "like": "select  PG_SLEEP", "took_ms": 95},
        record(),
        record(statements=[statement(), statement(duration_us=900), statement("SELECT 1")]),
        "1, first: SELECT pg_sleep(0.1)",
    ),
    "statements of another phase": Case(
        {"check": "statements_at_least", "phase": "together"},
        record(),
        record(statements=[statement(phase="")]),
        "0",
    ),
    "rows equal": Case(
        {"check": "rows_equal", "read": "items", "rows": [[1], [2]]},
        record(),
        record(rows=[Rows("items", ["id"], [[2], [1]])]),
        "[[2], [1]]",
    ),
    "rows of no table": Case(
        {"check": "rows_equal", "read": "items", "rows": []},
        record(rows=[Rows("items", ["id"], [])]),
        record(rows=[Rows("items", problem="no such table: items")]),
        "no such table: items",
    ),
    "nothing left open": Case(
        {"check": "nothing_left_open"}, record(), record(idle_in_transaction=2), "2 left open"
    ),
    "nothing checked out": Case(
        {"check": "nothing_checked_out"}, record(), pictured(connections_left_out=1), "1 left out"
    ),
}


def read(check: dict[str, Any]) -> AnyCheck:
    return msgspec.convert(check, AnyCheck)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", CASES)
def test_a_check_passes_and_fails(name: str) -> None:
    case = CASES[name]
    check = read(case.check)
    passed, failed = check.verdict(case.passes, [TOGETHER]), check.verdict(case.fails, [TOGETHER])
    assert passed.state == "passed", passed
    assert failed.state == "failed", failed
    assert case.got in failed.got
    assert all([passed.given, passed.got, passed.expected])
    assert passed.expected == failed.expected


@pytest.mark.parametrize("name", CASES)
def test_what_we_failed_at_is_nobodys_mistake(name: str) -> None:
    broken = record(outcome="sandbox_failed", fault="us", message="lost")
    assert read(CASES[name].check).verdict(broken).state == "errored"


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_ended_too_early_passes_nothing_by_it(name: str) -> None:
    """Nothing was asked, answered, measured or read: only what was seen to be missing holds."""
    fields: dict[str, Any] = {"responses": [], "phases": [], "statements": [], "rows": []}
    empty = record(**fields, outcome="timed_out", fault="your limit", message="Too long.")
    check = CASES[name].check
    if check["check"] in ("responds_within", "statuses", "bodies", "one_more_request"):
        assert read(check).verdict(empty).state == "failed"
    assert read(check).verdict(empty).state != "errored"


MISSING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no server's log": ({"check": "statements_at_most", "number": 1}, {"statements": None}),
    "nobody asked the server": (
        {"check": "nothing_left_open"},
        {"idle_in_transaction": None},
    ),
    "not read by our fault": (
        {"check": "rows_equal", "read": "items", "rows": []},
        {"rows": [Rows("items", problem=NOT_READ)]},
    ),
    "nothing read": ({"check": "rows_equal", "read": "items", "rows": []}, {"rows": []}),
    "no calibration": (
        {"check": "responds_within", "phase": "together", "of": "calibration", "times": 2},
        {"calibration_us": 0},
    ),
    "no calibration of a lag": (
        {"check": "longest_lag_under", "ms": 1, "times": 2},
        {"calibration_us": 0},
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_we_did_not_see_is_errored(name: str) -> None:
    check, changes = MISSING[name]
    assert read(check).verdict(record(**changes)).state == "errored"


def test_every_check_is_tried_here() -> None:
    tried = {type(read(case.check)) for case in CASES.values()}
    assert tried == set(get_args(AnyCheck))


def test_a_verdict_says_what_was_given() -> None:
    given = read({"check": "statuses", "phase": "together"}).verdict(record(), [TOGETHER]).given
    assert given == "2 requests at once: GET /1, GET /2"
    gone = Phase("gone", TOGETHER.requests[:1], disconnect_seconds=0.5)
    given = read({"check": "completed"}).verdict(record(), [TOGETHER, gone]).given
    assert given.endswith("; then 1 request: GET /1, whose clients hang up after 0.5 s")


def test_a_verdict_has_its_table() -> None:
    verdict = read(CASES["responds within"].check).verdict(SLOW)
    assert [(row.value, row.allowed) for row in verdict.measured] == [
        ("1,200 ms", "at most 500 ms")
    ]


BAD: dict[str, dict[str, Any]] = {
    "no bound": {"check": "responds_within", "phase": "together"},
    "times of nothing": {"check": "responds_within", "phase": "together", "times": 2},
    "nothing printed": {"check": "prints"},
    "nothing of the bodies": {"check": "bodies"},
    "an order of no list": {"check": "bodies", "json": {"n": 1}, "are_in_order": True},
    "unknown": {"check": "is_nice"},
    "misspelt": {"check": "completed", "fase": "x"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_check_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(BAD[name])
