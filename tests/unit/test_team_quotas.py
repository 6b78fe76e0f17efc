"""How much is run for a team: which one a run counts for, whose limit is said, whose turn it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client
from django.utils import timezone

from playground.accounts.models import AuditEntry
from playground.runs import quotas
from playground.runs.quotas import LocalTally, OverQuota, Share, list_shares, scratch_bytes
from playground.teams import operations
from playground.teams.models import Membership, Role, Team
from playground.teams.quotas import find_counted, say_bounds
from sandbox.host.admission import Admission
from tests.accounts import make_user, post, sign_in
from tests.teams import Cast, add_member, make_cast, set_cards
from tests.unit.test_admission import Runner, order_of, settle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

PACK = "async-databases"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def same_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's transaction is its thread's alone."""
    monkeypatch.setattr(quotas, "database_sync_to_async", sync_to_async)


def shares_of(member: Membership) -> list[Share]:
    """Whom a run counts for."""
    return ask_for_shares(member.user.learner)


def ask_for_shares(learner: str) -> list[Share]:
    return async_to_sync(list_shares)(learner, "", PACK, "crud")


def in_both(cast: Cast) -> Membership:
    """Lea, in charlie's team."""
    invitation, _ = operations.make_link(actor=cast.charlie, role=Role.LEARNER, days=1, uses=1)
    return operations.join(actor=cast.lea.user, invitation=invitation)


def counted(member: Membership, card: str = "crud") -> str:
    """The name of the team that a run counts for."""
    found = find_counted(member.user.learner, PACK, card)
    return found.team.name if found else ""


@pytest.mark.usefixtures("same_thread")
def test_a_run_counts_for_its_learner_s_team_and_a_stranger_s_for_none(cast: Cast) -> None:
    keys = [share.key for share in shares_of(cast.lea)]
    assert keys == [
        f"learner:{cast.lea.user.learner}",
        f"team:{cast.team.public_id}",
        f"member:{cast.lea.pk}",
    ]
    nobody = make_user("eve@example.org")
    assert len(ask_for_shares(nobody.learner)) == 1
    assert len(ask_for_shares("a-browser")) == 1
    operations.archive_team(actor=cast.alice)
    assert len(shares_of(cast.lea)) == 1


def test_of_several_teams_it_is_the_one_opened_last(client: Client, cast: Cast) -> None:
    in_both(cast)
    assert counted(cast.lea) == "Charlie's own"  # joined last
    sign_in(client, "lea@example.org")
    client.get(cast.address)
    assert counted(cast.lea) == "Spring class"
    client.get(f"/teams/{cast.other.public_id}/")
    assert counted(cast.lea) == "Charlie's own"


def test_of_several_teams_the_one_that_set_the_card_comes_first(cast: Cast) -> None:
    in_both(cast)
    set_cards(cast.tom, "pools")
    set_cards(cast.tom, "crud", opens_at=timezone.now() + timedelta(hours=1))
    set_cards(cast.tom, "blocking-driver", members=(cast.lou,))
    set_cards(cast.tom, "transactions/first")
    assert counted(cast.lea, "pools") == counted(cast.lea, "transactions") == "Spring class"
    for not_set in ("crud", "blocking-driver"):
        assert counted(cast.lea, not_set) == "Charlie's own"


async def admit(member: Membership, tally: LocalTally, run_id: str) -> str:
    """What is said where it is refused."""
    shares = await list_shares(member.user.learner, "", PACK, "crud")
    try:
        await tally.admit(run_id, shares)
    except OverQuota as over:
        return str(over)
    return ""


@pytest.mark.usefixtures("same_thread")
def test_whose_limit_it_is_and_when_there_is_room(settings: Any, cast: Cast) -> None:
    settings.RUNS_AT_ONCE_PER_LEARNER = 3
    operations.set_quotas(actor=cast.alice, runs_at_once=2, member_runs_at_once=1)
    tally = LocalTally()
    ask = async_to_sync(admit)
    assert ask(cast.lea, tally, "1") == ""
    assert ask(cast.lea, tally, "2") == (
        "You have 1 run going on or waiting, the most at once: the limit that the owners of "
        "Spring class set for each member. Your code was not run: there is room as soon as one "
        "of them ends, so stop one of yours, or try again in 10 s."
    )
    assert ask(cast.lou, tally, "3") == ""
    assert ask(cast.tom, tally, "4").startswith(
        "Your team Spring class has 2 runs going on or waiting, the most at once: the limit that "
        "the owners of Spring class set."
    )
    assert ask(cast.charlie, tally, "5") == ""
    operations.set_quotas(actor=cast.alice, runs_at_once=0, member_runs_at_once=0)
    assert [ask(cast.lea, tally, run_id) for run_id in "67"] == ["", ""]
    assert "this site's limit for one learner" in ask(cast.lea, tally, "8")


@pytest.mark.usefixtures("same_thread")
def test_within_an_hour(cast: Cast) -> None:
    operations.set_quotas(actor=cast.alice, runs_per_hour=2, member_runs_per_hour=1)
    tally = LocalTally()
    ask = async_to_sync(admit)
    assert ask(cast.lea, tally, "1") == ""
    said = ask(cast.lea, tally, "2")
    assert "You have begun 1 run within an hour" in said
    assert "set for each member. Your code was not run; try again in 60 min" in said
    assert ask(cast.lou, tally, "3") == ""
    assert "Your team Spring class has begun 2 runs" in ask(cast.tom, tally, "4")


