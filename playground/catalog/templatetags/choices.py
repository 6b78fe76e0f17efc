"""The choices of a filter, of which a page has up to a hundred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from playground.catalog.filters import Choice

register = template.Library()

_CHOICE: Final = (
    '<label><input type="{}" name="{}" id="{}-{}" value="{}" {}> {} '
    '<span class="cards">{}<span class="unseen"> {}{}</span></span></label>'
)


@register.simple_tag
def choices(
    name: str,
    listed: Iterable[Choice],
    unit: str = "card",
    kind: str = "radio",
    called: Mapping[str, str] | None = None,
) -> SafeString:
    """A field for each with how much it leaves; what would leave nothing cannot be chosen.

    ``called``: what a value is called where that is another word.
    """
    return format_html_join(
        "\n",
        _CHOICE,
        (
            (
                *(kind, name, name, one.value, one.value),
                "checked" if one.is_chosen else "" if one.cards else "disabled",
                called[one.value] if called else one.value,
                *(one.cards, unit, "" if one.cards == 1 else "s"),
            )
            for one in listed
        ),
    )
