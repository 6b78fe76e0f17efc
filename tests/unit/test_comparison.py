"""What a comparison says of two runs: what changed, and what a busy machine explains."""

from __future__ import annotations

from typing import Any

import pytest

from playground.runs import comparison
from playground.runs.comparison import Side, describe, list_figures, name_sides
from playground.runs.differences import MOST_LINES, list_differences
from sandbox.protocol import Finished, Raised, Summary

TRAP = Summary(longest_block_us=203_000, blocked_us=2_000_000, statements=21, pool_high_water=5)
CURE = Summary(longest_block_us=900, statements=2, pool_high_water=20)


def side(name: str, summary: Summary = TRAP, **fields: Any) -> Side:
    given = {"at_us": 0, "outcome": "completed", "fault": "nobody", "message": "", **fields}
    return Side(name, Finished(summary=summary, **given))


def test_what_changed_is_said_in_words() -> None:
    told = describe(side("The trap", wall_us=2_100_000), side("The cure", CURE, wall_us=220_000))
    assert told == [
        "The longest block fell from 203 ms to under 1 ms.",
        "Wall time fell from 2.10 s to 220 ms: 9.5 times faster.",
        "21 statements became 2.",
        "The pool's high water went from 5 to 20.",
        "Both left nothing open.",
    ]


def test_what_a_busy_machine_explains_is_about_equal() -> None:
    told = describe(side("Before", wall_us=2_100_000), side("After", wall_us=2_500_000))
    assert "Wall time is about equal: 2.10 s and 2.50 s." in told
    assert "The longest block is about equal: 203 ms and 203 ms." in told
    assert "Both ran 21 statements." in told
    figures = {figure.name: figure for figure in list_figures([side("a"), side("b")])}
    assert not any(figure.differs for figure in figures.values())


@pytest.mark.parametrize(
    ("one_us", "other_us", "equal"),
    [(0, 4_000, True), (0, 6_000, False), (100_000, 124_000, True), (100_000, 130_000, False)],
)
def test_noise_is_a_quarter_or_5_ms(one_us: int, other_us: int, *, equal: bool) -> None:
    assert comparison.is_about_equal(one_us, other_us) is equal
    assert comparison.is_about_equal(other_us, one_us) is equal


def test_how_they_ended_comes_first_and_makes_times_say_little() -> None:
    raised = side("Before", outcome="raised", error=Raised("MissingGreenlet", "m", 3))
    told = describe(raised, side("After"))
    assert told[0] == "Before raised MissingGreenlet; After completed."
    assert "its times say little" in told[1]
    stopped = side("Before", outcome="cancelled")
    assert describe(stopped, stopped)[0] == "Both were stopped."


def test_slower_is_said_as_plainly_as_faster() -> None:
    told = describe(side("a", CURE, wall_us=100_000), side("b", TRAP, wall_us=250_000))
    assert "The longest block rose from under 1 ms to 203 ms." in told
    assert "Wall time rose from 100 ms to 250 ms: 2.5 times slower." in told


def test_what_was_left_open_is_named() -> None:
    leaky = Summary(connections_left_out=1, transactions_left_open=2)
    told = describe(side("Before", leaky), side("After", Summary()))
    assert told[-1] == "Before left 1 connection and 2 transactions open; After nothing."
    assert "Neither run held the event loop for 10 ms or more." in told
    assert describe(side("a", leaky), side("b", leaky))[-1].startswith("Both left 1 connection")


def test_repetition_and_waiting_are_told_when_they_change() -> None:
    many = Summary(statements=21, most_repeated=20, pool_wait_us=900_000)
    told = describe(side("The trap", many), side("The cure", Summary(statements=2)))
    assert "The trap ran its commonest statement 20 times; The cure 0." in told
    assert "Waiting for a connection, in all, fell from 900 ms to none." in told
    assert not any("commonest" in sentence for sentence in describe(side("a"), side("b")))


def test_runs_are_named_by_what_tells_them_apart() -> None:
    assert name_sides([("The trap", "asyncpg"), ("The cure", "asyncpg")]) == [
        "The trap",
        "The cure",
    ]
    assert name_sides([("The trap", "aiosqlite"), ("The trap", "asyncpg")]) == [
        "aiosqlite",
        "asyncpg",
    ]
    assert name_sides([("The trap", ""), ("The trap", "")]) == ["Before", "After"]
    assert name_sides([("A", "x"), ("A", "y"), ("B", "x")]) == ["A on x", "A on y", "B on x"]


def test_the_table_has_a_row_for_each_figure_that_is_there() -> None:
    rows = list_figures([side("a", wall_us=2_100_000), side("b", CURE, wall_us=220_000)])
    table = {row.name: row.values for row in rows}
    assert table["How it ended"] == ["completed", "completed"]
    assert table["Wall time"] == ["2.10 s", "220 ms"]
    assert table["Statements"] == ["21", "2"]
    assert "Connections left out" not in table


def test_differences_of_code_are_lines_with_their_kind() -> None:
    lines = list_differences("a\nb\nc\n", "a\nB\nc\n") or []
    assert [(line.what, line.text) for line in lines] == [
        ("place", "@@ -1,3 +1,3 @@"),
        ("kept", " a"),
        ("removed", "-b"),
        ("added", "+B"),
        ("kept", " c"),
    ]
    assert list_differences("same\n", "same\n") == []
    assert list_differences("x\n" * (MOST_LINES + 1), "y\n") is None
