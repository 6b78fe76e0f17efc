"""The record of a run, from its events."""

from __future__ import annotations

from sandbox.protocol import (
    Aftermath,
    DrivenRequest,
    Finished,
    Lag,
    Output,
    Phase,
    PhaseDriven,
    Response,
    RunEvent,
    RunRequest,
    Witness,
    WitnessSummary,
)
from sandbox.record import assemble

REQUEST = RunRequest("id", "", phases=[Phase(name, [DrivenRequest()]) for name in ("one", "two")])


def statement(at_us: int) -> Witness:
    return Witness(at_us, "statement", {"statement": "S", "duration_us": 5, "error": None})


def finished(statements: int | None = None, longest_lag_us: int = 0, lost: int = 0) -> Finished:
    witness = WitnessSummary(statements=statements, longest_lag_us=longest_lag_us, lost=lost)
    return Finished(1_000_000, "completed", "nobody", "", witness=witness)


def test_a_statement_is_of_the_phase_in_which_it_began() -> None:
    times = [10, 99_000, 150_000, 209_000, 219_000, 300_000, 900_000]
    events: list[RunEvent] = [
        *map(statement, reversed(times)),
        PhaseDriven("one", 100_000, 200_000),
        PhaseDriven("two", 220_500, 400_000),
        Aftermath(500_000),
        finished(statements=len(times)),
    ]
    record = assemble(REQUEST, events)
    assert record.statements is not None
    assert [each.at_us for each in record.statements] == times
    assert [each.phase for each in record.statements] == ["", *["one"] * 3, *["two"] * 2, ""]


def test_without_a_server_there_are_no_statements() -> None:
    assert assemble(REQUEST, [finished()]).statements is None
    assert assemble(REQUEST, [finished(statements=0)]).statements == []


def test_responses_come_in_the_order_of_the_requests() -> None:
    order = [("two", 1), ("one", 2), ("one", 1)]
    events: list[RunEvent] = [*(Response(name, number, 0, 0) for name, number in order), finished()]
    found = assemble(REQUEST, events).responses
    assert [(each.phase, each.number) for each in found] == [("one", 1), ("one", 2), ("two", 1)]


def test_output_lags_and_aftermath() -> None:
    events: list[RunEvent] = [
        Output(1, "stdout", "a"),
        Output(2, "stderr", "b"),
        Output(3, "stdout", "c"),
        Witness(4, "lag", {"duration_us": 7, "held_us": 6}, worker=2),
        Aftermath(5, idle_in_transaction=1, calibration_us=3),
        finished(longest_lag_us=9, lost=2),
    ]
    record = assemble(REQUEST, events)
    assert (record.stdout, record.stderr) == ("ac", "b")
    assert record.lags == [Lag(4, 7, 6, worker=2)]
    assert (record.idle_in_transaction, record.calibration_us) == (1, 3)
    assert (record.longest_lag_us, record.lost) == (9, 2)
