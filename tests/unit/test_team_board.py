"""What a teacher sees: the grid, a learner, a card, an attempt; and what nobody sees."""

from __future__ import annotations

import asyncio
import csv
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.urls import path
from django.utils import timezone

from playground.accounts.sessions import SessionStore
from playground.progress.models import Attempt
from playground.progress.operations import mark_ran, mark_read
from playground.teams import boards, consumers, operations
from playground.teams.looking_views import defuse
from playground.teams.models import Assignment
from tests.accounts import sign_in
from tests.attempts import DAY, PACK, attempt
from tests.teams import Cast, make_cast, set_cards
from tests.unit.test_recordings import HOSTILE, save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]
BLOCKING = "blocking-driver"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


# As in asgi.py, which looks at the settings of a server as it is imported.
sockets = SessionMiddlewareStack(
    URLRouter([path("ws/teams/<slug:team>/", consumers.TeamConsumer.as_asgi())])  # type: ignore[arg-type, list-item]
)


def states(board: boards.Board) -> dict[str, list[str]]:
    return {
        row.member.called.partition("@")[0]: [
            str(one.state) if one else "" for one in row.standings
        ]
        for row in board.rows
    }


def test_the_grid_has_learners_by_what_is_set_to_them(cast: Cast) -> None:
    set_cards(cast.tom, "crud", members=(cast.lou,))
    set_cards(cast.tom, BLOCKING, "crud/no-such-exercise")
    set_cards(cast.tom, "transactions", opens_at=timezone.now() + timedelta(hours=1))
    mark_ran(cast.lea.user.learner, PACK.slug, "crud", DAY)
    mark_read(cast.lea.user.learner, PACK.slug, BLOCKING)
    for number in range(3):
        attempt(cast.lou.user.learner, f"lou-{number}")
    board = boards.make_board(cast.team)
    assert [item.card.slug for item in board.items] == [BLOCKING, "crud"]
    assert states(board) == {"lea": ["read", ""], "lou": ["stuck", "unread"]}
    assert [(one.member, one.item.card.slug) for one in board.stuck] == [(cast.lou, BLOCKING)]


def test_private_practice_is_nowhere(client: Client, cast: Cast) -> None:
    made = set_cards(cast.tom, f"{BLOCKING}/freeze-the-loop")
    attempt(cast.lea.user.learner, "before", answer="before it was set")
    Attempt.objects.update(created_at=timezone.now() - timedelta(days=1))
    attempt(cast.lea.user.learner, "seen", answer="seen = 1")
    attempt(cast.lea.user.learner, "other-exercise", exercise="big-result", answer="other = 1")
    sign_in(client, "tom@example.org")
    learner = client.get(f"{cast.address}learners/{cast.lea.pk}/").content.decode()
    assert [each in learner for each in ("/seen/", "/before/", "/other-exercise/")] == [
        *[True, False, False]
    ]
    statuses = [
        client.get(f"{cast.address}attempts/{run}/").status_code
        for run in ("seen", "before", "other-exercise")
    ]
    assert statuses == [200, 404, 404]
    card = f"{cast.address}cards/{PACK.slug}/{BLOCKING}/"
    assert "<td>1</td><td>1</td>" in client.get(card).content.decode()
    assert "seen" not in client.get(f"{cast.address}team.json").content.decode()
    for end in ("taken back", "left"):
        if end == "taken back":
            operations.delete_assignment(actor=cast.tom, assignment=made)
        else:
            set_cards(cast.tom, BLOCKING)
            operations.remove_member(actor=cast.lea, member=cast.lea)
        assert client.get(f"{cast.address}attempts/seen/").status_code == 404, end


def test_an_attempt_is_shown_with_its_run_and_as_text(client: Client, cast: Cast) -> None:
    set_cards(cast.tom, BLOCKING)
    attempt(cast.lea.user.learner, "run-1", answer=HOSTILE, got=HOSTILE)
    sign_in(client, "tom@example.org")
    address = f"{cast.address}attempts/run-1/"
    page = client.get(address).content.decode()
    assert HOSTILE not in page
    assert client.get(f"{address}fragments/").status_code == 404
    save(cast.lea.user.learner, run_id="run-1")
    page = client.get(address).content.decode()
    assert "fragments/" in page
    assert HOSTILE not in page
    assert "cell-recorded-output" in client.get(f"{address}fragments/").content.decode()


