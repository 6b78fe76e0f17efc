"""Who may do what in a team, as a table: role x action x object, with anonymous and stranger.

A route, an action of a socket or a command of the app without its row here fails.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from playground.teams import consumers, feedback, operations, urls
from playground.teams.models import Assignment, Comment, PackVersion, Role
from playground.teams.permissions import Action, may
from playground.teams.scope import SeenAttempt, get_attempt
from tests.accounts import make_user
from tests.attempts import attempt
from tests.own_packs import add_published
from tests.teams import Cast, make_cast, set_cards
from tests.unit.test_recordings import save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OWNER, TEACHER, LEARNER = "owner", "teacher", "learner"
ALL, TEACHING = {OWNER, TEACHER, LEARNER}, {OWNER, TEACHER}
WHO = ("anonymous", "stranger", LEARNER, TEACHER, OWNER)


# Who may, and whether also while the team is in the archive.
ACTIONS: dict[Action, tuple[set[str], bool]] = {
    Action.SEE: (ALL, True),
    Action.LEAVE: (ALL, True),
    Action.SEE_MEMBERS: (TEACHING, True),
    Action.INVITE_LEARNER: (TEACHING, False),
    Action.INVITE_TEACHER: ({OWNER}, False),
    Action.WITHDRAW_INVITATION: (TEACHING, False),
    Action.REMOVE: (TEACHING, False),
    Action.SET_ROLE: ({OWNER}, False),
    Action.OPEN_DOMAIN: ({OWNER}, False),
    Action.SET_ASSIGNMENT: (TEACHING, False),
    Action.SEE_ASSIGNMENT: (ALL, True),
    Action.SEE_GRID: (TEACHING, True),
    Action.SEE_CARD: (TEACHING, True),
    Action.SEE_LEARNER: (ALL, True),
    Action.SEE_ATTEMPT: (ALL, True),
    Action.COMMENT: (ALL, False),
    Action.DELETE_COMMENT: (ALL, False),
    Action.SET_QUOTAS: ({OWNER}, False),
    Action.SEE_PACKS: (TEACHING, True),
    Action.CHANGE_PACKS: (TEACHING, False),
    Action.READ_PACK: (ALL, True),
    Action.RENAME: ({OWNER}, False),
    Action.ARCHIVE: ({OWNER}, False),
    Action.UNARCHIVE: ({OWNER}, True),
    Action.EXPORT: (TEACHING, True),
    Action.DELETE: ({OWNER}, True),
}

# What one does to somebody or something else: who may, to whom.
OBJECTS: list[tuple[Action, str, set[str]]] = [
    (Action.REMOVE, "lea", TEACHING),
    (Action.REMOVE, "tom", {OWNER}),
    (Action.REMOVE, "alice", set()),
    (Action.SET_ROLE, "lea", {OWNER}),
    (Action.SET_ROLE, "alice", {OWNER}),
    *[(Action.SEE_ASSIGNMENT, of, ALL) for of in ("set to all", "set to lea")],
    *[(Action.SEE_ASSIGNMENT, of, TEACHING) for of in ("set to lou", "not open")],
    (Action.SEE_ASSIGNMENT, "set elsewhere", set()),
    (Action.SEE_LEARNER, "lea", ALL),
    (Action.SEE_LEARNER, "lou", TEACHING),
    *[(Action.SEE_LEARNER, of, set()) for of in ("tom", "alice", "charlie")],
    (Action.SEE_ATTEMPT, "attempt of lea", ALL),
    (Action.SEE_ATTEMPT, "attempt of lou", TEACHING),
    (Action.COMMENT, "attempt of lea", ALL),
    (Action.COMMENT, "attempt of lou", TEACHING),
    (Action.DELETE_COMMENT, "comment of tom", {TEACHER}),
    (Action.DELETE_COMMENT, "comment of lea", {LEARNER}),
    (Action.SET_ASSIGNMENT, "set to all", TEACHING),
    (Action.SET_ASSIGNMENT, "set elsewhere", set()),
    (Action.READ_PACK, "published pack", ALL),
    (Action.READ_PACK, "draft pack", TEACHING),
    *((Action.READ_PACK, of, set()) for of in ("withdrawn pack", "replaced pack", "their pack")),
    *((action, "draft pack", TEACHING) for action in (Action.SEE_PACKS, Action.CHANGE_PACKS)),
    *((action, "their pack", set()) for action in (Action.SEE_PACKS, Action.CHANGE_PACKS)),
    *((action, "charlie", set()) for action in (Action.REMOVE, Action.SET_ROLE)),
]


class Row(NamedTuple):
    """Who may ask for a route: everybody else is answered as if there were nothing."""

    allowed: set[str]
    method: str = "get"
    of: str = ""
    fields: dict[str, Any] = {}


SET = {
    "title": "Week",
    "items": "crud/",
    "whom": "all",
    "late": "accept",
    "pass_mark": 100,
    "opens_at": "2026-01-01T08:00",
}
# Open to everybody: their own tests are in test_team_joining.py and test_teams.py.
OPEN_TO_ALL = {"teams", "join", "join-by-address", "reminders", "reminders-stop", "feedback"}
ROUTES: dict[str, list[Row]] = {
    "team": [Row(ALL)],
    "team-leave": [Row(ALL), Row({TEACHER, LEARNER, OWNER}, "post")],
    "team-settings": [Row({OWNER}), Row({OWNER}, "post", fields={"name": "New"})],
    "team-quotas": [Row({OWNER}), Row({OWNER}, "post", fields={"runs_at_once": "2"})],
    "team-archive": [Row({OWNER}, "post")],
    "team-unarchive": [Row({OWNER}, "post")],
    "team-delete": [Row({OWNER}), Row({OWNER}, "post", fields={"name": "Spring class"})],
    "team-export": [Row(TEACHING)],
    "team-members": [Row(TEACHING)],
    "member-role": [
        Row({OWNER}, "post", "lou", {"role": "teacher"}),
        Row(set(), "post", "charlie", {"role": "teacher"}),
    ],
    "member-remove": [
        Row(TEACHING, "post", "lou"),
        Row({OWNER}, "post", "tom"),
        Row(set(), "post", "charlie"),
    ],
    "team-invite": [Row(TEACHING, "post", fields={"people": "a@example.org", "role": "learner"})],
    "team-domain": [Row({OWNER}, "post", fields={"domain": "example.org"})],
    "assignment-new": [Row(TEACHING), Row(TEACHING, "post", fields=SET)],
    "assignment": [
        *[Row(ALL, of=of) for of in ("set to all", "set to lea")],
        *[Row(TEACHING, of=of) for of in ("set to lou", "not open")],
        Row(set(), of="set elsewhere"),
    ],
    "assignment-edit": [
        Row(TEACHING, of="set to all"),
        Row(TEACHING, "post", "set to all", SET),
        Row(set(), "post", "set elsewhere", SET),
    ],
    "assignment-delete": [
        Row(TEACHING, of="set to all"),
        Row(TEACHING, "post", "set to all"),
        Row(set(), "post", "set elsewhere"),
    ],
    "team-grid": [Row(TEACHING)],
    "team-card": [Row(TEACHING, of="card")],
    "team-learner": [
        Row(ALL, of="lea"),
        Row(TEACHING, of="lou"),
        *[Row(set(), of=of) for of in ("tom", "charlie")],
    ],
    **{
        name: [
            Row(ALL, of="attempt of lea"),
            Row(TEACHING, of="attempt of lou"),
            Row(set(), of="attempt elsewhere"),
            Row(set(), of="private attempt"),
        ]
        for name in ("team-attempt", "team-attempt-fragments")
    },
    "attempt-comment": [
        Row(ALL, "post", "attempt of lea", {"text": "Well."}),
        Row(TEACHING, "post", "attempt of lou", {"text": "Well."}),
        Row(set(), "post", "private attempt", {"text": "Well."}),
    ],
    "comment-delete": [
        Row({TEACHER}, "post", "comment of tom"),
        Row({LEARNER}, "post", "comment of lea"),
    ],
    "team-link": [Row(TEACHING, "post", fields={"role": "learner", "days": 1, "uses": 2})],
    "team-packs": [Row(TEACHING)],
    "pack-upload": [Row(TEACHING, "post", fields={"archive": SimpleUploadedFile("x.zip", b"x")})],
    "pack-version": [Row(TEACHING, of="draft pack"), Row(set(), of="their pack")],
    "pack-archive": [Row(TEACHING, of="published pack"), Row(set(), of="their pack")],
    "pack-publish": [Row(TEACHING, "post", "draft pack"), Row(set(), "post", "their pack")],
    "pack-withdraw": [Row(TEACHING, "post", "published pack"), Row(set(), "post", "their pack")],
    "pack-delete": [
        Row(TEACHING, of="draft pack"),
        Row(TEACHING, "post", "draft pack"),
        Row(set(), "post", "their pack"),
    ],
    "invitation-withdraw": [Row(TEACHING, "post", "invitation"), Row(set(), "post", "theirs")],
}
# Whoever runs one has the site itself in hand.
COMMANDS = {"sendreminders": "mails learners what is set to them, and nobody else"}
# What the app's sockets do, by consumer: a page there is told what moves, and asks for nothing.
# That of a pack sees it checked, and who may change it begins and stops that.
SOCKETS = {
    "TeamConsumer": (Action.SEE_GRID, {"team_moved"}),
    "PackConsumer": (Action.SEE_PACKS, {"pack_moved", "obey"}),
}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def who(cast: Cast, role: str) -> Any:
    return {OWNER: cast.alice, TEACHER: cast.tom, LEARNER: cast.lea}.get(role)


def test_every_action_has_its_row() -> None:
    assert set(ACTIONS) == set(Action)


@pytest.mark.parametrize("action", Action)
def test_actions(cast: Cast, action: Action) -> None:
    allowed, in_archive = ACTIONS[action]
    for role in WHO:
        assert may(who(cast, role), action) == (role in allowed), role
    operations.archive_team(actor=cast.alice)
    for role in ALL:
        member = who(cast, role)
        member.team.refresh_from_db()
        assert may(member, action) == (role in allowed and in_archive), role


@pytest.mark.parametrize(("action", "of", "allowed"), OBJECTS)
def test_actions_on_something(cast: Cast, action: Action, of: str, allowed: set[str]) -> None:
    for role in WHO:
        assert may(who(cast, role), action, find(cast, of)) == (role in allowed), role


def find(cast: Cast, of: str) -> Any:
    """A member of that name, or an assignment of that kind."""
    made: dict[str, Callable[[], Assignment]] = {
        "set to all": lambda: set_cards(cast.tom, "crud"),
        "set to lea": lambda: set_cards(cast.tom, "crud", members=(cast.lea,)),
        "set to lou": lambda: set_cards(cast.tom, "crud", members=(cast.lou,)),
        "not open": lambda: set_cards(
            cast.tom, "crud", opens_at=timezone.now() + timedelta(minutes=2)
        ),
        "set elsewhere": lambda: set_cards(cast.charlie, "crud"),
    }
    if of.endswith(" pack"):
        return make_version(cast, of.removesuffix(" pack"))
    if of.startswith("comment of "):
        return say(cast, getattr(cast, of.removeprefix("comment of ")))
    if of.startswith("attempt of "):
        return try_set_card(cast, getattr(cast, of.removeprefix("attempt of ")))
    return made[of]() if of in made else getattr(cast, of)


def make_version(cast: Cast, state: str) -> PackVersion:
    """A pack of the team's own in that state; of the other team, published, where it is theirs."""
    member = cast.charlie if state == "their" else cast.tom
    member.team.pack_versions.all().delete()
    version = add_published(member)
    if state not in ("their", "published"):
        PackVersion.objects.filter(pk=version.pk).update(state=state)
    version.refresh_from_db()
    return version


