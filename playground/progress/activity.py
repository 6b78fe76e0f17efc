"""Days on which something was done: the calendar, and a streak that forgives a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

WEEKS: Final = 13
FORGIVEN_DAYS: Final = 1  # between two days, and after the last
_LEVELS: Final = (1, 5, 12)  # runs and attempts of a day from which it is a shade darker


class Done(NamedTuple):
    """How much was done on a day."""

    runs: int
    attempts: int
    reviews: int


class Day(NamedTuple):
    """One day of the calendar. ``level`` from 0, nothing, to 3; None is still to come."""

    date: date
    runs: int = 0
    attempts: int = 0
    level: int | None = 0

    @property
    def shade(self) -> str:
        """The class of its cell."""
        return f"level-{self.level}"

    @property
    def says(self) -> str:
        """What was done, in words."""
        runs = f"{self.runs} run{'s' * (self.runs != 1)}"
        attempts = f"{self.attempts} attempt{'s' * (self.attempts != 1)}"
        return f"{self.date:%-d %b}: {runs}, {attempts}"


def count_streak(days: Iterable[date], today: date) -> int:
    """Active days in a row up to today; a single day without anything between does not end it."""
    count, expected = 0, today
    for day in sorted((day for day in set(days) if day <= today), reverse=True):
        if (expected - day).days > FORGIVEN_DAYS:
            break
        count, expected = count + 1, day - timedelta(days=1)
    return count


def lay_out(activity: Mapping[date, Done], today: date) -> list[list[Day]]:
    """Seven rows from Monday to Sunday, a column for each week, this week the last."""
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    return [
        [_day(monday + timedelta(days=row, weeks=week), activity, today) for week in range(WEEKS)]
        for row in range(7)
    ]


def _day(day: date, activity: Mapping[date, Done], today: date) -> Day:
    if day > today:
        return Day(day, level=None)
    if done := activity.get(day):
        total = done.runs + done.attempts + done.reviews
        return Day(day, done.runs, done.attempts, sum(total >= level for level in _LEVELS))
    return Day(day)
