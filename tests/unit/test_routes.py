"""Every address as somebody without an account sees it."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from exercises.known import load_known_errors
from exercises.loader import BUILT_IN, RESERVED_SLUGS, load_packs
from playground.catalog.documents import list_documents
from playground.operating import views
from playground.runs.placing import NoWorker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """None runs here, and what is sent to one would lie about until the next test."""
    monkeypatch.setitem(views.PARTS, "worker", _find_none)
    monkeypatch.setitem(views._last, "at", float("-inf"))


async def _find_none() -> None:
    raise NoWorker


CARDS = load_packs([BUILT_IN])["async-databases"].cards
KNOWN = load_known_errors(load_packs([BUILT_IN]))
PLACES = list(list_documents(load_packs([BUILT_IN]).values(), KNOWN.values()))
CARD = "/async-databases/blocking-driver/"
# Whoever is not signed in, or not on the way to it, is sent away from these.
FOR_ACCOUNTS = [
    "accounts/",
    "accounts/2fa/",
    "accounts/2fa/authenticate/",
    "accounts/2fa/reauthenticate/",
    "accounts/2fa/recovery-codes/",
    "accounts/2fa/recovery-codes/download/",
    "accounts/2fa/recovery-codes/generate/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/totp/deactivate/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
    "accounts/2fa/webauthn/keys/<int:pk>/edit/",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/",
    "accounts/2fa/webauthn/login/",
    "accounts/2fa/webauthn/reauthenticate/",
    "accounts/3rdparty/",
    "accounts/3rdparty/signup/",
    "accounts/confirm-email/",
    "accounts/delete/",
    "accounts/download.json",
    "accounts/email/",
    "accounts/login/code/confirm/",
    "accounts/logout/",
    "accounts/password/change/",
    "accounts/password/set/",
    "accounts/reauthenticate/",
]
# Without an account one is sent to sign in, whatever the team; strangers and members are tried in
# test_team_permissions.py.
TEAM = "teams/<slug:team>/"
OF_TEAMS = [
    "",
    "assignments/<int:assignment>/",
    "assignments/<int:assignment>/delete/",
    "assignments/<int:assignment>/edit/",
    "assignments/new/",
    "attempts/<slug:run_id>/",
    "attempts/<slug:run_id>/fragments/",
    "cards/<slug:pack>/<slug:card>/",
    "delete/",
    "grid.csv",
    "learners/<int:member>/",
    "leave/",
    "members/",
    "quotas/",
    "packs/",
    "packs/<int:version>/",
    "packs/<int:version>/archive/",
    "packs/<int:version>/delete/",
    "settings/",
    "team.json",
]
POSTED_TO_TEAMS = [
    "archive/",
    "attempts/<slug:run_id>/comments/",
    "comments/<int:comment>/delete/",
    "domain/",
    "invite/",
    "invitations/<int:invitation>/withdraw/",
    "join/",
    "links/",
    "members/<int:member>/remove/",
    "members/<int:member>/role/",
    "packs/<int:version>/publish/",
    "packs/<int:version>/withdraw/",
    "packs/upload/",
    "unarchive/",
]


def _fill(route: str) -> str:
    """The address with something in each place."""
    return "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<(slug|str):\w+>", "x", route))


KEY_LINK = "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"
OIDC = "accounts/oidc/^(?P<provider_id>[^/]+)/"
# The admin sends whoever is not signed in to sign in; `test_admin.py` tries a stranger.
TABLES = [
    *("accounts/user", "accounts/auditentry", "runs/recording", "runs/abusereport"),
    *("news/subscription", "news/sentnews"),
    *("teams/team", "teams/membership", "teams/assignment", "teams/invitation"),
]
ADMIN = [
    *("admin/", "admin/login/", "admin/autocomplete/", "admin/jsi18n/", "admin/(?P<url>.*)$"),
    "admin/^(?P<app_label>teams|accounts|runs|news)/$",
    *(f"admin/{table}/" for table in TABLES),
    *(f"admin/{table}/add/" for table in TABLES),
    *(f"admin/{table}/<path:object_id>/" for table in TABLES),
    *(
        f"admin/{table}/<path:object_id>/{act}/"
        for table in TABLES
        for act in ("history", "delete", "change")
    ),
]


def fill_admin(route: str) -> str:
    """An address of a route of the admin."""
    named = route.replace("<path:object_id>", "1").replace("(?P<url>.*)$", "nowhere/")
    return "/" + named.replace("^(?P<app_label>teams|accounts|runs|news)/$", "accounts/")


# Every route of the site: one that is added without its line here fails the test below.
ANONYMOUS = {
    "healthz": ("/healthz", 200),
    "readyz": ("/readyz", 503),  # no worker runs here
    "metrics": ("/metrics", 200),  # of this machine alone: `test_operating.py`
    **{route: (fill_admin(route), 302) for route in ADMIN},
    "": ("/", 302),
    "robots.txt": ("/robots.txt", 200),
    "sitemap.xml": ("/sitemap.xml", 200),
    "search/": ("/search/?q=greenlet", 200),
    "errors/": ("/errors/", 200),
    "news/": ("/news/", 200),
    "news/by-mail/": ("/news/by-mail/", 405),
    "news/unsubscribe/<str:token>/": ("/news/unsubscribe/x/", 404),
    "news.atom": ("/news.atom", 200),
    "accounts/login/": ("/accounts/login/", 200),
    "accounts/login/code/": ("/accounts/login/code/", 200),
    "accounts/signup/": ("/accounts/signup/", 200),
    "accounts/inactive/": ("/accounts/inactive/", 200),
    "accounts/password/reset/": ("/accounts/password/reset/", 200),
    "accounts/password/reset/done/": ("/accounts/password/reset/done/", 200),
    "accounts/password/reset/key/done/": ("/accounts/password/reset/key/done/", 200),
    f"accounts/{KEY_LINK}": ("/accounts/password/reset/key/1-abc-def/", 200),
    "accounts/3rdparty/login/cancelled/": ("/accounts/3rdparty/login/cancelled/", 200),
    "accounts/3rdparty/login/error/": ("/accounts/3rdparty/login/error/", 401),
    # Providers that the settings do not name are not there.
    "accounts/github/login/": ("/accounts/github/login/", 404),
    "accounts/github/login/callback/": ("/accounts/github/login/callback/", 404),
    "accounts/google/login/": ("/accounts/google/login/", 404),
    "accounts/google/login/callback/": ("/accounts/google/login/callback/", 404),
    "accounts/google/login/token/": ("/accounts/google/login/token/", 404),
    f"{OIDC}login/": ("/accounts/oidc/oidc/login/", 404),
    f"{OIDC}login/callback/": ("/accounts/oidc/oidc/login/callback/", 404),
    **{route: (f"/{route}".replace("<int:pk>", "1"), 302) for route in FOR_ACCOUNTS},
    "accounts/sign-out-elsewhere/": ("/accounts/sign-out-elsewhere/", 405),
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
    "r/<slug:token>/run/": ("/r/x/run/", 404),
    "r/<slug:token>/report/": ("/r/x/report/", 404),
    "embed/<slug:token>/": ("/embed/x/", 404),
    "oembed": ("/oembed?url=http://testserver/r/x/", 404),
    "r/<slug:token>/fragments/": ("/r/x/fragments/", 404),
    "r/<slug:token>/recording.json": ("/r/x/recording.json", 404),
    "r/<slug:token>/trace.json": ("/r/x/trace.json", 404),
    "<slug:pack>/": ("/async-databases/", 200),
    "<slug:pack>/<slug:card>/": (CARD, 200),
    "<slug:pack>/<slug:card>/cells/<slug:cell>/": (f"{CARD}cells/waves/", 200),
    "<slug:pack>/<slug:card>/exercises/<slug:exercise>/hints/<int:number>/": (
        f"{CARD}exercises/freeze-the-loop/hints/1/",
        405,
    ),
    "<slug:pack>/<slug:card>/edits/": (f"{CARD}edits/", 200),
    "<slug:pack>/<slug:card>/edits/<slug:place>/": (f"{CARD}edits/trap/", 405),
    "<slug:pack>/<slug:card>/history/<slug:place>/": (f"{CARD}history/trap/", 200),
    "<slug:pack>/<slug:card>/history/<slug:place>/<slug:run_id>/": (f"{CARD}history/trap/x/", 404),
    "progress/": ("/progress/", 200),
    "teams/": ("/teams/", 200),
    "teams/feedback/": ("/teams/feedback/", 302),
    "teams/reminders/": ("/teams/reminders/", 405),
    "teams/reminders/<str:token>/": ("/teams/reminders/x/", 404),
    "join/<str:token>/": ("/join/x/", 404),
    **{f"{TEAM}{route}": (_fill(f"{TEAM}{route}"), 302) for route in OF_TEAMS},
    **{f"{TEAM}{route}": (_fill(f"{TEAM}{route}"), 405) for route in POSTED_TO_TEAMS},
    "review/": ("/review/", 200),
    "review/answered/<int:log>/": ("/review/answered/1/", 302),
    "review/rated/": ("/review/rated/", 302),
    **{
        f"review/{what}/": (f"/review/{what}/", 405)
        for what in ("rate", "answer", "correct", "skip", "limit")
    },
    "quiz/": ("/quiz/?tag=pools&kind=line", 200),
    "quiz/<int:quiz>/": ("/quiz/1/", 404),
    "quiz/<int:quiz>/score/": ("/quiz/1/score/", 404),
    "quiz/<int:quiz>/<int:number>/": ("/quiz/1/1/", 404),
    "<slug:pack>/<slug:card>/read/": (f"{CARD}read/", 405),
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


def test_no_pack_can_be_hidden_behind_a_page_of_the_site() -> None:
    """A pack is at its slug: who adds a page beside the packs adds its name to the loader's."""
    first_parts = {route.partition("/")[0] for route in ANONYMOUS if "/" in route}
    assert {part for part in first_parts if "<" not in part} <= RESERVED_SLUGS


