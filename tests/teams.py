"""A cast: alice owns a team, tom teaches in it, lea and lou learn, charlie is a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from playground.teams import operations
from playground.teams.models import Assignment, Membership, Role, Team
from tests.accounts import make_user


@dataclass
class Cast:
    """The team's members; ``other`` is charlie's own team."""

    team: Team
    alice: Membership
    tom: Membership
    lea: Membership
    lou: Membership
    charlie: Membership
    other: Team

    @property
    def address(self) -> str:
        """Where the team is."""
        return f"/teams/{self.team.public_id}/"


def set_cards(
    actor: Membership, *cards: str, members: tuple[Membership, ...] = (), **fields: Any
) -> Assignment:
    """An assignment of some cards, or of one exercise as ``card/exercise``; to all by default."""
    items = [[card, exercise] for card, _, exercise in (one.partition("/") for one in cards)]
    given: dict[str, Any] = {"title": "First week", "opens_at": timezone.now(), **fields}
    return operations.set_assignment(
        actor=actor,
        pack="async-databases",
        items=items,
        for_all=not members,
        members=members,
        **given,
    )


def add_member(
    actor: Membership, email: str, role: Role = Role.LEARNER, name: str = ""
) -> Membership:
    """Somebody new, who followed a link."""
    invitation, _ = operations.make_link(actor=actor, role=role, days=1, uses=1)
    return operations.join(actor=make_user(email), invitation=invitation, name=name)


def make_cast() -> Cast:
    """All of them, with accounts whose addresses are proved."""
    team = operations.create_team(actor=make_user("alice@example.org"), name="Spring class")
    alice = team.memberships.select_related("user").get()
    other = operations.create_team(actor=make_user("charlie@example.org"), name="Charlie's own")
    return Cast(
        team,
        alice,
        add_member(alice, "tom@example.org", Role.TEACHER, "Tom"),
        add_member(alice, "lea@example.org"),
        add_member(alice, "lou@example.org"),
        other.memberships.select_related("user").get(),
        other,
    )
