"""The days of the calendar, of which a page has a hundred."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from playground.progress.activity import Day

register = template.Library()

_DAY: Final = '<td class="{}" title="{}"><span class="unseen">{}</span></td>'


@register.simple_tag
def calendar_days(days: Iterable[Day]) -> SafeString:
    """A row of cells; those still to come have nothing in them, and are the last."""
    past = ((day.shade, day.says, day.says) for day in days if day.level is not None)
    return format_html_join("", _DAY, past)
