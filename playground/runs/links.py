"""What leads to a shared recording: its link, the line that embeds it, and oEmbed."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html

from playground.runs.models import Recording
from playground.runs.titles import get_title

WIDTH: Final = 720
HEIGHT: Final = 520
_LEAST: Final = 120  # pixels: below that nothing can be read
_PAGES: Final = ("shared", "embed")


class Frame(NamedTuple):
    """A line of HTML that shows the recording on another site, and its size in pixels."""

    line: str
    width: int
    height: int


def list_links(request: HttpRequest, recording: Recording) -> dict[str, str]:
    """For the templates: every way to this recording from elsewhere."""
    link = _address_of(request, "shared", recording)
    return {
        "link": link,
        "frame": make_frame(request, recording).line,
        "oembed_url": f"{request.build_absolute_uri(reverse('oembed'))}?{urlencode({'url': link})}",
        "token": recording.share_token or "",
    }


def make_frame(
    request: HttpRequest, recording: Recording, width: int = WIDTH, height: int = HEIGHT
) -> Frame:
    """Not larger than asked for, and not so small that nothing can be read."""
    width, height = max(_LEAST, min(width, WIDTH)), max(_LEAST, min(height, HEIGHT))
    line = format_html(
        '<iframe src="{}" title="{}, a recorded run" width="{}" height="{}" '
        'style="max-width:100%;border:0" loading="lazy"></iframe>',
        _address_of(request, "embed", recording),
        get_title(recording),
        width,
        height,
    )
    # Plain text from here on: a page that shows it as a text has to escape it.
    return Frame(line[:], width, height)


def read_token(request: HttpRequest, address: str) -> str:
    """The token in the address of a shared or embedded page of this site; empty for others."""
    try:
        parts = urlsplit(address)
        found = resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    if parts.netloc.lower() != request.get_host().lower() or found.url_name not in _PAGES:
        return ""
    return str(found.kwargs["token"])


def _address_of(request: HttpRequest, page: str, recording: Recording) -> str:
    return request.build_absolute_uri(reverse(page, kwargs={"token": recording.share_token}))