@pytest.mark.parametrize("route", ANONYMOUS)
def test_anonymous(client: Client, route: str) -> None:
    address, status = ANONYMOUS[route]
    assert client.get(address).status_code == status


@pytest.mark.parametrize("route", FOR_ACCOUNTS)
def test_what_an_account_posts_is_nothing_to_the_anonymous(client: Client, route: str) -> None:
    address, _ = ANONYMOUS[route]
    assert client.post(address).status_code in (302, 405)


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
    cells, exercises = card.cells, card.exercises  # type: ignore[attr-defined]
    assert titles == [
        *(cell.title for cell in cells),
        *(f"Exercise: {exercise.title}" for exercise in exercises),
    ]
    assert page.count(">Run</button>") == len(cells)
    assert page.count(">Check</button>") == len(exercises)


@pytest.mark.parametrize(
    "address",
    [
        "/async-databases/",
        CARD,
        "/errors/",
        "/news/",
        "/quiz/",
        "/search/?q=pool",
        "/accounts/login/",
        "/accounts/signup/",
    ],
)
def test_no_page_needs_an_inline_script_or_style(client: Client, address: str) -> None:
    response = client.get(address)
    page = response.content.decode()
    assert not re.search(r"<script(?! type=\"application/ld\+json\"|[^>]*\bsrc=)", page)
    assert "<style" not in page
    assert not re.search(r"<[^>]*\s(style|on\w+)=", page)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_only_a_card_makes_a_learner_session(client: Client) -> None:
    assert not client.get("/async-databases/").cookies
    assert not client.get("/search/?q=pool").cookies
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
        ("?tag=sqlalchemy&tag=sessions", 3),
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
def test_no_id_is_given_twice_and_what_search_finds_is_there(client: Client, card: object) -> None:
    page = client.get(f"/async-databases/{card.slug}/").content.decode()  # type: ignore[attr-defined]
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    found = [place.anchor for place in PLACES if place.card == card.slug]  # type: ignore[attr-defined]
    assert {anchor for anchor in found if anchor} <= set(ids)


def test_htmx_gets_the_results_alone(client: Client) -> None:
    page = client.get("/async-databases/?tag=fastapi", headers={"HX-Request": "true"})
    assert page.content.decode().lstrip().startswith('<div id="results">')
