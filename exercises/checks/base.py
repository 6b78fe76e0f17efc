"""What a check is: one named condition on what the host saw of a run, and what it says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final, Literal, NamedTuple

import msgspec

from sandbox.protocol import Phase, Response, RunRecord

State = Literal["passed", "failed", "errored"]

OURS: Final = "Something failed on our side, so nothing was judged. Check again."
MOST_SHOWN: Final = 200


class Measured(msgspec.Struct, frozen=True):
    """One row of the table under a verdict; ``value`` and ``allowed`` carry their units."""

    what: str
    value: str
    allowed: str = ""


class Moment(msgspec.Struct, frozen=True):
    """When it failed, on the clock of the run; ``what`` says it in words. 0 is any worker."""

    what: str
    at_us: int
    duration_us: int
    worker: int = 0


class Verdict(msgspec.Struct, frozen=True):
    """What a check says, in three parts for the learner. ``errored`` is our fault, never theirs."""

    check: str
    state: State
    given: str
    got: str
    expected: str
    measured: tuple[Measured, ...] = ()
    moment: Moment | None = None  # of a failed one, where it is known


class Finding(NamedTuple):
    """Whether a condition holds, and in which words."""

    holds: bool
    got: str
    measured: tuple[Measured, ...] = ()
    moment: Moment | None = None


class NotReached(Exception):
    """The run ended before what the check looks at; the text says how."""


class NotSeen(Exception):
    """The record lacks what the host should have seen: our fault."""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class Check(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="check",
    tag=_snake,
):
    """``id`` names it among the checks of its exercise; without one it is the check's own name.

    ``is_outside``: its fact is seen by the host, the kernel or the server, and a cell cannot make
    it up. ``needs_server``: only Postgres tells it. ``needs_phases``: it is looked at after them.
    """

    is_outside: ClassVar[bool] = True
    needs_server: ClassVar[bool] = False
    needs_phases: ClassVar[bool] = False
    id: str = ""

    @property
    def name(self) -> str:
        """What mistakes and verdicts call it."""
        return self.id or _snake(type(self).__name__)

    @property
    def phase_names(self) -> tuple[str, ...]:
        """The phases it looks at."""
        named = (getattr(self, field, "") for field in ("phase", "of"))
        return tuple(name for name in named if name)

    def verdict(self, record: RunRecord, phases: Sequence[Phase] = ()) -> Verdict:
        """Judge it; pure. ``phases`` are what was asked for, to say what was given."""
        given = self.given(record, phases)
        if record.fault == "us" or record.outcome == "sandbox_failed":
            return Verdict(self.name, "errored", given, OURS, self.expected())
        try:
            finding = self.find(record)
        except NotSeen as missing:
            return Verdict(self.name, "errored", given, f"{OURS} ({missing})", self.expected())
        except NotReached as early:
            return Verdict(self.name, "failed", given, str(early), self.expected())
        state: State = "passed" if finding.holds else "failed"
        moment = None if finding.holds else finding.moment
        told = (given, finding.got, self.expected(), finding.measured, moment)
        return Verdict(self.name, state, *told)

    def given(self, record: RunRecord, phases: Sequence[Phase]) -> str:
        """What the code was put to."""
        name = next(iter(self.phase_names), "")
        asked = [phase for phase in phases if not name or phase.name == name]
        if not asked:
            return f"your code on {record.driver}" if record.driver else "your code"
        return "; then ".join(map(describe, asked))

    def expected(self) -> str:
        """The condition in words."""
        raise NotImplementedError

    def find(self, record: RunRecord) -> Finding:
        """Whether it holds. Raises NotReached and NotSeen."""
        raise NotImplementedError


def describe(phase: Phase) -> str:
    """A phase in words: "20 requests at once: GET /report"."""
    kinds = list(dict.fromkeys(f"{each.method} {each.path}" for each in phase.requests))
    count = len(phase.requests)
    several = " at once" if phase.at_once else ", one after another"
    number = f"{count} requests{several}" if count > 1 else "1 request"
    what = f"{number}: {', '.join(kinds[:3])}" + (", ..." if len(kinds) > 3 else "")
    if phase.disconnect_seconds:
        what += f", whose clients hang up after {phase.disconnect_seconds:g} s"
    return what


def responses_of(record: RunRecord, phase: str) -> list[Response]:
    """The answers of one phase, or of all. Raises NotReached where there are none."""
    found = [each for each in record.responses if not phase or each.phase == phase]
    if not found:
        raise NotReached(f"the run ended before the first request: {record.message}")
    return found


def span_of(record: RunRecord, phase: str) -> tuple[int, int]:
    """When a phase began and ended; the whole run without one. Raises NotReached."""
    if not phase:
        return 0, record.wall_us
    for each in record.phases:
        if each.name == phase:
            return each.began_us, each.ended_us
    raise NotReached(f"the run ended before the phase {phase!r}: {record.message}")


def plain(text: str) -> str:
    """Upper and lower case and white space do not matter where statements are compared."""
    return " ".join(text.split()).casefold()


def shortened(text: str) -> str:
    """Hostile text, cut for a sentence."""
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."


def milliseconds(microseconds: float) -> str:
    """A duration for people."""
    return f"{microseconds / 1000:,.0f} ms"
