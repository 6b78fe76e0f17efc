"""The vocabulary in which exercises and claims say what must be observed of a run."""

from exercises.checks.base import Check, Measured, Verdict
from exercises.checks.database import (
    NothingCheckedOut,
    NothingLeftOpen,
    RowsEqual,
    StatementsAtLeast,
    StatementsAtMost,
)
from exercises.checks.ends import Completed, Prints, Raises
from exercises.checks.loop import (
    BlocksLine,
    LongestBlockOver,
    LongestBlockUnder,
    LongestLagOver,
    LongestLagUnder,
)
from exercises.checks.responses import (
    Bodies,
    OneMoreRequest,
    RespondsAfter,
    RespondsWithin,
    Statuses,
)

__all__ = ["AnyCheck", "Check", "Measured", "Verdict"]

AnyCheck = (
    Completed
    | Raises
    | Prints
    | RespondsWithin
    | RespondsAfter
    | Statuses
    | OneMoreRequest
    | Bodies
    | LongestLagUnder
    | LongestLagOver
    | LongestBlockUnder
    | LongestBlockOver
    | BlocksLine
    | StatementsAtMost
    | StatementsAtLeast
    | RowsEqual
    | NothingLeftOpen
    | NothingCheckedOut
)
