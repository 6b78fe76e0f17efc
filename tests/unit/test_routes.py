"""Every address as somebody without an account sees it."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from exercises.known import load_known_errors
from exercises.loader import BUILT_IN, load_packs

pytestmark = pytest.mark.django_db

CARDS = load_packs([BUILT_IN])["async-databases"].cards
KNOWN = load_known_errors(load_packs([BUILT_IN]))
CARD = "/async-databases/blocking-driver/"
# Every route of the site: one that is added without its line here fails the test below.
ANONYMOUS = {
    "healthz": ("/healthz", 200),
    "": ("/", 302),
    "errors/": ("/errors/", 200),
    "runs/": ("/runs/", 200),
    "runs/<slug:run_id>/delete/": ("/runs/x/delete/", 405),
    "runs/compare/": ("/runs/compare/?with=x&run=y", 404),
    "runs/compare/<slug:one>/<slug:two>/": ("/runs/compare/x/y/", 404),
    "runs/compare/<slug:one>/<slug:two>/<slug:three>/": ("/runs/compare/x/y/z/", 404),
    "runs/<slug:run_id>/": ("/runs/x/", 404),
    "runs/<slug:run_id>/fragments/": ("/runs/x/fragments/", 404),
    "runs/<slug:run_id>/recording.json": ("/runs/x/recording.json", 404),
    "runs/<slug:run_id>/trace.json": ("/runs/x/trace.json", 404),
    "runs/<slug:run_id>/share/": ("/runs/x/share/", 405),
    "runs/<slug:run_id>/stop-sharing/": ("/runs/x/stop-sharing/", 405),
    "r/<slug:token>/": ("/r/x/", 404),
    "r/<slug:token>/fragments/": ("/r/x/fragments/", 404),
    "r/<slug:token>/recording.json": ("/r/x/recording.json", 404),
    "r/<slug:token>/trace.json": ("/r/x/trace.json", 404),
    "<slug:pack>/": ("/async-databases/", 200),
    "<slug:pack>/<slug:card>/": (CARD, 200),
}


def list_routes(resolver: URLResolver, before: str = "") -> list[str]:
    routes: list[str] = []
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            routes.append(route)
        else:
            routes += list_routes(entry, route)
    return routes


def test_every_route_is_tried() -> None:
    assert sorted(list_routes(get_resolver())) == sorted(ANONYMOUS)


@pytest.mark.parametrize("route", ANONYMOUS)
def test_anonymous(client: Client, route: str) -> None:
    address, status = ANONYMOUS[route]
    assert client.get(address).status_code == status


@pytest.mark.parametrize(
    "address", ["/nowhere/", "/async-databases/nowhere/", "/async-databases/../settings/", "/x"]
)
def test_what_is_not_there_is_said_so(client: Client, address: str) -> None:
    response = client.get(address, follow=True)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.slug)
def test_a_card_shows_its_question_and_every_cell(client: Client, card: object) -> None:
    page = client.get(f"/async-databases/{card.slug}/").content.decode()  # type: ignore[attr-defined]
    assert f"{card.number} of 11" in page  # type: ignore[attr-defined]
    titles = re.findall(r'<section class="cell \w+" aria-label="([^"]+)"', page)
    assert titles == [cell.title for cell in card.cells]  # type: ignore[attr-defined]
    assert page.count(">Run</button>") == len(titles)


@pytest.mark.parametrize("address", ["/async-databases/", CARD, "/errors/"])
def test_no_page_needs_an_inline_script_or_style(client: Client, address: str) -> None:
    response = client.get(address)
    page = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "<style" not in page
    assert not re.search(r"<[^>]*\s(style|on\w+)=", page)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_only_a_card_makes_a_learner_session(client: Client) -> None:
    assert not client.get("/async-databases/").cookies
    first = client.get(CARD).cookies["playground"]
    assert (first["httponly"], first["samesite"]) == (True, "Lax")
    assert client.session["learner"]
    learner = client.session["learner"]
    client.get("/async-databases/crud/")
    assert client.session["learner"] == learner


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 11),
        ("?search=MissingGreenlet", None),
        ("?difficulty=easy", None),
        ("?tag=transactions", None),
        ("?search=no+such+word+anywhere", 0),
        ("?difficulty=%3Cscript%3E", 0),
    ],
)
def test_the_list_is_narrowed_and_counted(client: Client, query: str, shown: int | None) -> None:
    page = client.get(f"/async-databases/{query}").content.decode()
    items = page.count("<li value=")
    assert f"{items} of 11" in page
    assert items == shown if shown is not None else 0 < items < 11


def list_ids(page: str) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', page))


def test_every_known_error_has_its_place_and_its_link_leads_somewhere(client: Client) -> None:
    page = client.get("/errors/").content.decode()
    assert set(KNOWN) <= list_ids(page)
    links = set(re.findall(r'href="(/[\w-]+/[\w-]+/)#([\w-]+)"', page))
    assert len(links) > 20
    places = {path: list_ids(client.get(path).content.decode()) for path, _ in links}
    assert [link for link in links if link[1] not in places[link[0]]] == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [("?search=MissingGreenlet", None), ("?search=40P01", 1), ("?search=no+such+word", 0)],
)
def test_known_errors_are_searched(client: Client, query: str, shown: int | None) -> None:
    page = client.get(f"/errors/{query}", headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="results">')
    articles = page.count('<article class="known-error"')
    assert f"{articles} of {len(KNOWN)}" in page
    assert articles == shown if shown is not None else 0 < articles < len(KNOWN)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.slug)
def test_no_id_is_given_twice(client: Client, card: object) -> None:
    page = client.get(f"/async-databases/{card.slug}/").content.decode()  # type: ignore[attr-defined]
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_htmx_gets_the_results_alone(client: Client) -> None:
    page = client.get("/async-databases/?tag=fastapi", headers={"HX-Request": "true"})
    assert page.content.decode().lstrip().startswith('<div id="results">')
