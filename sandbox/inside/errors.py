"""An exception as the learner reads it: the cell's own lines, library calls folded away."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from typing import Any, Final

MAX_MESSAGE_CHARACTERS: Final = 2000
_HARNESS: Final = "sandbox/inside/"


def exit_status(stop: SystemExit) -> int:
    """The status a SystemExit asks for; a text goes to stderr and means 1."""
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    sys.stderr.write(f"{stop.code}\n")
    return 1


def describe(error: BaseException, filename: str) -> dict[str, Any]:
    """``type``, ``message``, the deepest ``line`` of the cell (0 if none) and an ``errno``."""
    try:
        message = str(error)
    except Exception:
        message = "(its message could not be made)"
    return {
        "type": _name(type(error)),
        "message": message[:MAX_MESSAGE_CHARACTERS],
        "line": _line(error, filename),
        "errno": _errno(error),
    }


def show(error: BaseException, filename: str) -> None:
    """Write the traceback to stderr."""
    summary = traceback.TracebackException.from_exception(error, compact=True)
    for part in _chain(summary):
        part.stack = traceback.StackSummary.from_list(list(_folded(part.stack, filename)))
    sys.stderr.write("".join(summary.format()))


def _chain(summary: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    pending: list[traceback.TracebackException | None] = [summary]
    while pending:
        part = pending.pop()
        if part is not None:
            yield part
            pending += [part.__cause__, part.__context__, *(part.exceptions or [])]


def _folded(
    stack: traceback.StackSummary, filename: str
) -> Iterator[traceback.FrameSummary | tuple[str, int, str, str]]:
    """The cell's frames whole; of a run of library frames only the last, the one that raised."""
    frames = [frame for frame in stack if _HARNESS not in frame.filename]
    for number, frame in enumerate(frames):
        followed = number + 1 < len(frames)
        own = frame.filename == filename
        if own:
            yield frame
        elif not followed or frames[number + 1].filename == filename:
            place = frame.filename.rpartition("/opt/site/")[2].rpartition("/opt/py/lib/")[2]
            yield traceback.FrameSummary(
                place, frame.lineno, frame.name, lookup_line=False, line=""
            )


def _line(error: BaseException, filename: str) -> int:
    if isinstance(error, SyntaxError) and error.filename == filename:
        return error.lineno or 0
    lines = [
        line or 0
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == filename
    ]
    return lines[-1] if lines else 0


def _errno(error: BaseException | None) -> int:
    """The first errno in the chain of causes, for limits that surface inside a library."""
    seen = 0
    while error is not None and seen < 10:
        number = getattr(error, "errno", None)
        if isinstance(number, int):
            return number
        error, seen = error.__cause__ or error.__context__, seen + 1
    return 0


def _name(kind: type) -> str:
    module = kind.__module__
    if module in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{module}.{kind.__qualname__}"