def try_set_card(cast: Cast, member: Any) -> SeenAttempt:
    """An attempt of a learner at what is set, with its recording."""
    set_cards(cast.tom, "blocking-driver")
    attempt(member.user.learner, f"try-{member.pk}")
    save(member.user.learner, run_id=f"try-{member.pk}")
    seen = get_attempt(cast.team, f"try-{member.pk}")
    assert seen
    return seen


def say(cast: Cast, member: Any) -> Comment:
    """Something said of lea's attempt."""
    seen = try_set_card(cast, cast.lea)
    return feedback.add_comment(actor=member, seen=seen, text="Well.", line=1, at_us=None)


def test_every_route_and_command_has_its_row() -> None:
    names = {entry.name for entry in urls.urlpatterns}
    assert names == set(ROUTES) | OPEN_TO_ALL
    folder = Path(urls.__file__).parent / "management" / "commands"
    assert {path.stem for path in folder.glob("[!_]*.py")} == set(COMMANDS)


def arguments_of(cast: Cast, row: Row) -> dict[str, Any]:
    make: dict[str, Callable[[], dict[str, Any]]] = {
        "": dict,
        "lou": lambda: {"member": cast.lou.pk},
        "tom": lambda: {"member": cast.tom.pk},
        "charlie": lambda: {"member": cast.charlie.pk},
        "invitation": lambda: {"invitation": invite(cast.alice)},
        "lea": lambda: {"member": cast.lea.pk},
        "card": lambda: {"pack": "async-databases", "card": "crud"},
        "comment of tom": lambda: {"comment": say(cast, cast.tom).pk},
        "comment of lea": lambda: {"comment": say(cast, cast.lea).pk},
        "attempt of lea": lambda: {"run_id": try_set_card(cast, cast.lea).attempt.run_id},
        "attempt of lou": lambda: {"run_id": try_set_card(cast, cast.lou).attempt.run_id},
        "attempt elsewhere": lambda: {"run_id": try_alone(cast.charlie)},
        "private attempt": lambda: {"run_id": try_alone(cast.lou)},
        "theirs": lambda: {"invitation": invite(cast.charlie)},
    }
    if row.of.endswith(" pack"):
        return {"team": cast.team.public_id, "version": find(cast, row.of).pk}
    if row.of not in make:
        return {"team": cast.team.public_id, "assignment": find(cast, row.of).pk}
    return {"team": cast.team.public_id, **make[row.of]()}


