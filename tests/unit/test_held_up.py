"""Which requests a block held up, and the sentences and figures that tell of a run."""

from __future__ import annotations

from typing import Any

import pytest

from playground.runs.held_up import HeldUp
from playground.runs.rows import Figure, summary_row
from playground.runs.sentences import describe_loop, describe_statements
from sandbox.protocol import Finished, Summary, Telemetry

BLOCK = {"at_us": 1000, "duration_us": 100_000, "line": 3, "call": "time.sleep", "waiting": 2}


def ready(lane: int, at: int, length: int, worker: int = 0) -> Telemetry:
    return Telemetry(at, "ready", {"lane": lane, "duration_us": length}, worker)


def request(lane: int, at: int, length: int, worker: int = 0) -> Telemetry:
    return Telemetry(at, "req", {"lane": lane, "duration_us": length, "path": "/"}, worker)


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ([ready(2, 1000, 100_100), request(2, 101_200, 500)], 1),  # sent when its task went on
        ([ready(2, 5000, 96_100), request(2, 900, 110_000)], 1),  # being served meanwhile
        ([ready(2, 5000, 96_100)], 0),  # a task that sends nothing
        ([ready(2, 5000, 96_100), request(3, 101_200, 500)], 0),  # another's request
        ([ready(2, 5000, 96_100), request(2, 190_000, 500)], 0),  # one of much later
        ([ready(2, 200_000, 20_000), request(2, 220_100, 500)], 0),  # held up by something else
        ([ready(2, 1000, 100_100, 1), request(2, 101_200, 500, 1)], 0),  # another worker's loop
    ],
)
def test_a_request_was_held_up(events: list[Telemetry], count: int) -> None:
    held_up = HeldUp()
    for event in events:
        held_up.remember(event)
    assert held_up.count([BLOCK]) == count


def test_requests_are_told_before_tasks() -> None:
    held_up = HeldUp()
    summary = Summary(longest_lag_us=100_000)
    assert describe_loop([BLOCK], summary, held_up).endswith("100 ms; 2 tasks waited.")
    for event in (ready(2, 1000, 100_100), request(2, 101_200, 500)):
        held_up.remember(event)
    assert describe_loop([BLOCK], summary, held_up).endswith("100 ms; 1 request waited.")


def select(**fields: Any) -> dict[str, Any]:
    told = {"statement": "SELECT 1", "fingerprint": "f", "line": 9, "lane": 1, "worker": 0}
    return {**told, "duration_us": 2000, **fields}


def test_the_same_select_again_and_again() -> None:
    assert describe_statements([select()] * 20) == (
        "Line 9 sent the same SELECT 20 times, one after another, 40 ms in all: "
        "one statement for all of them asks the server once."
    )


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [select()] * 4,
        [select(lane=number) for number in range(20)],  # twenty tasks, each once
        [select(statement="INSERT INTO t VALUES (1)")] * 20,
        [select(fingerprint=str(number)) for number in range(20)],
        [select(line=None)] * 20,
    ],
)
def test_nothing_to_tell_of_statements(statements: list[dict[str, Any]]) -> None:
    assert describe_statements(statements) == ""


def row(**summary: int) -> dict[str, Figure]:
    finished = Finished(0, "completed", "nobody", "", wall_us=1_234_567, summary=Summary(**summary))
    return {figure.name: figure for figure in summary_row(finished)}


def test_a_row_of_a_quiet_run() -> None:
    assert list(row()) == ["Time", "Longest block", "Blocked in all", "Statements"]
    assert row()["Time"].value == "1,235 ms"


def test_a_row_with_everything() -> None:
    told = row(
        longest_lag_us=1_020_000,
        lag_p50_us=0,
        lag_p99_us=64_000,
        requests=30,
        longest_serving_us=600_000,
        pool_high_water=5,
        connections_left_out=1,
        transactions_left_open=2,
        never_awaited=3,
    )
    assert told["Lag p50 / p99 / max"].value == "under 1 ms / 64 ms / 1.02 s"
    assert (told["Requests"].value, told["Requests/s"].value) == ("30", "50")
    bad = [name for name, figure in told.items() if figure.is_bad]
    assert bad == ["Connections left out", "Transactions left open", "Never awaited"]
