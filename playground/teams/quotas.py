"""How much is run for a team: which one a run counts for, and what it and each member may run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import timezone

from playground.accounts.learners import digest_learner
from playground.accounts.models import ACCOUNT
from playground.runs.quotas import LimitOf, Quota, Share, name_runs
from playground.teams.models import Assignment, Membership, Role, Team
from sandbox.protocol import Limits

QUOTAS: Final = (
    *("runs_at_once", "runs_per_hour"),
    *("member_runs_at_once", "member_runs_per_hour", "member_scratch_megabytes"),
)
_WORDS: Final = (
    "{1} at once by all together",
    "{1} within an hour by all together",
    "{1} at once by each member",
    "{1} within an hour by each member",
    "{0} MB of scratch files and databases for each member",
)
_MIB: Final = 1024 * 1024
_OURS: Final = "this site's limit for a team"


class Ceiling(NamedTuple):
    """The most that the operator lets owners of a team set; 0 is without bound."""

    runs_at_once: int
    runs_per_hour: int
    member_runs_at_once: int
    member_runs_per_hour: int
    member_scratch_megabytes: int


def list_shares(learner: str, pack: str, card: str) -> list[Share]:
    """The team that a learner's run of a card counts for, and its member."""
    member = find_counted(learner, pack, card) if learner.startswith(ACCOUNT) else None
    if member is None:
        return []
    return [_share_of_team(member.team), _share_of_member(member)]


def find_counted(learner: str, pack: str, card: str) -> Membership | None:
    """What the learner is in the team that a run counts for.

    Of several it is the one that set the card to them last, else the one they opened last. A team
    in the archive counts for nothing.
    """
    found = Membership.objects.filter(learner=digest_learner(learner), team__archived_at=None)
    members = list(found.select_related("team").order_by("-opened_at", "-pk"))
    if len(members) > 1 and (setting := _find_setting(members, pack, card)):
        return setting
    return members[0] if members else None


def find_ceiling(team: Team) -> Ceiling:
    """What the operator allows, by the settings or for this team alone."""
    at_once, per_hour = team.most_runs_at_once, team.most_runs_per_hour
    return Ceiling(
        settings.RUNS_AT_ONCE_PER_TEAM if at_once is None else at_once,
        settings.RUNS_PER_HOUR_PER_TEAM if per_hour is None else per_hour,
        settings.RUNS_AT_ONCE_PER_LEARNER,
        settings.RUNS_PER_HOUR_PER_LEARNER,
        settings.SCRATCH_MEGABYTES_PER_LEARNER or Limits().disk_bytes // _MIB,
    )


def in_force(team: Team) -> Ceiling:
    """What holds in the team: its owners' figures, where the operator's are not lower."""
    pairs = zip((getattr(team, name) for name in QUOTAS), find_ceiling(team), strict=True)
    return Ceiling(*(_least(own, most) for own, most in pairs))


def say_bounds(team: Team) -> list[str]:
    """What its owners bounded, in words."""
    most, own = in_force(team), {name for name in QUOTAS if getattr(team, name)}
    return [
        words.format(value, name_runs(value))
        for name, value, words in zip(QUOTAS, most, _WORDS, strict=True)
        if name in own
    ]


def _find_setting(members: Sequence[Membership], pack: str, card: str) -> Membership | None:
    """The member to whom the card is set and open, by what was opened last."""
    by_team = {one.team_id: one for one in members if one.role == Role.LEARNER}
    found = Assignment.objects.filter(team__in=by_team, pack=pack, opens_at__lte=timezone.now())
    for one in found:
        member = by_team[one.team_id]
        if any(card == each for each, _ in one.items) and one.is_shown_to(member):
            return member
    return None


def _share_of_team(team: Team) -> Share:
    most = in_force(team)
    whose = f"the limit that the owners of {team.name} set"
    return Share(
        f"team:{team.public_id}",
        Quota(most.runs_at_once, most.runs_per_hour),
        f"Your team {team.name}",
        "has",
        limit_of=LimitOf(
            whose if most.runs_at_once == team.runs_at_once else _OURS,
            whose if most.runs_per_hour == team.runs_per_hour else _OURS,
        ),
    )


def _share_of_member(member: Membership) -> Share:
    """Their turn is the learner's, who is one with them."""
    team = member.team
    whose = f"the limit that the owners of {team.name} set for each member"
    disk = min(team.member_scratch_megabytes, find_ceiling(team).member_scratch_megabytes)
    quota = Quota(team.member_runs_at_once, team.member_runs_per_hour, disk)
    limit_of = LimitOf(whose, whose)
    return Share(f"member:{member.pk}", quota, takes_turns=False, limit_of=limit_of)


def _least(*bounds: int) -> int:
    return min((one for one in bounds if one), default=0)
