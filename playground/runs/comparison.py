"""Runs against each other, in words and in a table of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from playground.runs.sentences import say_duration
from sandbox.protocol import Finished, Summary

# What a shared machine does to two runs of the same code.
NOISE_RATIO: Final = 1.25
NOISE_US: Final = 5_000
WORTH_TELLING_US: Final = 10_000
WORTH_COUNTING: Final = 5

_ENDS: Final[dict[str, str]] = {
    "completed": "completed",
    "raised": "raised an exception",
    "timed_out": "ran into its time limit",
    "out_of_memory": "ran out of memory",
    "output_limit": "wrote more than a run may",
    "process_limit": "started more than a run may",
    "disk_limit": "filled its disk",
    "cancelled": "was stopped",
    "sandbox_failed": "failed on our side",
}


class Side(NamedTuple):
    """A run and what it is called."""

    name: str
    finished: Finished


class Figure(NamedTuple):
    """One figure of every run, as text; ``differs``: by more than noise."""

    name: str
    values: list[str]
    differs: bool


def name_sides(cells: Sequence[tuple[str, str]]) -> list[str]:
    """Names for runs of (cell, driver): by what tells them apart, else by their order."""
    titles, drivers = zip(*cells, strict=True)
    if len(set(cells)) < len(cells):
        if len(cells) == 2:
            return ["Before", "After"]
        return [f"Run {number}" for number in range(1, len(cells) + 1)]
    if len(set(titles)) == len(cells):
        return list(titles)
    if len(set(titles)) == 1:
        return list(drivers)
    return [f"{title} on {driver}" for title, driver in cells]


def describe(one: Side, other: Side) -> list[str]:
    """What changed from one run to the other, the most important first."""
    return [sentence for tell in _TOLD for sentence in tell(one, other)]


def list_figures(sides: Sequence[Side]) -> list[Figure]:
    """Every figure that any of the runs has."""
    figures = [
        _figure(name, [read(side.finished) for side in sides], say, is_noisy)
        for name, read, say, is_noisy in _FIGURES
    ]
    ends = [_say_end(side.finished) for side in sides]
    return [Figure("How it ended", ends, len(set(ends)) > 1), *(one for one in figures if one)]


def say_outcome(outcome: str) -> str:
    """What a run did in the end."""
    return _ENDS.get(outcome, outcome)


def is_about_equal(one_us: int, other_us: int) -> bool:
    """Whether two durations differ by no more than a shared machine makes them."""
    low, high = sorted((one_us, other_us))
    return high - low <= NOISE_US or high <= low * NOISE_RATIO


def _tell_ends(one: Side, other: Side) -> Iterator[str]:
    before, after = _say_end(one.finished), _say_end(other.finished)
    if before != after:
        yield f"{one.name} {before}; {other.name} {after}."
    elif one.finished.outcome != "completed":
        yield f"Both {before.replace('was ', 'were ')}."
    if {one.finished.outcome, other.finished.outcome} != {"completed"}:
        yield "A run that did not complete did not do all of its work: its times say little."


def _tell_block(one: Side, other: Side) -> Iterator[str]:
    before, after = (side.finished.summary.longest_block_us for side in (one, other))
    if max(before, after) < WORTH_TELLING_US:
        yield "Neither run held the event loop for 10 ms or more."
    elif is_about_equal(before, after):
        yield f"The longest block is about equal: {_pair(before, after)}."
    else:
        yield f"The longest block {_moved(before, after)}."


def _tell_wall(one: Side, other: Side) -> Iterator[str]:
    before, after = one.finished.wall_us, other.finished.wall_us
    if is_about_equal(before, after):
        yield f"Wall time is about equal: {_pair(before, after)}."
    else:
        times = max(before, after) / max(min(before, after), 1)
        how = "faster" if after < before else "slower"
        yield f"Wall time {_moved(before, after)}: {times:.1f} times {how}."


def _tell_statements(one: Side, other: Side) -> Iterator[str]:
    before, after = (side.finished.summary.statements for side in (one, other))
    if before != after:
        yield f"{_count(before, 'statement')} became {after}."
    elif before:
        yield f"Both ran {_count(before, 'statement')}."


def _tell_pool(one: Side, other: Side) -> Iterator[str]:
    before, after = (side.finished.summary.pool_high_water for side in (one, other))
    if before != after:
        yield f"The pool's high water went from {before} to {after}."
    elif before:
        yield f"The pool's high water is {before} in both."


def _tell_repetition(one: Side, other: Side) -> Iterator[str]:
    before, after = (side.finished.summary.most_repeated for side in (one, other))
    if before != after and max(before, after) >= WORTH_COUNTING:
        times = _count(before, "time")
        yield f"{one.name} ran its commonest statement {times}; {other.name} {after}."


def _tell_waits(one: Side, other: Side) -> Iterator[str]:
    before, after = (side.finished.summary.pool_wait_us for side in (one, other))
    if not is_about_equal(before, after):
        yield f"Waiting for a connection, in all, {_moved(before, after)}."


def _tell_left_open(one: Side, other: Side) -> Iterator[str]:
    before, after = (_left_open(side.finished.summary) for side in (one, other))
    if not before and not after:
        yield "Both left nothing open."
    elif before == after:
        yield f"Both left {before} open."
    else:
        yield f"{one.name} left {before or 'nothing'} open; {other.name} {after or 'nothing'}."


_TOLD: Final[tuple[Callable[[Side, Side], Iterator[str]], ...]] = (
    _tell_ends,
    _tell_block,
    _tell_wall,
    _tell_statements,
    _tell_repetition,
    _tell_pool,
    _tell_waits,
    _tell_left_open,
)


def _say_end(finished: Finished) -> str:
    if finished.outcome == "raised" and finished.error:
        return f"raised {finished.error.type[:100]}"
    return say_outcome(finished.outcome)


def _moved(before: int, after: int) -> str:
    verb = "fell" if after < before else "rose"
    one, other = (say_duration(figure) if figure else "none" for figure in (before, after))
    return f"{verb} from {one} to {other}"


def _pair(before: int, after: int) -> str:
    return f"{say_duration(before)} and {say_duration(after)}"


def _left_open(summary: Summary) -> str:
    parts = [
        _count(number, noun)
        for number, noun in (
            (summary.connections_left_out, "connection"),
            (summary.transactions_left_open, "transaction"),
        )
        if number
    ]
    return " and ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _figure(
    name: str, values: list[int], say: Callable[[int], str], is_noisy: bool
) -> Figure | None:
    if not any(values):
        return None
    low, high = min(values), max(values)
    differs = not is_about_equal(low, high) if is_noisy else low != high
    return Figure(name, [say(value) for value in values], differs)


_FIGURES: Final[tuple[tuple[str, Callable[[Finished], int], Callable[[int], str], bool], ...]] = (
    ("Wall time", lambda end: end.wall_us, say_duration, True),
    ("Processor time", lambda end: end.cpu_us, say_duration, True),
    ("Longest block", lambda end: end.summary.longest_block_us, say_duration, True),
    ("Blocked in all", lambda end: end.summary.blocked_us, say_duration, True),
    ("Longest lag", lambda end: end.summary.longest_lag_us, say_duration, True),
    ("Statements", lambda end: end.summary.statements, str, False),
    ("Times of the commonest statement", lambda end: end.summary.most_repeated, str, False),
    ("Waited for connections", lambda end: end.summary.pool_wait_us, say_duration, True),
    ("Connections at most", lambda end: end.summary.pool_high_water, str, False),
    ("Connections left out", lambda end: end.summary.connections_left_out, str, False),
    ("Transactions left open", lambda end: end.summary.transactions_left_open, str, False),
)
