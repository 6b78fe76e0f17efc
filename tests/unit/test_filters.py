"""Filters of the list of cards: each count is what its choice would leave; none leads nowhere."""

import re
from collections.abc import Callable, Mapping

import pytest
from django.http import HttpRequest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.loader import BUILT_IN, load_packs
from exercises.model import Pack
from playground.catalog import statuses
from playground.catalog.filters import DIFFICULTIES, Filters, narrow

PACK = load_packs([BUILT_IN])["async-databases"]
TAGS = sorted({tag for card in PACK.cards for tag in card.tags})
TOLD = {card.slug: statuses.ORDER[number % 4] for number, card in enumerate(PACK.cards)}
FILTERS = st.builds(
    Filters,
    search=st.sampled_from(["", "commit", "no such word"]),
    tags=st.lists(st.sampled_from([*TAGS, "<b>"]), max_size=2, unique=True).map(tuple),
    difficulty=st.sampled_from(["", *DIFFICULTIES, "<b>"]),
    status=st.sampled_from(["", *statuses.ORDER, "<b>"]),
)


@settings(max_examples=40, deadline=None)
@given(FILTERS)
def test_a_count_is_what_its_choice_leaves(filters: Filters) -> None:
    def count(**changed: object) -> int:
        return len(narrow(PACK, filters._replace(**changed), TOLD).cards)  # type: ignore[arg-type]

    narrowed = narrow(PACK, filters, TOLD)
    for tag in narrowed.tags:
        tags = tuple({*filters.tags, tag.value})
        assert (tag.cards, tag.is_chosen) == (count(tags=tags), tag.value in filters.tags)
    for level in narrowed.difficulties:
        assert level.cards == count(difficulty=level.value)
    for status in narrowed.statuses:
        assert status.cards == count(status=status.value)
    for _, less, left in narrowed.without:
        assert narrowed.cards == []
        assert 0 < left == len(narrow(PACK, less, TOLD).cards)


def test_the_address_of_filters_is_short_and_safe() -> None:
    assert Filters().query == ""
    filters = Filters("a b", ("x", "y&z"), "easy")
    assert filters.query == "search=a+b&tag=x&tag=y%26z&difficulty=easy"


@pytest.fixture
def tell_statuses(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    """As an app does that knows how far a learner is."""

    def tell(told: Mapping[str, str]) -> None:
        monkeypatch.setattr(statuses, "_readers", [])
        statuses.register(lambda request, pack: told)

    return tell


@pytest.mark.django_db
def test_status_is_a_filter_once_somebody_tells_it(
    client: Client, tell_statuses: Callable[[Mapping[str, str]], None]
) -> None:
    tell_statuses({"crud": "passed", "run-sync": "read"})
    page = client.get("/async-databases/?status=passed").content.decode()
    assert page.count("<li value=") == 1
    assert "1 of 11 cards" in page
    assert '<span class="status-of passed">passed</span>' in page
    counts = re.findall(
        r'name="status"[^>]* value="(\w+)"[^>]*> \w+ <span class="cards">(\d+)', page
    )
    assert counts == [("unread", "9"), ("read", "1"), ("ran", "0"), ("passed", "1")]


def test_nobody_tells_statuses_of_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "_readers", [])
    assert statuses.read_statuses(HttpRequest(), Pack("p", "", "", "", PACK.cards)) == {}


@pytest.mark.django_db
def test_where_no_card_matches_a_filter_can_be_dropped(client: Client) -> None:
    page = client.get("/async-databases/?tag=crud&difficulty=hard").content.decode()
    assert "0 of 11 cards" in page
    assert '<a href="?difficulty=hard">Without “crud”: 3 cards</a>' in page
    assert '<a href="?tag=crud">Without “hard”: 1 card</a>' in page


@pytest.mark.django_db
def test_htmx_gets_the_counts_beside_the_results(client: Client) -> None:
    headers = {"HX-Request": "true"}
    response = client.get("/async-databases/?search=&tag=crud&difficulty=", headers=headers)
    assert response.headers["HX-Replace-Url"] == "/async-databases/?tag=crud"
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="results">')
    assert page.count('hx-swap-oob="true"') == 2
    assert 'hx-swap-oob="true"' not in client.get("/async-databases/").content.decode()
