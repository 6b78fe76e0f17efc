"""What the host's own requests were answered, and after how long."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any, Final, Literal

import msgspec

from exercises.checks.base import (
    Check,
    Finding,
    Measured,
    Moment,
    NotSeen,
    milliseconds,
    responses_of,
    shortened,
    span_of,
)
from sandbox.protocol import Response, RunRecord

CALIBRATION: Final = "calibration"


class Bound(Check, frozen=True, kw_only=True):
    """A duration of a phase against ``ms`` milliseconds plus ``times`` a reference.

    ``of`` names the reference: another phase, whose middle answer counts, or the "calibration"
    of this machine in this run. ``measure``: the slowest answer, or the whole phase.
    """

    phase: str
    ms: float = 0.0
    times: float = 0.0
    of: str = ""
    measure: Literal["slowest", "whole"] = "whole"

    def __post_init__(self) -> None:
        if not (self.ms or self.times) or bool(self.times) != bool(self.of):
            raise ValueError("give ms, or times with of, or both")

    @property
    def phase_names(self) -> tuple[str, ...]:
        return (self.phase,) if self.of in ("", CALIBRATION) else (self.phase, self.of)

    def bound_us(self, record: RunRecord) -> float:
        """The bound in this run. Raises NotReached and NotSeen."""
        return self.ms * 1000 + (self.times * self._reference_us(record) if self.times else 0)

    def _reference_us(self, record: RunRecord) -> float:
        if self.of != CALIBRATION:
            return median(map(duration_us, responses_of(record, self.of)))
        if not record.calibration_us:
            raise NotSeen("no calibration")
        return record.calibration_us

    def taken_us(self, record: RunRecord) -> float:
        """What is measured."""
        if self.measure == "slowest":
            return max(map(duration_us, responses_of(record, self.phase)))
        responses_of(record, self.phase)
        began, ended = span_of(record, self.phase)
        return ended - began

    def moment(self, record: RunRecord) -> Moment:
        """The slowest answer, or the whole phase."""
        if self.measure == "slowest":
            slowest = max(responses_of(record, self.phase), key=duration_us)
            return moment_of("The slowest answer", slowest)
        began, ended = span_of(record, self.phase)
        return Moment(f"The phase {self.phase!r}", began, ended - began)

    def in_words(self) -> str:
        parts = [f"{self.ms:g} ms"] if self.ms else []
        if self.times:
            reference = "calibration" if self.of == CALIBRATION else f"one answer of {self.of!r}"
            parts.append(f"{self.times:g} times {reference}")
        subject = "the slowest answer" if self.measure == "slowest" else "all of it"
        return f"{' plus '.join(parts)} for {subject}"

    def said(self, record: RunRecord, word: str) -> tuple[float, float, str, tuple[Measured, ...]]:
        """Taken and bound in microseconds, both in a sentence and in the table."""
        taken, bound = self.taken_us(record), self.bound_us(record)
        subject = "slowest answer" if self.measure == "slowest" else "whole phase"
        row = Measured(subject, milliseconds(taken), f"{word} {milliseconds(bound)}")
        return taken, bound, f"{milliseconds(taken)}", (row,)


class RespondsWithin(Bound, frozen=True):
    """Every request of the phase is answered, and in time."""

    def expected(self) -> str:
        return f"at most {self.in_words()}"

    def find(self, record: RunRecord) -> Finding:
        taken, bound, got, table = self.said(record, "at most")
        lost = [each for each in responses_of(record, self.phase) if not each.status]
        if lost:
            return Finding(
                False, f"{len(lost)} not answered: {lost[0].problem}", table, _first(lost)
            )
        return Finding(taken <= bound, got, table, self.moment(record))


class RespondsAfter(Bound, frozen=True):
    """The phase takes at least so long: what a claim of slowness, or against shortcuts, needs."""

    def expected(self) -> str:
        return f"at least {self.in_words()}"

    def find(self, record: RunRecord) -> Finding:
        taken, bound, got, table = self.said(record, "at least")
        return Finding(taken >= bound, got, table, self.moment(record))


class Statuses(Check, frozen=True, kw_only=True):
    """Every answer of the phase has this status; with ``statuses``, these, in any order."""

    phase: str = ""
    status: int = 200
    statuses: tuple[int, ...] = ()

    def expected(self) -> str:
        if self.statuses:
            return f"statuses {_counted(self.statuses)}"
        return f"status {self.status} for every request"

    def find(self, record: RunRecord) -> Finding:
        answers = responses_of(record, self.phase)
        got = [each.status for each in answers]
        holds = (
            sorted(got) == sorted(self.statuses)
            if self.statuses
            else all(status == self.status for status in got)
        )
        words = f"statuses {_counted(got)}"
        problem = next((each.problem for each in answers if each.problem), "")
        body = next((each.body for each in answers if each.status >= 500), "")
        words += f"; {problem}" if problem else f"; {shortened(body)}" if body else ""
        wrong = [] if self.statuses else [each for each in answers if each.status != self.status]
        return Finding(holds, words, (), _first(wrong))


class OneMoreRequest(Check, frozen=True, kw_only=True):
    """After everything else, the app still answers with 200."""

    phase: str

    def expected(self) -> str:
        return "afterwards the app still answers with 200"

    def find(self, record: RunRecord) -> Finding:
        answers = responses_of(record, self.phase)
        bad = [each for each in answers if each.status != 200]
        if not bad:
            return Finding(holds=True, got="it does")
        words = bad[0].problem or f"status {bad[0].status}: {shortened(bad[0].body)}"
        return Finding(False, words, (), _first(bad))


class Bodies(Check, frozen=True, kw_only=True):
    """What the answers of the phase hold: every one this ``json``, or this text, or each its own.

    ``json`` is compared as JSON, so neither spaces nor the order of keys matter.
    """

    phase: str = ""
    json: Any = None
    contains: str = ""
    are_all_different: bool = False
    are_in_order: bool = False  # with json a list: one for each request, in the phase's order

    def __post_init__(self) -> None:
        given = [self.json is not None, bool(self.contains), self.are_all_different]
        if sum(given) != 1 or (self.are_in_order and not isinstance(self.json, list)):
            raise ValueError("give one of json, contains, are_all_different; an order is a list's")

    def expected(self) -> str:
        if self.json is not None:
            words = "in this order, the bodies" if self.are_in_order else "every body is"
            return f"{words} {shortened(msgspec.json.encode(self.json).decode())}"
        if self.are_all_different:
            return "no two answers are alike"
        return f"every body contains {self.contains!r}"

    def find(self, record: RunRecord) -> Finding:
        answers = sorted(responses_of(record, self.phase), key=lambda each: each.number)
        if self.are_all_different:
            count = len({each.body for each in answers})
            return Finding(count == len(answers), f"{count} different of {len(answers)}")
        wanted = self.json if self.are_in_order else [self.json] * len(answers)
        wrong = [
            each for each, body in zip(answers, wanted, strict=False) if not self._is(each, body)
        ]
        if len(wanted) != len(answers):
            return Finding(False, f"{len(answers)} answers")
        if wrong:
            words = f"status {wrong[0].status}, {shortened(wrong[0].body)!r}"
            return Finding(False, words, (), _first(wrong))
        return Finding(True, shortened(answers[0].body))

    def _is(self, answer: Response, wanted: Any) -> bool:
        if self.contains:
            return self.contains in answer.body
        try:
            return bool(msgspec.json.decode(answer.body) == wanted)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return False


def duration_us(response: Response) -> int:
    """How long the host waited for the answer."""
    return response.ended_us - response.began_us


def moment_of(what: str, response: Response) -> Moment:
    """From the host's question to its answer."""
    words = f"{what}, request {response.number} of the phase {response.phase!r}"
    return Moment(words, response.began_us, duration_us(response))


def _first(wrong: list[Response]) -> Moment | None:
    return moment_of("The first answer that is wrong", wrong[0]) if wrong else None


def _counted(statuses: Any) -> str:
    counts = Counter("none" if not each else str(each) for each in statuses)
    return ", ".join(f"{count} x {status}" for status, count in sorted(counts.items()))
