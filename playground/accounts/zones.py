"""Which day it is for somebody: their browser says its time zone in a cookie."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

ZONE: Final = "zone"  # the cookie, set by frontend/src/zone.js


def read_zone(cookies: Mapping[str, str]) -> tzinfo:
    """The time zone of the browser; UTC when it did not say, or said what is none."""
    name = unquote(cookies.get(ZONE, ""))
    return ZoneInfo(name) if name in _names() else UTC


def today(cookies: Mapping[str, str]) -> date:
    """The date there."""
    return timezone.localdate(timezone=read_zone(cookies))


def end_of_today(cookies: Mapping[str, str]) -> datetime:
    """When the next date begins there."""
    return datetime.combine(today(cookies) + timedelta(days=1), time.min, read_zone(cookies))


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