def test_the_mistakes_most_made_come_first(client: Client, cast: Cast) -> None:
    set_cards(cast.tom, BLOCKING)
    for run, who in (("a", cast.lea), ("b", cast.lou), ("c", cast.lea), ("d", cast.lea)):
        attempt(who.user.learner, run)
    Attempt.objects.filter(run_id__in="ab").update(mistake="Both did <this>.")
    Attempt.objects.filter(run_id__in="cd").update(mistake="Only lea did this.")
    sign_in(client, "tom@example.org")
    page = client.get(f"{cast.address}cards/{PACK.slug}/{BLOCKING}/").content.decode()
    assert "<td>Both did &lt;this&gt;.</td>" in page
    assert page.index("Both did") < page.index("Only lea")
    assert client.get(f"{cast.address}cards/{PACK.slug}/nowhere/").status_code == 404


def test_the_grid_as_a_file_runs_nothing(client: Client, cast: Cast) -> None:
    cast.lea.name = '=HYPERLINK("http://evil.example")'
    cast.lea.save()
    made = set_cards(cast.tom, BLOCKING, "crud")
    sign_in(client, "tom@example.org")
    for query in ("", f"?assignment={made.pk}", "?assignment=x"):
        text = client.get(f"{cast.address}grid.csv{query}").content.decode()
        rows = list(csv.reader(text.splitlines()))
        assert len(rows) == 5
        assert rows[1][:2] == ['\'=HYPERLINK("http://evil.example")', "lea@example.org"]
    assert [defuse(each) for each in ("-1", "+1", "@x", "\tx", "x")] == [
        *["'-1", "'+1", "'@x", "'\tx", "x"]
    ]


def test_pages_of_a_team_ask_the_database_little(
    client: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    made = set_cards(cast.tom, BLOCKING)
    for number in range(5):
        set_cards(cast.tom, BLOCKING, "crud", title=f"{number}")
        set_cards(cast.tom, "transactions", members=(cast.lea, cast.lou))
    attempt(cast.lea.user.learner, "one")
    sign_in(client, "tom@example.org")
    for page in ("", f"assignments/{made.pk}/", f"learners/{cast.lea.pk}/", "members/"):
        client.get(f"{cast.address}{page}")
        with django_assert_max_num_queries(15):
            client.get(f"{cast.address}{page}")


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database is one connection's, which no thread of its own may open."""
    monkeypatch.setattr(consumers, "database_sync_to_async", lambda read, **_: sync_to_async(read))


@pytest.mark.usefixtures("one_thread", "closing_connections")
async def test_the_grid_moves_while_they_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "PAUSE_SECONDS", 0.01)
    cast = await sync_to_async(make_cast)()
    made: Assignment = await sync_to_async(set_cards)(cast.tom, "crud")
    socket = await open_socket(cast, cast.tom.user, f"?assignment={made.pk}")
    move = sync_to_async(mark_read)
    await move(cast.lea.user.learner, PACK.slug, "crud")
    told = await socket.receive_from(timeout=10)
    assert f'<tr id="member-{cast.lea.pk}" hx-swap-oob="true">' in told
    assert 'class="at read"' in told
    assert f"member-{cast.lou.pk}" not in told
    # A teacher who is none any more hears nothing more.
    await sync_to_async(cast.team.memberships.filter(pk=cast.tom.pk).delete)()
    await move(cast.lea.user.learner, PACK.slug, "crud")
    assert (await socket.receive_output(timeout=10))["code"] == consumers.NOT_THEIRS


@pytest.mark.usefixtures("one_thread", "closing_connections")
async def test_the_grid_is_not_told_to_a_learner_or_a_stranger() -> None:
    cast = await sync_to_async(make_cast)()
    for user in (cast.lea.user, cast.charlie.user):
        socket = await open_socket(cast, user, "")
        assert (await socket.receive_output(timeout=10))["code"] == consumers.NOT_THEIRS


async def open_socket(cast: Cast, user: Any, query: str) -> WebsocketCommunicator:
    session = SessionStore()
    session.update(
        {
            "_auth_user_id": str(user.pk),
            "_auth_user_backend": "allauth.account.auth_backends.AuthenticationBackend",
            "_auth_user_hash": user.get_session_auth_hash(),
        }
    )
    await session.asave()
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    headers.append((b"cookie", f"playground={session.session_key}".encode()))
    address = f"/ws/teams/{cast.team.public_id}/{query}"
    socket = WebsocketCommunicator(sockets, address, headers)
    accepted, _ = await socket.connect(timeout=10)
    assert accepted
    await asyncio.sleep(0)
    return socket