@pytest.mark.usefixtures("same_thread")
def test_the_operator_s_ceiling_is_above_the_owners(settings: Any, cast: Cast) -> None:
    settings.RUNS_AT_ONCE_PER_TEAM = 1
    operations.set_quotas(actor=cast.alice, runs_at_once=5)
    ask = async_to_sync(admit)
    tally = LocalTally()
    ask(cast.lea, tally, "1")
    assert "has 1 run going on or waiting" in (said := ask(cast.lou, tally, "2"))
    assert "this site's limit for a team" in said
    Team.objects.filter(pk=cast.team.pk).update(most_runs_at_once=2)
    assert ask(cast.lou, tally, "3") == ""
    assert "has 2 runs" in ask(cast.tom, tally, "4")
    Team.objects.filter(pk=cast.team.pk).update(most_runs_at_once=0)
    assert ask(cast.tom, tally, "5") == ""


@pytest.mark.usefixtures("same_thread")
def test_the_disk_is_the_members_and_never_more_than_the_operator_s(
    settings: Any, cast: Cast
) -> None:
    assert scratch_bytes(shares_of(cast.lea)) == 0
    operations.set_quotas(actor=cast.alice, member_scratch_megabytes=4)
    assert scratch_bytes(shares_of(cast.lea)) == 4 * 1024 * 1024
    settings.SCRATCH_MEGABYTES_PER_LEARNER = 3
    assert scratch_bytes(shares_of(cast.lea)) == 3 * 1024 * 1024


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("closing_connections")
async def test_many_at_the_same_moment_do_not_take_more_than_there_is() -> None:
    cast = await sync_to_async(make_cast)()
    await sync_to_async(operations.set_quotas)(actor=cast.alice, runs_at_once=3)
    tally = LocalTally()
    members = [cast.alice, cast.tom, cast.lea, cast.lou] * 4
    said = await asyncio.gather(
        *[admit(member, tally, f"run-{number}") for number, member in enumerate(members)]
    )
    assert said.count("") == 3
    assert all("Your team Spring class has 3 runs" in one for one in said if one)


@pytest.mark.usefixtures("same_thread")
def test_while_runs_wait_two_teams_take_turns(cast: Cast) -> None:
    """By the very keys that runs of members are sent with."""
    carl = add_member(cast.charlie, "carl@example.org")
    members = {
        "tom": cast.tom,
        "lea": cast.lea,
        "lou": cast.lou,
        "charlie": cast.charlie,
        "carl": carl,
    }
    keys = {
        name: [share.key for share in shares_of(member) if share.takes_turns]
        for name, member in members.items()
    }
    order = async_to_sync(order_by)(keys)
    # Three of one team came before two of another one: nobody waits behind all of theirs.
    assert order == ["tom", "charlie", "lea", "carl", "lou"]


async def order_by(keys: dict[str, list[str]]) -> list[str]:
    """The order in which they run where there is one place."""
    admission = Admission(most_running=1)
    first = Runner(admission, "somebody's")
    await settle()
    runners = {
        name: Runner(admission, f"session of {name}", fair_by=fair_by)
        for name, fair_by in keys.items()
    }
    await settle()
    return await order_of(admission, runners, first)


def test_owners_set_limits_and_that_is_written_down(client: Client, cast: Cast) -> None:
    sign_in(client, "alice@example.org")
    page = post(client, f"{cast.address}quotas/", runs_at_once="20", member_runs_per_hour="60")
    assert "The limits hold for every run that begins from now on." in page.content.decode()
    cast.team.refresh_from_db()
    assert say_bounds(cast.team) == [
        "20 runs at once by all together",
        "60 runs within an hour by each member",
    ]
    assert "20 runs at once by all together" in client.get(cast.address).content.decode()
    assert "Set limits" in client.get(f"{cast.address}settings/").content.decode()
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.act, entry.thing) == ("set the quotas", f"team {cast.team.pk}")
    assert entry.details == "runs_at_once 20, member_runs_per_hour 60"
    assert entry.address == "127.0.0.1"
    post(client, f"{cast.address}quotas/", runs_at_once="20", member_runs_per_hour="60")
    assert AuditEntry.objects.filter(act="set the quotas").count() == 1
    post(client, f"{cast.address}quotas/")
    cast.team.refresh_from_db()
    assert say_bounds(cast.team) == []


FROM_1 = "From 1; leave it empty for no limit of the team's own."


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", FROM_1),
        ("-1", FROM_1),
        ("9", "This is too many: at most 8, this site's limit."),
        ("x", "Enter a whole number."),
        ("1e9", "Enter a whole number."),
    ],
)
def test_what_cannot_be_is_refused_and_kept_on_the_page(
    client: Client, settings: Any, cast: Cast, value: str, said: str
) -> None:
    settings.RUNS_AT_ONCE_PER_LEARNER = 8
    sign_in(client, "alice@example.org")
    page = client.post(f"{cast.address}quotas/", {"member_runs_at_once": value})
    assert page.status_code == 400
    assert f'value="{value}"' in page.content.decode()
    assert "at most 8, this site's limit" in page.content.decode()
    assert page.context["form"].errors["member_runs_at_once"] == [said]
    cast.team.refresh_from_db()
    assert cast.team.member_runs_at_once == 0
