"""One run as it was seen from outside, and where its own picture tells something else.

Margins are wide: a machine on which others work, too, makes both witnesses a little wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sandbox.host.witness.record import Seen
from sandbox.protocol import Heartbeat, WitnessSummary

MARGIN_US: Final = 100_000
LARGEST_MARGIN_US: Final = 250_000
FACTOR: Final = 3
LEAST_FORGED: Final = 3
STATEMENTS_MARGIN: Final = 20
STATEMENTS_FACTOR: Final = 2


def sum_up(children: Sequence[Seen], counted: int | None = None, lost: int = 0) -> WitnessSummary:
    """The longest of the longest, the sum of all else; the first disagreement there is.

    ``counted`` is how many statements the server saw; ``lost``: of those and of the lags, how many
    were not told one by one.
    """
    sentences = [f"{_whose(seen, len(children))}{compare(seen)}" for seen in children]
    sentences.append(compare_statements(sum(seen.claimed_statements for seen in children), counted))
    told = [sentence for sentence in sentences if sentence.endswith(".")]
    return WitnessSummary(
        heartbeat=_heartbeat([seen.heartbeat for seen in children]),
        longest_lag_us=max(seen.longest_lag_us for seen in children),
        blocked_us=sum(seen.blocked_us for seen in children),
        pings=sum(seen.pings for seen in children),
        statements=counted,
        disagreement=told[0] if told else "",
        lost=lost,
        longest_held_us=max(seen.held_us for seen in children),
    )


def compare(seen: Seen) -> str:
    """What the two witnesses of one child do not agree on, in a sentence; empty when they do."""
    claimed, lag = _milliseconds(seen.claimed_us), _milliseconds(seen.longest_lag_us)
    if seen.forged >= LEAST_FORGED and seen.asleep_us > MARGIN_US:
        return (
            f"Something answered in the loop's place: the kernel saw its thread asleep for "
            f"{_milliseconds(seen.asleep_us)} while {seen.forged} answers came. Your code's own "
            f"picture tells of {claimed} at most; trust the kernel."
        )
    if seen.cut_us:
        return (
            f"Your code cut the line over which its loop answers, {_milliseconds(seen.cut_us)} "
            f"after the start. Until then the longest wait for an answer was {lag}; what its own "
            f"picture tells of later ({claimed} at most) nobody has checked: do not trust it."
        )
    if seen.is_whole and _is_far_less(seen.claimed_us, seen.held_us, MARGIN_US):
        return (
            f"The picture from inside tells of no wait longer than {claimed}, but from outside "
            f"the loop did not answer for {lag}. Trust what was seen from outside."
        )
    unasked = seen.longest_lag_us + seen.gap_us
    if seen.heartbeat == "on" and _is_far_less(unasked, seen.claimed_us, LARGEST_MARGIN_US):
        return (
            f"The picture from inside tells of a wait of {claimed}, but from outside the loop "
            f"was never late by more than {lag}. Trust what was seen from outside."
        )
    return ""


def compare_statements(claimed: int, counted: int | None) -> str:
    """Fewer than the server counted is no lie: one call of a driver may be many statements."""
    if counted is None or claimed <= STATEMENTS_FACTOR * counted + STATEMENTS_MARGIN:
        return ""
    return (
        f"The picture from inside tells of {claimed:,} statements, but the server saw {counted:,}. "
        "Trust the server."
    )


def _is_far_less(one: int, other: int, margin: int) -> bool:
    return other - one > margin and other > FACTOR * one


def _whose(seen: Seen, count: int) -> str:
    return f"Worker {seen.worker} of {count}: " if count > 1 else ""


def _heartbeat(each: Sequence[Heartbeat]) -> Heartbeat:
    return "on" if "on" in each else "silent" if "silent" in each else "off"


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:,.0f} ms"
