"""Statements sent without SQLAlchemy: asyncpg, psycopg, aiosqlite and sqlite3 by themselves.

What SQLAlchemy sends through a driver is left to its own events, so nothing is told twice.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sandbox.inside.telemetry import statements
from sandbox.inside.telemetry.connections import SQLALCHEMY, Known, Place
from sandbox.inside.telemetry.writer import Fields


class Sent(NamedTuple):
    """What a method of a driver was asked to send."""

    connection: Any
    statement: Any
    parameters: int | Tally | None


class Tally:
    """Counts the values of parameter sets that can be gone through only once."""

    def __init__(self, sets: Any) -> None:
        self.values = 0
        self._sets = sets

    def __iter__(self) -> Iterator[Any]:
        for each in self._sets:
            self.values += count_parameters(each) or 0
            yield each


Describe = Callable[..., Sent | None]
"""From a method's own arguments; nothing where it sends nothing worth telling."""
Rows = Callable[[Any, Any], int | None]
"""From what the method belongs to and what it returned."""


def count_parameters(parameters: Any, many: bool = False) -> int | None:
    """How many values are sent; for ``many`` sets, as many as the first has times the sets."""
    try:
        if many:
            return len(parameters) * len(parameters[0]) if parameters else 0
        return len(parameters) if parameters is not None else 0
    except (TypeError, KeyError, IndexError):
        return None


def known_to_cell(probe: statements.StatementProbe, sent: Sent) -> Known | None:
    """The connection, unless SQLAlchemy itself uses it and not a cell that asked it for it."""
    known = probe.connections.of(sent.connection)
    if known.keeper == SQLALCHEMY and statements.called_from(SQLALCHEMY, depth=12):
        return None
    return known


def _nothing(result: Any, told: Fields | None) -> None:
    """Where the rows are known at once."""


def observe_async(
    owner: type,
    name: str,
    driver: str,
    describe: Describe,
    rows: Rows,
    remember: Callable[[Any, Fields | None], None] = _nothing,
) -> None:
    """Tell the statements that pass this method; ``remember`` gets its result and what was told."""
    original = getattr(owner, name)

    @functools.wraps(original)
    async def wrapper(self: Any, *arguments: Any, **named: Any) -> Any:
        # Between two statements the caches were others': each function called here is felt.
        probe = statements.active
        sent = None if probe is None else describe(self, *arguments, **named)
        known = None if probe is None or sent is None else known_to_cell(probe, sent)
        if probe is None or sent is None or known is None:
            return await original(self, *arguments, **named)
        if sent.parameters is None:
            arguments, sent = tallied(arguments, sent)
        place, began = probe.here(), time.perf_counter()
        try:
            result = await original(self, *arguments, **named)
        except BaseException as error:
            note(probe, began, place, sent, driver, known, error=error)
            raise
        told = note(probe, began, place, sent, driver, known, rows=rows(self, result))
        remember(result, told)
        return result

    setattr(owner, name, wrapper)


def observe_sync(owner: type, name: str, driver: str, describe: Describe, rows: Rows) -> None:
    """The same for a method that returns when the statement is done."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(self: Any, *arguments: Any, **named: Any) -> Any:
        probe = statements.active
        sent = None if probe is None else describe(self, *arguments, **named)
        known = None if probe is None or sent is None else known_to_cell(probe, sent)
        if probe is None or sent is None or known is None:
            return original(self, *arguments, **named)
        arguments, sent = tallied(arguments, sent)
        place, began = probe.here(), time.perf_counter()
        try:
            result = original(self, *arguments, **named)
        except BaseException as error:
            note(probe, began, place, sent, driver, known, error=error)
            raise
        note(probe, began, place, sent, driver, known, rows=rows(self, result))
        return result

    setattr(owner, name, wrapper)


def observe_generator(owner: type, name: str, driver: str, describe: Describe) -> None:
    """The same for a generator that a driver runs to send a statement."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(self: Any, *arguments: Any, **named: Any) -> Any:
        probe = statements.active
        sent = None if probe is None else describe(self, *arguments, **named)
        known = None if probe is None or sent is None else known_to_cell(probe, sent)
        if probe is None or sent is None or known is None:
            return (yield from original(self, *arguments, **named))
        place, began = probe.here(), time.perf_counter()
        try:
            result = yield from original(self, *arguments, **named)
        except BaseException as error:
            note(probe, began, place, sent, driver, known, error=error)
            raise
        note(probe, began, place, sent, driver, known)
        return result

    setattr(owner, name, wrapper)


def observe_opening(owner: type) -> None:
    """Remember each connection from the moment it is made."""
    original = owner.__init__  # type: ignore[misc]

    @functools.wraps(original)
    def wrapper(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        if statements.active is not None:
            statements.active.opened(self)

    owner.__init__ = wrapper  # type: ignore[misc]


def tallied(arguments: tuple[Any, ...], sent: Sent) -> tuple[tuple[Any, ...], Sent]:
    """Parameter sets that come from an iterator are counted on their way."""
    if sent.parameters is None and len(arguments) > 1 and hasattr(arguments[1], "__next__"):
        tally = Tally(arguments[1])
        return (arguments[0], tally, *arguments[2:]), sent._replace(parameters=tally)
    return arguments, sent


def note(
    probe: statements.StatementProbe,
    began: float,
    place: Place,
    sent: Sent,
    driver: str,
    known: Known,
    *,
    rows: int | None = None,
    error: BaseException | None = None,
) -> Fields | None:
    """As ``StatementProbe.note``."""
    counted = sent.parameters
    return probe.note(
        began,
        place,
        sent.statement,
        driver,
        known,
        rows=rows,
        parameters=counted.values if isinstance(counted, Tally) else counted,
        error=error,
    )
