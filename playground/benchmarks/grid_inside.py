"""Asks for the grids of a site with many teams; a process of its own for its settings."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Final

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from playground.accounts.models import User
from playground.benchmarks import bare_urls, much
from playground.benchmarks.figures import Baseline
from playground.benchmarks.pages_inside import TIMES, measure_page, time_page
from playground.catalog.queries import get_packs
from playground.progress.models import CardProgress
from playground.teams import operations
from playground.teams.models import Assignment, Membership, Role, Team

TEAMS: Final = 10
MEMBERS: Final = 40  # of each team, its owner among them
ASSIGNMENTS: Final = 50  # of each team
CARDS: Final = 10  # of each assignment


def main(database: str) -> None:
    """Fill, ask, and print a figure a line."""
    call_command("migrate", verbosity=0, interactive=False)
    team = [_fill(number) for number in range(TEAMS)][TEAMS // 2]
    much.analyze()
    settings.ROOT_URLCONF = "playground.benchmarks.bare_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(team.memberships.get(role=Role.OWNER).user)
    bare = Baseline("bare page", sorted(time_page(Client(), f"/{bare_urls.BARE}"))[TIMES // 2])
    one = team.assignments.filter(for_all=True).first()
    assert one is not None
    at = f"/teams/{team.public_id}/"
    for name, address in (
        ("grid of a team", at),
        ("of one assignment", f"{at}assignments/{one.pk}/"),
    ):
        assert client.get(address).status_code == 200
        for figure in measure_page(client, f"{database} {name}", address, bare):
            print(figure.as_json(), flush=True)  # noqa: T201 - read by who started us


def _fill(number: int) -> Team:
    """A team with its members, what is set to them and what each has done of it."""
    made = [
        User.objects.create_user(f"member-{number}-{one}@example.org") for one in range(MEMBERS)
    ]
    team = operations.create_team(actor=made[0], name=f"Team {number}")
    owner = team.memberships.get()
    link, _ = operations.make_link(actor=owner, role=Role.LEARNER, days=1, uses=MEMBERS)
    learners = [operations.join(actor=user, invitation=link) for user in made[1:]]
    packs = [pack for pack in get_packs().values() if pack.slug.startswith("many-")]
    for each in range(ASSIGNMENTS):
        pack = packs[(number + each) % len(packs)]
        cards = [pack.cards[(each * 3 + one) % len(pack.cards)] for one in range(CARDS)]
        operations.set_assignment(
            actor=owner,
            pack=pack.slug,
            members=learners[::2] if each % 5 == 0 else [],
            title=f"Week {each}",
            items=[[card.slug, ""] for card in cards],
            for_all=each % 5 != 0,
            opens_at=timezone.now() - timedelta(days=each + 1),
        )
    _practise(team, learners)
    return team


def _practise(team: Team, learners: list[Membership]) -> None:
    now = timezone.now()
    set_cards = {
        (one.pack, card) for one in Assignment.objects.filter(team=team) for card, _ in one.items
    }
    CardProgress.objects.bulk_create(
        (
            CardProgress(
                learner=member.learner,
                pack=pack,
                card=card,
                read_at=now,
                ran_at=now if (place + row) % 3 else None,
                last_at=now,
            )
            for row, member in enumerate(learners)
            for place, (pack, card) in enumerate(sorted(set_cards))
            if (place + row) % 4
        ),
        batch_size=500,
    )


if __name__ == "__main__":
    main(sys.argv[1])
