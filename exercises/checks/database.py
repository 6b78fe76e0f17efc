"""What the database server saw, what is in the tables, and what was left behind."""

from __future__ import annotations

from typing import ClassVar

from exercises.checks.base import (
    Check,
    Finding,
    Measured,
    Moment,
    NotReached,
    NotSeen,
    plain,
    responses_of,
    shortened,
)
from sandbox.protocol import MAX_WITNESS_CHARACTERS, NOT_READ, RunRecord, ServerStatement

Scalar = str | int | float | bool


class Statements(Check, frozen=True, kw_only=True):
    """Statements in the server's own log, of a phase or of the run; those that contain ``like``
    and took the server ``took_ms`` milliseconds or more.

    ``per_request`` divides them by the phase's requests. Neither case nor white space matters.
    """

    needs_server: ClassVar[bool] = True
    phase: str = ""
    like: str = ""
    took_ms: float = 0.0
    per_request: bool = False

    def matching(self, record: RunRecord) -> list[ServerStatement]:
        """Those that count. Raises NotSeen where no server could tell."""
        if record.statements is None:
            raise NotSeen("no server's log")
        wanted = plain(self.like)
        return [
            each
            for each in record.statements
            if (not self.phase or each.phase == self.phase)
            and each.duration_us >= self.took_ms * 1000
            and (wanted in plain(each.text) or self._may_contain(each))
        ]

    def _may_contain(self, statement: ServerStatement) -> bool:
        """Whether a statement counts in whose text ``like`` is not found."""
        return False

    def count(self, record: RunRecord) -> float:
        """How many, for each request or in all."""
        number = len(self.matching(record))
        return number / len(responses_of(record, self.phase)) if self.per_request else number

    def in_words(self) -> str:
        what = f"statements with {self.like!r}" if self.like else "statements"
        what += f" that took {self.took_ms:g} ms or more" if self.took_ms else ""
        return f"{what}{' for each request' if self.per_request else ''}"

    def said(self, record: RunRecord, allowed: str) -> tuple[float, str, tuple[Measured, ...]]:
        """The number, in a sentence and in the table."""
        count = self.count(record)
        first = next((f", first: {shortened(one.text)}" for one in self.matching(record)), "")
        return count, f"{count:g}{first}", (Measured(self.in_words(), f"{count:g}", allowed),)


class StatementsAtMost(Statements, frozen=True, kw_only=True):
    """No more than ``number``.

    A text that was cut may have gone on with ``like``, and counts: a long comment hides nothing.
    """

    number: int

    def expected(self) -> str:
        return f"at most {self.number} {self.in_words()}"

    def find(self, record: RunRecord) -> Finding:
        count, got, table = self.said(record, f"at most {self.number}")
        if record.lost:  # those that are told may all be of another phase
            return Finding(False, f"{got}, and {record.lost} more than could be told one by one")
        return Finding(count <= self.number, got, table, self._first_too_many(record))

    def _first_too_many(self, record: RunRecord) -> Moment | None:
        found = sorted(self.matching(record), key=lambda each: each.at_us)
        if self.per_request or len(found) <= self.number:
            return None
        late = found[self.number]
        return Moment("The first statement too many", late.at_us, late.duration_us)

    def _may_contain(self, statement: ServerStatement) -> bool:
        return len(statement.text) >= MAX_WITNESS_CHARACTERS


class StatementsAtLeast(Statements, frozen=True, kw_only=True):
    """No fewer than ``number``: the work was really asked of the database."""

    number: int = 1

    def expected(self) -> str:
        return f"at least {self.number} {self.in_words()}"

    def find(self, record: RunRecord) -> Finding:
        count, got, table = self.said(record, f"at least {self.number}")
        return Finding(count >= self.number, got, table)


class RowsEqual(Check, frozen=True, kw_only=True):
    """What a read finds in the scratch database afterwards, in the order its SQL gives."""

    read: str
    rows: tuple[tuple[Scalar, ...], ...]

    def expected(self) -> str:
        return f"{self.read}: {_table(self.rows)}"

    def find(self, record: RunRecord) -> Finding:
        found = next((each for each in record.rows if each.name == self.read), None)
        if found is None and record.outcome != "completed":
            raise NotReached(f"the run ended before the tables were read: {record.message}")
        if found is None or found.problem == NOT_READ:
            raise NotSeen(f"nothing was read for {self.read!r}")
        if found.problem:
            return Finding(False, shortened(found.problem))
        rows = tuple(tuple(row) for row in found.rows)
        return Finding(rows == self.rows, shortened(_table(rows)))


class NothingLeftOpen(Check, frozen=True):
    """After the last phase the server holds no idle transaction of this run."""

    needs_server: ClassVar[bool] = True
    needs_phases: ClassVar[bool] = True

    def expected(self) -> str:
        return "no transaction is left open"

    def find(self, record: RunRecord) -> Finding:
        number = record.idle_in_transaction
        if number is None and record.outcome != "completed":
            raise NotReached(f"the run ended before the server was asked: {record.message}")
        if number is None:
            raise NotSeen("the server was not asked")
        return Finding(number == 0, f"{number} left open on the server")


class NothingCheckedOut(Check, frozen=True):
    """By the probe inside, every connection went back to its pool."""

    is_outside: ClassVar[bool] = False

    def expected(self) -> str:
        return "no connection is left out of its pool"

    def find(self, record: RunRecord) -> Finding:
        number = record.picture.summary.connections_left_out
        return Finding(number == 0, f"{number} left out")


def _table(rows: object) -> str:
    return str([list(row) for row in rows]) if isinstance(rows, tuple) else str(rows)
