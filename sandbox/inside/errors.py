"""An exception as the learner reads it: the cell's own lines, library calls folded away."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Final

from sandbox.protocol import MAX_CAUSES

MAX_MESSAGE_CHARACTERS: Final = 2000
MAX_NAME_CHARACTERS: Final = 200
_NO_MESSAGE: Final = "(its message could not be made)"
_HARNESS: Final = "sandbox/inside/"


def exit_status(stop: SystemExit) -> int:
    """The status a SystemExit asks for, as the interpreter has it; a text goes to stderr."""
    try:
        code = stop.code
        if code is None:
            return 0
        if isinstance(code, int):
            return int(code) & 0xFF if -(2**31) <= code < 2**31 else 0xFF
        _write(f"{code}\n")
    except BaseException:  # the cell's own code, asked for a text or a number
        return 1
    return 1


def describe(error: BaseException, filename: str) -> dict[str, Any]:
    """``type``, ``message``, the deepest ``line`` of the cell (0 if none) and an ``errno``.

    Each asks code of the cell, which may fail in its own ways.
    """
    return {**_told(error, filename), "errno": _asked(lambda: _errno(error), 0)}


def describe_causes(error: BaseException, filename: str) -> list[dict[str, Any]]:
    """What is behind it, the nearest first: ``type``, ``message`` and ``line`` of each."""
    nothing: list[BaseException] = []
    return [_told(cause, filename) for cause in _asked(lambda: _causes(error), nothing)]


def _told(error: BaseException, filename: str) -> dict[str, Any]:
    return {
        "type": _asked(lambda: clean(_name(type(error)))[:MAX_NAME_CHARACTERS], "Exception"),
        "message": _asked(lambda: clean(str(error)[:MAX_MESSAGE_CHARACTERS]), _NO_MESSAGE),
        "line": _asked(lambda: _line(error, filename), 0),
    }


def _causes(error: BaseException) -> list[BaseException]:
    """Causes, SQLAlchemy's ``orig`` and the members of groups; not what was only being handled."""
    found = [error]
    for known in found:
        behind = [known.__cause__, getattr(known, "orig", None)]
        if isinstance(known, BaseExceptionGroup):
            behind += known.exceptions
        for each in behind:
            if isinstance(each, BaseException) and not any(each is one for one in found):
                found.append(each)
        if len(found) > MAX_CAUSES:
            break
    return found[1 : MAX_CAUSES + 1]


def show(error: BaseException, filename: str) -> None:
    """Write the traceback to stderr."""
    _write(_asked(lambda: _render(error, filename), "(the traceback could not be made)\n"))


def clean(text: str) -> str:
    """The text as it can be sent: half a surrogate pair becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _asked[T](question: Callable[[], T], otherwise: T) -> T:
    try:
        return question()
    except BaseException:
        return otherwise


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
    except BaseException:  # the cell put something else in its place
        os.write(2, text.encode("utf-8", "backslashreplace"))


def _render(error: BaseException, filename: str) -> str:
    summary = traceback.TracebackException.from_exception(error, compact=True)
    for part in _chain(summary):
        part.stack = traceback.StackSummary.from_list(list(_folded(part.stack, filename)))
    return "".join(summary.format())


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
        if isinstance(number, int) and 0 < number < 2**31:
            return int(number)
        error, seen = error.__cause__ or error.__context__, seen + 1
    return 0


def _name(kind: type) -> str:
    module = kind.__module__
    if module in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{module}.{kind.__qualname__}"
