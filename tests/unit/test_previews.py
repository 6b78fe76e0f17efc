"""What search engines and link previews are told of a card."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from playground.catalog.previews import _as_script

pytestmark = pytest.mark.django_db
CARD = "/async-databases/blocking-driver/"


def test_a_card_tells_its_question_answer_address_and_picture(client: Client) -> None:
    page = client.get(f"{CARD}?from=somewhere").content.decode()
    assert f'<link rel="canonical" href="http://testserver{CARD}">' in page
    found = re.search(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', page)
    assert found
    told = json.loads(found[1])
    assert told["@type"] == "QAPage"
    assert told["mainEntity"]["acceptedAnswer"]["text"]
    title = re.search(r'property="og:title" content="([^"]+)"', page)
    assert title
    assert "`" not in title[1]
    image = re.search(r'property="og:image" content="http://testserver/static/([^"]+)"', page)
    assert image
    assert finders.find(image[1])


def test_no_text_ends_the_script_it_stands_in() -> None:
    text = _as_script({"name": "</script><script>alert(1)</script>&amp;<!--"})
    assert not set("<>&") & set(text)
    assert json.loads(text)["name"] == "</script><script>alert(1)</script>&amp;<!--"


def test_search_engines_find_every_card_and_nothing_of_anybody(client: Client) -> None:
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://testserver/sitemap.xml" in robots
    assert {"Disallow: /runs/", "Disallow: /accounts/"} <= set(robots.splitlines())
    places = re.findall("<loc>(.*?)</loc>", client.get("/sitemap.xml").content.decode())
    assert f"http://testserver{CARD}" in places
    assert not [place for place in places if client.get(place).status_code != 200]
    assert client.get("/sitemap.xml")["Content-Type"] == "application/xml"
