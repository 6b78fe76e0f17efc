"""Whether the event loop answered, seen from outside; and on which line it did not, from inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from exercises.checks.base import Check, Finding, Measured, Moment, NotSeen, milliseconds, span_of
from sandbox.protocol import Lag, RunRecord

BLIND = "no event loop on the main thread answered the host"


def longest_lag_us(record: RunRecord, phase: str) -> int:
    """The longest time the loop left the host without an answer, within a phase or in all."""
    if not phase:
        return record.longest_lag_us
    return max([0, *(within for _, within in _lags_within(record, phase))])


def longest_held_us(record: RunRecord, phase: str) -> int:
    """The same without what was only a wait for a processor, which is the machine's doing."""
    if not phase:
        return record.longest_held_us
    return max([0, *(min(lag.held_us, within) for lag, within in _lags_within(record, phase))])


def _worst(record: RunRecord, phase: str) -> Moment | None:
    """The lag that the code held the longest."""
    began, ended = span_of(record, phase)
    lags = [lag for lag in record.lags if began < lag.at_us + lag.duration_us and lag.at_us < ended]
    lag = max(lags, key=lambda each: each.held_us, default=None)
    if lag is None:
        return None
    return Moment("The longest silence of the loop", lag.at_us, lag.duration_us, lag.worker)


def _lags_within(record: RunRecord, phase: str) -> Iterator[tuple[Lag, int]]:
    """Each lag, and how much of it lies within the phase."""
    began, ended = span_of(record, phase)
    for lag in record.lags:
        yield lag, min(lag.at_us + lag.duration_us, ended) - max(lag.at_us, began)


class LongestLagUnder(Check, frozen=True, kw_only=True):
    """The loop answers the host in time, all through the phase or the run.

    What it waited for a processor is not held against it. In time is ``ms`` milliseconds plus
    ``times`` the calibration, as a slow or busy machine takes longer for both, but no more than
    ``most_ms``, as a calibration may have had bad luck.
    """

    phase: str = ""
    ms: float
    times: float = 0.0
    most_ms: float = 0.0

    def expected(self) -> str:
        times = f" plus {self.times:g} times calibration" if self.times else ""
        most = f", at most {self.most_ms:g} ms" if self.most_ms else ""
        return f"the loop is never silent for {self.ms:g} ms{times}{most}"

    def find(self, record: RunRecord) -> Finding:
        if record.heartbeat != "on":
            return Finding(holds=False, got=BLIND)
        if self.times and not record.calibration_us:
            raise NotSeen("no calibration")
        bound = self.ms * 1000 + self.times * record.calibration_us
        if self.most_ms:
            bound = min(bound, self.most_ms * 1000)
        lag = longest_held_us(record, self.phase)
        allowed = f"under {milliseconds(bound)}"
        row = Measured("longest silence of the loop", milliseconds(lag), allowed)
        words = f"it was silent for {milliseconds(lag)}"
        return Finding(lag < bound, words, (row,), _worst(record, self.phase))


class LongestLagOver(Check, frozen=True, kw_only=True):
    """The loop leaves the host without an answer for ``ms`` milliseconds or more."""

    phase: str = ""
    ms: float

    def expected(self) -> str:
        return f"the loop is silent for {self.ms:g} ms or more"

    def find(self, record: RunRecord) -> Finding:
        lag = longest_lag_us(record, self.phase)
        row = Measured("longest silence of the loop", milliseconds(lag), f"over {self.ms:g} ms")
        return Finding(lag >= self.ms * 1000, f"it was silent for {milliseconds(lag)}", (row,))


class LongestBlockUnder(Check, frozen=True, kw_only=True):
    """By the probe inside, no single step held the loop for ``ms`` milliseconds."""

    is_outside: ClassVar[bool] = False
    ms: float

    def expected(self) -> str:
        return f"no step holds the loop for {self.ms:g} ms"

    def find(self, record: RunRecord) -> Finding:
        block = record.picture.summary.longest_block_us
        return Finding(block < self.ms * 1000, f"the longest step: {milliseconds(block)}")


class LongestBlockOver(Check, frozen=True, kw_only=True):
    """By the probe inside, a single step held the loop for ``ms`` milliseconds or more."""

    is_outside: ClassVar[bool] = False
    ms: float

    def expected(self) -> str:
        return f"a step holds the loop for {self.ms:g} ms or more"

    def find(self, record: RunRecord) -> Finding:
        block = record.picture.summary.longest_block_us
        return Finding(block >= self.ms * 1000, f"the longest step: {milliseconds(block)}")


class BlocksLine(Check, frozen=True, kw_only=True):
    """By the probe inside, the longest block is on the line ``line``."""

    is_outside: ClassVar[bool] = False
    line: int

    def expected(self) -> str:
        return f"line {self.line} holds the loop the longest"

    def find(self, record: RunRecord) -> Finding:
        line = blocked_line(record)
        return Finding(line == self.line, f"line {line}" if line else "nothing held the loop")


def blocked_line(record: RunRecord) -> int:
    """The line of the longest block, 0 without any."""
    blocks = [event.fields for event in record.picture.events if event.kind == "block"]
    longest = max(blocks, key=lambda fields: _number(fields.get("duration_us")), default={})
    return _number(longest.get("line"))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