def try_alone(member: Any) -> str:
    attempt(member.user.learner, "alone")
    save(member.user.learner, run_id="alone")
    return "alone"


def invite(member: Any) -> int:
    return operations.make_link(actor=member, role=Role.LEARNER, days=1, uses=1)[0].pk


@pytest.mark.parametrize(
    ("name", "row"), [(name, row) for name, rows in ROUTES.items() for row in rows]
)
@pytest.mark.parametrize("role", WHO)
def test_routes(client: Client, cast: Cast, name: str, row: Row, role: str) -> None:
    member = cast.charlie if role == "stranger" else who(cast, role)
    if member:
        client.force_login(member.user, BACKEND)
    address = reverse(name, kwargs=arguments_of(cast, row))
    answer = getattr(client, row.method)(address, row.fields)
    if role == "anonymous":
        assert answer["Location"].startswith("/accounts/login/")
    elif role in row.allowed:
        # What is uploaded here is no archive: the page says so.
        expected = (400,) if name == "pack-upload" else (200, 302)
        assert answer.status_code in expected, answer.content
    else:
        assert answer.status_code == 404
        assert cast.team.name not in answer.content.decode()
    if answer.status_code in (200, 302) and role != "anonymous" and name != "team":
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("name", sorted(set(ROUTES) - {"invitation-withdraw"}))
def test_a_team_that_is_not_there_is_answered_alike(client: Client, cast: Cast, name: str) -> None:
    row = ROUTES[name][-1]
    client.force_login(make_user("new@example.org"), BACKEND)
    for team in ("0123456789ab", cast.team.public_id):
        address = reverse(name, kwargs={**arguments_of(cast, row), "team": team})
        answer = getattr(client, row.method)(address, row.fields)
        assert answer.status_code == 404


