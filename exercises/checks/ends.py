"""How the run ended, and what it said."""

from __future__ import annotations

from typing import ClassVar

from exercises.checks.base import Check, Finding, shortened
from sandbox.protocol import RunRecord


class Completed(Check, frozen=True):
    """The run came to its end without an exception or a limit."""

    def expected(self) -> str:
        return "the run completes"

    def find(self, record: RunRecord) -> Finding:
        if record.outcome == "completed":
            return Finding(holds=True, got="it completed")
        return Finding(holds=False, got=shortened(record.message))


class Raises(Check, frozen=True, kw_only=True):
    """An exception ends the run: ``error`` is its class name, ``message`` a part of its text."""

    is_outside: ClassVar[bool] = False
    error: str
    message: str = ""

    def expected(self) -> str:
        return f"{self.error}" + (f" that says {self.message!r}" if self.message else "")

    def find(self, record: RunRecord) -> Finding:
        if record.error is None:
            return Finding(holds=False, got=shortened(record.message) or "nothing was raised")
        name = record.error.type.rpartition(".")[2]
        holds = name == self.error and self.message in record.error.message
        return Finding(holds, shortened(f"{name}: {record.error.message}"))


class Prints(Check, frozen=True, kw_only=True):
    """All of ``texts`` are printed, on stdout or stderr, and none of ``lacks``."""

    is_outside: ClassVar[bool] = False
    texts: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.texts or self.lacks):
            raise ValueError("give texts or lacks")

    def expected(self) -> str:
        wanted = [f"{text!r} printed" for text in self.texts]
        return ", ".join([*wanted, *(f"{text!r} not printed" for text in self.lacks)])

    def find(self, record: RunRecord) -> Finding:
        printed = f"{record.stdout}\n{record.stderr}"
        missing = [text for text in self.texts if text not in printed]
        found = [text for text in self.lacks if text in printed]
        if missing or found:
            wrong = [f"no {text!r}" for text in missing] + [f"there is {text!r}" for text in found]
            return Finding(False, f"{', '.join(wrong)} in {shortened(printed.strip())!r}")
        return Finding(True, shortened(record.stdout.strip()) or "it was printed")
