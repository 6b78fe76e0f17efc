"""Who holds which connection of which pool, since when and from which line."""

from __future__ import annotations

import itertools
import time
import weakref
from typing import Any, NamedTuple

from sandbox.inside.telemetry.connections import Known, Place
from sandbox.inside.telemetry.writer import EventWriter, Fields, microseconds


class Holding(NamedTuple):
    """A connection that is out of its pool."""

    pool: int
    size: int | None
    connection: int
    place: Place


class Pools:
    """Tells ``pool`` events. What is out, is known by an object of its pool's: ``out``."""

    def __init__(self, writer: EventWriter) -> None:
        self.high_water = 0
        self.waited = 0.0
        self._writer = writer
        self._held: dict[int, Holding] = {}
        self._references: dict[int, weakref.ref[Any]] = {}
        self._in_use: dict[int, int] = {}
        self._numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._next = itertools.count(1)

    def checkout(
        self, out: Any, pool: Any, size: int | None, known: Known, place: Place, waited: float
    ) -> None:
        """A connection left its pool after ``waited`` seconds for another to come back."""
        number, key = self._number(pool), id(out)
        if key not in self._held:
            self._in_use[number] = self._in_use.get(number, 0) + 1
            self._references[key] = weakref.ref(out, lambda _: self._forget(key))
        held = self._held[key] = Holding(number, size, known.number, place)
        self.high_water = max(self.high_water, len(self._held))
        self.waited += waited
        self._tell("checkout", held, place, waited)

    def checkin(self, out: Any, place: Place) -> None:
        """It came back, or it is lost to its pool."""
        held = self._forget(id(out))
        if held is not None:
            if not place.is_own:  # SQLAlchemy's and asyncpg's tasks that only give back
                place = Place(place.line, held.place.lane)
            self._tell("checkin", held, place)

    def wait_timeout(self, pool: Any, size: int | None, place: Place, waited: float) -> None:
        """None came back in time."""
        self.waited += waited
        held = Holding(self._number(pool), size, 0, place)
        self._tell("wait_timeout", held, place, waited)

    def leave_out(self, held: Holding) -> None:
        """A connection is out at the end of the run."""
        self._tell("left_out", held, held.place)

    def still_out(self) -> list[Holding]:
        """What is out, in the order it was taken."""
        return list(self._held.values())

    def _forget(self, key: int) -> Holding | None:
        """Also when all of it was collected: then nobody holds it any more."""
        self._references.pop(key, None)
        held = self._held.pop(key, None)
        if held is not None:
            self._in_use[held.pool] -= 1
        return held

    def _number(self, pool: Any) -> int:
        number = self._numbers.get(pool)
        if number is None:
            number = self._numbers[pool] = next(self._next)
        return number

    def _tell(self, action: str, held: Holding, place: Place, waited: float | None = None) -> None:
        fields: Fields = {
            "action": action,
            "in_use": self._in_use.get(held.pool, 0) if held.pool else None,
            "size": held.size,
            "line": place.line,
            "lane": place.lane,
            "connection": held.connection or None,
            "pool": held.pool or None,
        }
        if waited is not None:
            fields["wait_us"] = microseconds(waited)
        self._writer.add("pool", time.perf_counter(), fields)