def test_every_socket_of_the_app_has_its_row() -> None:
    found = {
        name: {each for each in vars(consumer) if each.startswith(("team_", "pack_", "obey"))}
        for name, consumer in vars(consumers).items()
        if isinstance(consumer, type) and consumer.__module__ == consumers.__name__
    }
    assert found == {name: handlers for name, (_, handlers) in SOCKETS.items()}


@pytest.mark.parametrize("role", WHO)
def test_what_the_socket_of_a_pack_tells(cast: Cast, role: str) -> None:
    member = cast.charlie if role == "stranger" else who(cast, role)
    learner = member.user.learner if member else "browser"
    version, theirs = make_version(cast, "draft"), make_version(cast, "their")
    told = consumers.render_check(learner, cast.team.public_id, version.pk, 0)
    assert (told is not None) == (role in TEACHING)
    for pk in (theirs.pk, 10**6):
        assert consumers.render_check(learner, cast.team.public_id, pk, 0) is None


@pytest.mark.parametrize("role", WHO)
def test_what_the_socket_tells(cast: Cast, role: str) -> None:
    member = cast.charlie if role == "stranger" else who(cast, role)
    learner = member.user.learner if member else "browser"
    made = set_cards(cast.tom, "crud")
    for assignment in (None, made.pk):
        told = consumers.render_moved(learner, cast.team.public_id, assignment, {cast.lea.pk})
        assert (told is not None) == (role in TEACHING)
    for assignment in (set_cards(cast.charlie, "crud").pk, 10**6):
        told = consumers.render_moved(learner, cast.team.public_id, assignment, {cast.lea.pk})
        assert told is None
