"""How long news had to wait: percentiles by time, against a count by brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.inside.telemetry.lag import WORTH_KEEPING_SECONDS, Lag


def make(turns: list[float], watched: float) -> Lag:
    lag = Lag()
    for turn in turns:
        lag.note(turn)
    lag.watched = watched
    return lag


def test_of_one_long_turn() -> None:
    # Of one second the loop was away for 0.2 s: in 1 % of the time one had to wait 190 ms or more.
    lag = make([0.2], 1.0)
    assert lag.percentile(0.99) == pytest.approx(0.19)
    assert lag.percentile(0.9) == pytest.approx(0.1)
    assert lag.percentile(0.5) == 0
    assert lag.longest == 0.2


def test_of_nothing_but_short_turns() -> None:
    lag = make([0.0004, 0.0009, 0.0002], 1.0)
    assert (lag.percentile(0.5), lag.percentile(0.99)) == (0, 0)
    assert lag.longest == 0.0009
    assert lag.usual == 0.0009  # shorter ones need not be noted any more


def test_of_a_loop_that_never_ran() -> None:
    assert make([], 0.0).percentile(0.99) == 0


def test_of_a_loop_that_only_blocked() -> None:
    assert make([1.0], 1.0).percentile(0.5) == pytest.approx(0.5)


@given(
    st.lists(st.floats(0.001, 0.5), min_size=1, max_size=20),
    st.floats(0, 5),
    st.sampled_from([0.5, 0.9, 0.99]),
)
def test_as_counted(turns: list[float], idle: float, share: float) -> None:
    watched = sum(turns) + idle
    wait = make(turns, watched).percentile(share)
    late = sum(max(0.0, turn - wait) for turn in turns)  # seconds in which one would wait longer
    if wait:
        assert late == pytest.approx((1 - share) * watched, rel=1e-6, abs=1e-9)
    else:
        shortest = sum(max(0.0, turn - WORTH_KEEPING_SECONDS) for turn in turns)
        assert shortest <= (1 - share) * watched + 1e-9
