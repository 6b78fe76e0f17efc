"""What a call is called, and where in the source it stands."""

from __future__ import annotations

import linecache
import types
from typing import Any, NamedTuple

from sandbox.inside.telemetry.lines import Culprit

MAX_SOURCE_CHARACTERS = 200
_OWN_MODULES = ("builtins", "__main__", None)


class Spot(NamedTuple):
    """An expression of the cell. Columns count from 1; 0 where they are not known."""

    column: int
    end_column: int
    source: str


def describe_call(culprit: Culprit) -> str:
    """The dotted name of the call that took the time, or nothing."""
    if culprit.call is None:
        return ""
    try:
        return _dotted(culprit.call.called)
    except Exception:
        return ""


def locate(culprit: Culprit, filename: str) -> Spot:
    """Where the call stands, or else the whole line."""
    text = linecache.getline(filename, culprit.line).rstrip("\n")
    if culprit.call is not None and culprit.code is not None:
        positions = list(culprit.code.co_positions())
        line, end_line, column, end_column = positions[culprit.call.offset // 2]
        if line is not None and column is not None and end_column is not None:
            stop = end_column if line == end_line else len(text.encode())
            source = text.encode()[column:stop].decode(errors="replace")
            return Spot(column + 1, stop + 1, source[:MAX_SOURCE_CHARACTERS])
    stripped = text.strip()
    if not stripped:
        return Spot(0, 0, "")
    column = len(text) - len(text.lstrip())
    return Spot(column + 1, column + len(stripped) + 1, stripped[:MAX_SOURCE_CHARACTERS])


def _dotted(called: Any) -> str:
    if isinstance(called, types.MethodType):
        called = called.__func__
    owner = getattr(called, "__objclass__", None)
    if owner is None and isinstance(called, types.BuiltinMethodType):
        bound = called.__self__
        if bound is not None and not isinstance(bound, types.ModuleType):
            owner = bound if isinstance(bound, type) else type(bound)
    if owner is not None:
        return _with_module(owner.__module__, f"{owner.__qualname__}.{called.__name__}")
    name = getattr(called, "__qualname__", None) or type(called).__qualname__
    return _with_module(getattr(called, "__module__", None), name)


def _with_module(module: str | None, name: str) -> str:
    return name if module in _OWN_MODULES else f"{module}.{name}"
