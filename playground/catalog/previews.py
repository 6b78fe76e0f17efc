"""What search engines and link previews are told: of a card, and of where the cards are."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from exercises.model import Card
from playground.catalog import queries


def describe_card(request: HttpRequest, card: Card) -> dict[str, Any]:
    """For the templates: the card's own address, its picture, and its question as JSON-LD."""
    address = request.build_absolute_uri(reverse("card", args=[card.pack, card.slug]))
    question, rule = _as_text(card.question), _as_text(card.rule)
    told = {
        "@context": "https://schema.org",
        "@type": "QAPage",
        "url": address,
        "mainEntity": {
            "@type": "Question",
            "name": question,
            "text": question,
            "answerCount": 1,
            "acceptedAnswer": {"@type": "Answer", "text": rule, "url": address},
        },
    }
    return {
        "canonical": address,
        "preview_title": question,
        "preview_text": rule,
        "preview_image": request.build_absolute_uri(static("playground/preview.png")),
        "json_ld": _as_script(told),
    }


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Cards are for everybody; what belongs to one person, or is asked anew each time, is not."""
    lines = [
        "User-agent: *",
        *(f"Disallow: /{place}/" for place in ("accounts", "runs", "search")),
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The address of every pack and card."""
    site = escape(request.build_absolute_uri("/")[:-1])
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(f"  <url><loc>{site}{path}</loc></url>" for path in _list_paths()),
        "</urlset>",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="application/xml")


@cache
def _list_paths() -> list[str]:
    """Of what everybody sees, which never changes while the site runs; quoted, as URLs are."""
    packs = queries.get_packs().values()
    return [
        reverse("known-errors"),
        *(reverse("card-list", args=[pack.slug]) for pack in packs),
        *(reverse("card", args=[pack.slug, card.slug]) for pack in packs for card in pack.cards),
    ]


def _as_text(inline: str) -> str:
    """Without the marks of code and emphasis."""
    return inline.replace("`", "").replace("**", "")


def _as_script(told: dict[str, Any]) -> SafeString:
    """JSON that no text in it can end, as in Django's own ``json_script``."""
    text = msgspec.json.encode(told).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04X}")
    return mark_safe(text)  # noqa: S308 - nothing of HTML is left in it
