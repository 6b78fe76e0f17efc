"""What is new in the packs: a page, a feed that is valid and sent once, and its link to mail."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import msgspec
import pytest
from django.test import Client

from playground.catalog.queries import get_packs
from playground.news import queries

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def test_each_is_there_from_its_day_on() -> None:
    first = min(news.date for pack in get_packs().values() for news in pack.news)
    assert {entry.news.date for entry in queries.list_entries(first)} == {first}
    assert queries.list_entries(date(2000, 1, 1)) == []


def test_the_newest_comes_first_and_links_to_its_cards(client: Client) -> None:
    page = client.get("/news/").content.decode()
    entries = queries.list_entries()
    places = [page.index(f'id="{entry.id}"') for entry in entries]
    assert places == sorted(places)
    assert [entry.news.date for entry in entries] == sorted(
        (entry.news.date for entry in entries), reverse=True
    )
    for entry in entries:
        for card in entry.cards:
            assert f'href="/{card.pack}/{card.slug}/"' in page
    assert 'type="application/atom+xml"' in page


def test_markup_in_news_is_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = queries.list_entries()[0]
    hostile = msgspec.structs.replace(entry.news, title="<script>1", text="<script>2")
    monkeypatch.setattr(queries, "list_entries", lambda: [entry._replace(news=hostile)])
    assert "<script>" not in client.get("/news/").content.decode().partition("<main")[2]
    feed = ElementTree.fromstring(client.get("/news.atom").content)  # noqa: S314 - our own
    assert "<script>" not in str(feed.findtext(f"{ATOM}entry/{ATOM}summary"))


def test_the_feed_has_what_atom_asks_for(client: Client) -> None:
    response = client.get("/news.atom")
    assert response["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)  # noqa: S314 - our own
    assert feed.findtext(f"{ATOM}id")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == "http://testserver/news.atom"
    entries = feed.findall(f"{ATOM}entry")
    expected = [entry.id.urn for entry in queries.list_entries()]
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == expected
    assert len(set(expected)) == len(expected)
    stamps = [str(entry.findtext(f"{ATOM}updated")) for entry in entries]
    assert feed.findtext(f"{ATOM}updated") == max(stamps)
    assert all(entry.find(f"{ATOM}link") is not None for entry in entries)


def test_the_feed_is_sent_once(client: Client) -> None:
    first = client.get("/news.atom")
    again = client.get("/news.atom", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/news.atom", headers={"If-None-Match": '"older"'}).content == first.content


def test_nobody_is_asked_for_in_the_database(
    client: Client, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        client.get("/news/")
        client.get("/news.atom")
