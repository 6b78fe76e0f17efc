"""News as an Atom feed."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from playground.catalog import markdown
from playground.news.queries import Entry

CONTENT_TYPE: Final = "application/atom+xml; charset=utf-8"
_MOST: Final = 50
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)


class _Feed(Atom1Feed):
    def latest_post_date(self) -> datetime:
        """The newest entry's; never the time at which it is asked for, which a copy would miss."""
        return max((item["updateddate"] for item in self.items), default=_BEGINNING)


def render_feed(request: HttpRequest, entries: list[Entry]) -> str:
    """The newest entries; the same text as long as nothing is new."""
    page = request.build_absolute_uri(reverse("news"))
    feed = _Feed(
        title="Async databases: what is new",
        link=page,
        description="New cards and exercises.",
        author_name="Async databases",
        feed_url=request.build_absolute_uri(reverse("news-feed")),
        language="en",
    )
    for entry in entries[:_MOST]:
        told_at = datetime.combine(entry.news.date, time(), UTC)
        feed.add_item(
            title=entry.news.title,
            link=f"{page}#{entry.id}",
            description=_describe(request, entry),
            unique_id=entry.id.urn,
            pubdate=told_at,
            updateddate=told_at,
            categories=[entry.pack.title],
        )
    return feed.writeString("utf-8")


def _describe(request: HttpRequest, entry: Entry) -> str:
    links = (
        f'<li><a href="{request.build_absolute_uri(reverse("card", args=[card.pack, card.slug]))}">'
        f"{markdown.render_inline(card.question)}</a></li>"
        for card in entry.cards
    )
    listed = f"<ul>{''.join(links)}</ul>" if entry.cards else ""
    return f"{markdown.render(entry.news.text)}{listed}"
