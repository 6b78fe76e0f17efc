"""What the outside witness makes of what it saw."""

from __future__ import annotations

import os
import time

import msgspec
import pytest

from sandbox.host.witness import Seen
from sandbox.host.witness.heartbeat import PERIOD_SECONDS, PINGED_AT_FULL_RATE, Pacer
from sandbox.host.witness.record import MOST_EVENTS, Record
from sandbox.host.witness.thread import ThreadState
from sandbox.host.witness.verdict import compare, sum_up
from sandbox.protocol import MAX_WITNESS_CHARACTERS, Witness, WitnessSummary, to_json

HONEST = {
    "nothing": Seen(),
    "both see it": Seen(claimed_us=300_000, longest_lag_us=295_000, held_us=295_000, is_whole=True),
    "a child that had to wait for a processor": Seen(
        claimed_us=3_000, longest_lag_us=400_000, held_us=20_000, is_whole=True
    ),
    "killed in a block": Seen(claimed_us=0, longest_lag_us=9_000_000, held_us=9_000_000),
    "asked seldom": Seen(
        heartbeat="on", claimed_us=300_000, longest_lag_us=9_000, gap_us=125_000, is_whole=True
    ),
    "a loop that was never asked": Seen(claimed_us=300_000, is_whole=True),
    "one odd answer": Seen(forged=1, asleep_us=300_000),
}
DISHONEST = {
    "told of nothing": (
        Seen(claimed_us=2_000, longest_lag_us=300_000, held_us=290_000, is_whole=True),
        "no wait longer than 2 ms, but from outside the loop did not answer for 300 ms",
    ),
    "told of too much": (
        Seen(heartbeat="on", claimed_us=5_000_000, longest_lag_us=9_000, gap_us=6_000),
        "a wait of 5,000 ms, but from outside the loop was never late by more than 9 ms",
    ),
    "answered by another": (
        Seen(forged=50, asleep_us=280_000, claimed_us=1_000, longest_lag_us=300_000),
        "asleep for 280 ms while 50 answers came",
    ),
    "cut": (Seen(cut_us=12_000, claimed_us=400_000), "cut the line"),
}


@pytest.mark.parametrize("seen", HONEST.values(), ids=HONEST)
def test_honest_runs_have_one_story(seen: Seen) -> None:
    assert compare(seen) == ""


@pytest.mark.parametrize(("seen", "words"), DISHONEST.values(), ids=DISHONEST)
def test_a_disagreement_names_both_figures_and_whom_to_trust(seen: Seen, words: str) -> None:
    sentence = compare(seen)
    assert words in sentence
    assert "trust" in sentence.lower()
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("claimed", "counted", "agrees"),
    [(0, 0, True), (3, 900, True), (24, 5, True), (99, 3, False), (99, None, True)],
)
def test_more_statements_than_the_server_saw_are_not_believed(
    claimed: int, counted: int | None, *, agrees: bool
) -> None:
    summary = sum_up([Seen(claimed_statements=claimed)], counted)
    assert (summary.disagreement == "") == agrees
    assert agrees or "99 statements, but the server saw 3. Trust the server." in str(summary)


def test_of_several_workers_the_longest_and_the_sum() -> None:
    seen, _ = DISHONEST["told of nothing"]
    other = msgspec.structs.replace(seen, worker=2)
    summary = sum_up([Seen(1, "on", pings=3, longest_lag_us=5_000, blocked_us=5_000), other])
    assert (summary.heartbeat, summary.pings) == ("on", 3)
    assert (summary.longest_lag_us, summary.blocked_us) == (300_000, 5_000)
    assert summary.disagreement.startswith("Worker 2 of 2: The picture")
    assert sum_up([Seen()]) == WitnessSummary()


def test_the_more_loops_the_less_often_each_is_asked() -> None:
    pacer = Pacer()
    assert pacer.period_seconds == PERIOD_SECONDS
    pacer.hearts = 25 * PINGED_AT_FULL_RATE
    assert pacer.period_seconds == 25 * PERIOD_SECONDS


def test_events_are_bounded_in_number_and_size() -> None:
    sent: list[Witness] = []
    record = Record(sent.append)
    for _ in range(MOST_EVENTS + 5):
        record.add(-5, "statement", 0, statement="x" * 9999, duration_us=2**60, error=None)
    assert len(sent) == MOST_EVENTS
    assert sent[0].at_us == 0
    assert len(str(sent[0].fields["statement"])) == MAX_WITNESS_CHARACTERS
    assert sent[0].fields["duration_us"] == 2**53
    assert b'"type":"witness"' in to_json(sent[0])


def test_a_thread_that_sleeps_is_told_from_one_that_ran() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(0.3)
        while True:
            time.sleep(0.0005)
    thread = ThreadState(child)
    try:
        time.sleep(0.05)
        mark = thread.mark()
        assert mark.is_asleep
        assert thread.describe() in ("clock_nanosleep", "waiting")
        assert thread.slept_since(mark)
        time.sleep(0.5)
        assert not thread.slept_since(mark)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert not thread.mark().is_asleep
    assert thread.describe() == ""
    thread.close()


def test_a_thread_that_is_not_there_has_no_state() -> None:
    thread = ThreadState(-1)
    assert thread.describe() == ""
    assert not thread.slept_since(thread.mark())
    thread.close()
