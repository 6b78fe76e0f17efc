"""Reads of teams. What is not the asker's to see is not there, whatever the reason."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from playground.accounts.models import User
from playground.teams.models import Assignment, Invitation, Membership, PackVersion, Role, Team
from playground.teams.tokens import digest_token

_LONG = timedelta(days=3650)


def get_membership(user: User, team: str) -> Membership | None:
    """What somebody is in the team of that public id."""
    found = Membership.objects.select_related("team", "user")
    return found.filter(user=user, team__public_id=team).first()


def list_memberships(user: User) -> list[Membership]:
    """All of somebody's teams with how many are in each, those in the archive last."""
    found = Membership.objects.filter(user=user).select_related("team", "user")
    counted = found.annotate(members=Count("team__memberships"))
    return sorted(counted, key=lambda one: (bool(one.team.archived_at), one.team.name.lower()))


def list_members(team: Team) -> list[Membership]:
    """Everybody in the team: owners, teachers, then learners, each by name."""
    order = list(Role)
    members = team.memberships.select_related("user")
    return sorted(members, key=lambda one: (order.index(Role(one.role)), one.called.lower()))


def get_member(team: Team, pk: int) -> Membership | None:
    """One of them."""
    return team.memberships.select_related("user", "team").filter(pk=pk).first()


def list_learners(team: Team) -> list[Membership]:
    """Those who learn, by name."""
    found = team.memberships.filter(role=Role.LEARNER).select_related("user")
    return sorted(found, key=lambda one: one.called.lower())


def list_learners_of(assignment: Assignment) -> list[Membership]:
    """Those to whom it is set, by name."""
    learners = list_learners(assignment.team)
    if assignment.for_all:
        return learners
    chosen = set(assignment.members.values_list("pk", flat=True))
    return [one for one in learners if one.pk in chosen]


def list_own_assignments(me: Membership) -> list[Assignment]:
    """What is set to a learner and open: what is due first, then what has no time."""
    found = me.team.assignments.filter(
        Q(for_all=True) | Q(pk__in=me.assignments.values("pk")), opens_at__lte=timezone.now()
    )
    return sorted(found, key=lambda one: (one.is_past, one.due_at or one.opens_at + _LONG))


def list_versions(team: Team) -> list[PackVersion]:
    """All of the team's own packs, by slug, the newest version first; without their content."""
    found = team.pack_versions.defer("content")
    return list(found.select_related("team", "uploaded_by", "check_of_it"))


def get_version(team: Team, pk: int) -> PackVersion | None:
    """One of them."""
    found = team.pack_versions.defer("content")
    return found.select_related("team", "uploaded_by", "check_of_it").filter(pk=pk).first()


def list_published(team: Team) -> list[PackVersion]:
    """What everybody in the team sees, by title."""
    found = team.pack_versions.defer("content").select_related("team")
    return list(found.filter(state=PackVersion.State.PUBLISHED).order_by("title", "pk"))


def count_owners(team: Team) -> int:
    """A team has one at least."""
    return team.memberships.filter(role=Role.OWNER).count()


def list_open(team: Team) -> QuerySet[Invitation]:
    """The ways in that work now."""
    return team.invitations.filter(_is_open()).select_related("made_by")


def get_by_token(token: str) -> Invitation | None:
    """The open invitation that this link is."""
    found = Invitation.objects.filter(_is_open(), token_digest=digest_token(token))
    return found.select_related("team", "made_by").first()


def list_proved_addresses(user: User) -> list[str]:
    """The addresses somebody showed to be theirs, in lower case."""
    proved = EmailAddress.objects.filter(user=user, verified=True)
    return [email.lower() for email in proved.values_list("email", flat=True)]


def list_invited(user: User, team: str = "") -> list[Invitation]:
    """The open invitations to somebody's proved addresses or their domains, not yet taken."""
    addresses = list_proved_addresses(user)
    if not addresses:
        return []
    domains = {address.rpartition("@")[2] for address in addresses}
    found = Invitation.objects.filter(
        _is_open(),
        Q(email__in=addresses) | Q(domain__in=domains),
        team__archived_at=None,
        **({"team__public_id": team} if team else {}),
    ).exclude(team__memberships__user=user)
    one_each = {one.team_id: one for one in found.select_related("team").order_by("email")}
    return list(one_each.values())


def _is_open() -> Q:
    lasts = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return lasts & (Q(uses_left=None) | Q(uses_left__gt=0)) & Q(team__archived_at=None)
