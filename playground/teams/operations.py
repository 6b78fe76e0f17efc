"""Writes of teams. ``actor`` is who does it; that they may, ``permissions`` has said before.

Whatever happens to a team, its learners' own progress stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from playground.accounts import audit
from playground.accounts.learners import digest_learner
from playground.accounts.models import User
from playground.teams import queries
from playground.teams.models import Assignment, Invitation, Membership, Notice, Role, Team
from playground.teams.tokens import digest_token, make_token

MOST_TEAMS: Final = 50  # of one account, made or joined
MOST_MEMBERS: Final = 500
LINK_DAYS: Final = (1, 7, 30)
MOST_USES: Final = 500
MAIL_DAYS: Final = 14  # that the link of a mail works
# Where everybody can have an address, a domain is nobody's team.
_PUBLIC: Final = """
gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com me.com aol.com
gmx.de gmx.net gmx.com web.de mail.com mail.ru proton.me protonmail.com fastmail.com yandex.ru
qq.com 163.com
"""
PUBLIC_DOMAINS: Final = frozenset(_PUBLIC.split())


class LastOwner(Exception):
    """A team keeps one owner at least."""


class TooMany(Exception):
    """Of teams of one account, or of members of one team."""


class NotTheirDomain(Exception):
    """Nobody showed that they have an address there, or everybody can have one."""


class Ended(Exception):
    """The invitation does not work any more."""


@transaction.atomic
def create_team(*, actor: User, name: str) -> Team:
    """A team with its first owner. Raises TooMany."""
    _expect_room_of(actor)
    team = Team.objects.create(name=name)
    _add(team, actor, Role.OWNER, actor)
    audit.record(actor, "made", team)
    return team


@transaction.atomic
def rename_team(*, actor: Membership, name: str) -> None:
    """Call it something else."""
    actor.team.name = name
    actor.team.save(update_fields=["name"])
    audit.record(actor.user, "renamed", actor.team)


@transaction.atomic
def set_quotas(*, actor: Membership, **given: int) -> None:
    """Bound what is run for the team and by each member; 0 is without bound."""
    team = Team.objects.select_for_update().get(pk=actor.team.pk)
    changed = {name: value for name, value in given.items() if getattr(team, name) != value}
    for name, value in changed.items():
        setattr(team, name, value)
        setattr(actor.team, name, value)
    if changed:
        team.save(update_fields=list(changed))
        told = ", ".join(f"{name} {value}" for name, value in changed.items())
        audit.record(actor.user, "set the quotas", team, details=told)


def note_opened(*, member: Membership) -> None:
    """They came to this team from another one."""
    member.opened_at = timezone.now()
    member.save(update_fields=["opened_at"])


@transaction.atomic
def archive_team(*, actor: Membership) -> None:
    """From now on it is only read."""
    actor.team.archived_at = timezone.now()
    actor.team.save(update_fields=["archived_at"])
    audit.record(actor.user, "archived", actor.team)


@transaction.atomic
def unarchive_team(*, actor: Membership) -> None:
    """Go on with it."""
    actor.team.archived_at = None
    actor.team.save(update_fields=["archived_at"])
    audit.record(actor.user, "took out of the archive", actor.team)


@transaction.atomic
def delete_team(*, actor: Membership) -> None:
    """With all that was set and said in it."""
    audit.record(actor.user, "deleted", actor.team)
    actor.team.delete()


@transaction.atomic
def set_role(*, actor: Membership, member: Membership, role: Role) -> None:
    """Make a member something else. Raises LastOwner."""
    _hold(member.team)
    if role != Role.OWNER:
        _expect_another_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    audit.record(actor.user, "set the role", member, details=f"to {role} {_of(member.team)}")


@transaction.atomic
def transfer_team(*, actor: Membership, member: Membership) -> None:
    """Make a member an owner and oneself a teacher."""
    _hold(member.team)
    member.role = Role.OWNER
    member.save(update_fields=["role"])
    audit.record(actor.user, "handed over", member.team, details=f"to {audit.name(member)}")
    if member.pk != actor.pk:
        actor.role = Role.TEACHER
        actor.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, actor: Membership, member: Membership) -> None:
    """Take somebody out of the team, or oneself. Raises LastOwner."""
    _hold(member.team)
    _expect_another_owner(member)
    Notice.objects.filter(user=member.user, comment__team=member.team).delete()
    act = "left" if actor.pk == member.pk else "removed"
    audit.record(actor.user, act, member, details=_of(member.team))
    member.delete()


@transaction.atomic
def make_link(*, actor: Membership, role: Role, days: int, uses: int) -> tuple[Invitation, str]:
    """A link for whoever has it; its token is told this once."""
    token = make_token()
    invitation = Invitation.objects.create(
        team=actor.team,
        role=role,
        token_digest=digest_token(token),
        uses_left=uses,
        expires_at=timezone.now() + timedelta(days=days),
        made_by=actor.user,
    )
    details = f"by a link for {uses}, as {role} {_of(actor.team)}"
    audit.record(actor.user, "invited", invitation, details=details)
    return invitation, token


@transaction.atomic
def invite(*, actor: Membership, email: str, name: str, role: Role) -> tuple[Invitation, str]:
    """By mail, to be sent yet; the link of an earlier mail to the address stops working."""
    token = make_token()
    invitation, _ = Invitation.objects.update_or_create(
        team=actor.team,
        email=email,
        defaults={
            "role": role,
            "name": name,
            "token_digest": digest_token(token),
            "uses_left": 1,
            "expires_at": timezone.now() + timedelta(days=MAIL_DAYS),
            "made_by": actor.user,
            "made_at": timezone.now(),
            "sent_at": None,
        },
    )
    details = f"by mail, as {role} {_of(actor.team)}"
    audit.record(actor.user, "invited", invitation, details=details)
    return invitation, token


def note_sent(*, invitation: Invitation) -> None:
    """Its mail has left."""
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=timezone.now())


@transaction.atomic
def open_domain(*, actor: Membership, domain: str) -> Invitation:
    """Everybody with a proved address there may join as a learner, until it is withdrawn.

    Raises NotTheirDomain.
    """
    if domain not in list_domains(actor.user):
        raise NotTheirDomain
    invitation, _ = Invitation.objects.get_or_create(
        team=actor.team, domain=domain, defaults={"made_by": actor.user}
    )
    audit.record(actor.user, "opened to a domain", actor.team)
    return invitation


def list_domains(user: User) -> list[str]:
    """Those somebody has a proved address at, where not everybody can have one."""
    addresses = queries.list_proved_addresses(user)
    return sorted({one.rpartition("@")[2] for one in addresses} - PUBLIC_DOMAINS)


@transaction.atomic
def set_assignment(
    *, actor: Membership, pack: str, members: Iterable[Membership], **given: Any
) -> Assignment:
    """Set cards or exercises to the team, or to some; ``given`` are its other fields."""
    made = Assignment.objects.create(
        team=actor.team, pack=pack, created_by=actor.user, **_on_the_minute(given)
    )
    made.members.set(members)
    return made


@transaction.atomic
def change_assignment(
    *, actor: Membership, assignment: Assignment, members: Iterable[Membership], **given: Any
) -> None:
    """As it is to be from now on."""
    for name, value in _on_the_minute(given).items():
        setattr(assignment, name, value)
    assignment.save()
    assignment.members.set(members)


def delete_assignment(*, actor: Membership, assignment: Assignment) -> None:
    """It is set to nobody any more."""
    assignment.delete()


@transaction.atomic
def withdraw_invitation(*, actor: Membership, invitation: Invitation) -> None:
    """It works no more."""
    audit.record(actor.user, "took back", invitation, details=_of(actor.team))
    invitation.delete()


@transaction.atomic
def join(*, actor: User, invitation: Invitation, name: str = "") -> Membership:
    """Take the invitation; who is in the team already stays what they are.

    Raises Ended and TooMany.
    """
    _hold(invitation.team)
    if member := queries.get_membership(actor, invitation.team.public_id):
        return member
    _expect_room_of(actor)
    if invitation.team.memberships.count() >= MOST_MEMBERS:
        raise TooMany
    if invitation.uses_left is not None:
        left = Invitation.objects.filter(pk=invitation.pk, uses_left__gt=0)
        if not left.update(uses_left=F("uses_left") - 1):
            raise Ended
        Invitation.objects.filter(pk=invitation.pk, uses_left=0).delete()
    elif not Invitation.objects.filter(pk=invitation.pk).exists():
        raise Ended
    called = name or invitation.name
    member = _add(invitation.team, actor, Role(invitation.role), invitation.made_by, called)
    details = f"by {audit.name(invitation)}, as {member.role} {_of(member.team)}"
    audit.record(actor, "joined", member, details=details)
    return member


def leave_all(user: User) -> None:
    """Before an account is deleted: a team of which it is the last owner goes to the teacher who
    is in it longest, or is deleted where nobody teaches.
    """
    for member in queries.list_memberships(user):
        _hold(member.team)
        if is_last_owner(member):
            heir = find_heir(member.team)
            if heir is None:
                audit.record(user, "deleted", member.team, details="with their account")
                member.team.delete()
                continue
            heir.role = Role.OWNER
            heir.save(update_fields=["role"])
            details = f"to {audit.name(heir)}, with their account"
            audit.record(user, "handed over", member.team, details=details)
        member.delete()
    addresses = [user.email, *queries.list_proved_addresses(user)]
    Invitation.objects.filter(email__in={one.lower() for one in addresses}).delete()


def find_heir(team: Team) -> Membership | None:
    """The teacher who is in it longest."""
    teachers = team.memberships.filter(role=Role.TEACHER).select_related("user")
    return teachers.order_by("joined_at", "pk").first()


def is_last_owner(member: Membership) -> bool:
    """Whether the team would have none without them."""
    return member.role == Role.OWNER and queries.count_owners(member.team) == 1


def _add(team: Team, user: User, role: Role, joined_by: User | None, name: str = "") -> Membership:
    return Membership.objects.create(
        team=team,
        user=user,
        learner=digest_learner(user.learner),
        name=name,
        role=role,
        joined_by=joined_by,
    )


def _of(team: Team) -> str:
    return f"in {audit.name(team)}"


def _on_the_minute(given: dict[str, Any]) -> dict[str, Any]:
    """A form asks for minutes; what opens at this one is open now."""
    return {
        name: value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
        for name, value in given.items()
    }


def _hold(team: Team) -> None:
    """Until the transaction ends nobody else changes who is in the team, or deletes it."""
    list(Team.objects.select_for_update().filter(pk=team.pk))


def _expect_room_of(user: User) -> None:
    if Membership.objects.filter(user=user).count() >= MOST_TEAMS:
        raise TooMany


def _expect_another_owner(member: Membership) -> None:
    member.refresh_from_db(fields=["role"])
    if is_last_owner(member):
        raise LastOwner
