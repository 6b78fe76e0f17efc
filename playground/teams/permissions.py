"""Who may do what in a team: the one place that decides.

``tests/unit/test_team_permissions.py`` holds it as a table: role x action x object.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

from playground.teams.models import Assignment, Comment, Membership, PackVersion, Role
from playground.teams.scope import SeenAttempt


class Action(StrEnum):
    """What somebody does in a team, or to something of it."""

    SEE = "see the team"
    LEAVE = "leave it"
    SEE_MEMBERS = "see who is in it"
    INVITE_LEARNER = "invite learners"
    INVITE_TEACHER = "invite teachers"
    WITHDRAW_INVITATION = "withdraw an invitation"
    REMOVE = "remove a member"
    SET_ROLE = "make a member something else"
    OPEN_DOMAIN = "let in everybody of a domain"
    SET_ASSIGNMENT = "set, change and take back assignments"
    SEE_ASSIGNMENT = "see an assignment"
    SEE_GRID = "see where everybody stands"
    SEE_CARD = "see the mistakes made on a card"
    SEE_LEARNER = "see a learner's page"
    SEE_ATTEMPT = "see an attempt"
    COMMENT = "say something of an attempt"
    DELETE_COMMENT = "take back what one said"
    SET_QUOTAS = "bound how much is run"
    SEE_PACKS = "see the team's own packs, their versions and checks"
    CHANGE_PACKS = "upload, check, publish and take back the team's own packs"
    READ_PACK = "read and work through a pack of the team's own"
    RENAME = "rename the team"
    ARCHIVE = "archive it"
    UNARCHIVE = "bring it back from the archive"
    EXPORT = "download all of it"
    DELETE = "delete it"


class OfTeam(Protocol):
    """A member, an invitation, a version of a pack: something that belongs to one team."""

    @property
    def team_id(self) -> int:
        """The team's primary key."""


_OWNER: Final = frozenset({Role.OWNER})
_TEACHING: Final = frozenset({Role.OWNER, Role.TEACHER})
_EVERYBODY: Final = frozenset(Role)
_ALLOWED: Final[dict[Action, frozenset[Role]]] = {
    Action.SEE: _EVERYBODY,
    Action.LEAVE: _EVERYBODY,
    Action.SEE_MEMBERS: _TEACHING,
    Action.INVITE_LEARNER: _TEACHING,
    Action.INVITE_TEACHER: _OWNER,
    Action.WITHDRAW_INVITATION: _TEACHING,
    Action.REMOVE: _TEACHING,
    Action.SET_ROLE: _OWNER,
    Action.OPEN_DOMAIN: _OWNER,
    Action.SET_ASSIGNMENT: _TEACHING,
    Action.SEE_ASSIGNMENT: _EVERYBODY,
    Action.SEE_GRID: _TEACHING,
    Action.SEE_CARD: _TEACHING,
    Action.SEE_LEARNER: _EVERYBODY,
    Action.SEE_ATTEMPT: _EVERYBODY,
    Action.COMMENT: _EVERYBODY,
    Action.DELETE_COMMENT: _EVERYBODY,
    Action.SET_QUOTAS: _OWNER,
    Action.SEE_PACKS: _TEACHING,
    Action.CHANGE_PACKS: _TEACHING,
    Action.READ_PACK: _EVERYBODY,
    Action.RENAME: _OWNER,
    Action.ARCHIVE: _OWNER,
    Action.UNARCHIVE: _OWNER,
    Action.EXPORT: _TEACHING,
    Action.DELETE: _OWNER,
}
# An archived team is only read, left, brought back or deleted.
_IN_THE_ARCHIVE: Final = frozenset(
    {
        Action.SEE,
        Action.LEAVE,
        Action.SEE_MEMBERS,
        Action.SEE_ASSIGNMENT,
        Action.SEE_GRID,
        Action.SEE_CARD,
        Action.SEE_LEARNER,
        Action.SEE_ATTEMPT,
        Action.SEE_PACKS,
        Action.READ_PACK,
        Action.UNARCHIVE,
        Action.EXPORT,
        Action.DELETE,
    }
)


def may(me: Membership | None, action: Action, thing: OfTeam | None = None) -> bool:
    """Whether somebody may do it, to that thing where the action has one. None is a stranger."""
    if me is None or (me.team.archived_at and action not in _IN_THE_ARCHIVE):
        return False
    return may_in_general(me, action, thing)


def may_in_general(me: Membership, action: Action, thing: OfTeam | None = None) -> bool:
    """As ``may``, were the team not in the archive."""
    if thing is not None and thing.team_id != me.team_id:
        return False
    if Role(me.role) not in _ALLOWED[action]:
        return False
    if action == Action.REMOVE and isinstance(thing, Membership):
        # Oneself one leaves; teachers remove learners alone.
        return thing.pk != me.pk and (me.role == Role.OWNER or thing.role == Role.LEARNER)
    if action == Action.SEE_LEARNER and isinstance(thing, Membership):
        return thing.role == Role.LEARNER and (me.teaches or thing.pk == me.pk)
    if isinstance(thing, Comment):
        return thing.author_id == me.user_id
    if isinstance(thing, SeenAttempt) and not me.teaches:
        return thing.member.pk == me.pk
    if isinstance(thing, Assignment) and not me.teaches:
        return thing.is_shown_to(me)
    if action == Action.READ_PACK and isinstance(thing, PackVersion):
        return thing.is_published or (thing.is_draft and me.teaches)
    return True
