"""What of a learner their teachers see: what is set to them and open, and nothing else.

Attempts are seen from the moment on at which the learner was in the team and it was set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from playground.progress.models import Attempt
from playground.teams.models import Assignment, Membership, Role, Team


class SeenAttempt(NamedTuple):
    """An attempt that a team sees, and whose of it."""

    team_id: int
    member: Membership
    attempt: Attempt


class Scope(NamedTuple):
    """Since when each exercise is seen, by pack, card and exercise; "" is all of the card."""

    since: dict[tuple[str, str, str], datetime]

    def has(self, attempt: Attempt) -> bool:
        """Whether the attempt is seen."""
        keys = [(attempt.pack, attempt.card, each) for each in ("", attempt.exercise)]
        return any(key in self.since and attempt.created_at >= self.since[key] for key in keys)


def list_open(team: Team) -> list[Assignment]:
    """What is open in the team, the newest first."""
    return list(team.assignments.filter(opens_at__lte=timezone.now()))


def list_set_to(found: Iterable[Assignment]) -> dict[int, set[int]]:
    """The members to whom each is set that is not for all, in one statement."""
    some = [one.pk for one in found if not one.for_all]
    chosen: dict[int, set[int]] = {pk: set() for pk in some}
    through = Assignment.members.through.objects.filter(assignment_id__in=some)
    for assignment, member in through.values_list("assignment_id", "membership_id"):
        chosen[assignment].add(member)
    return chosen


def read_scopes(team: Team, members: Iterable[Membership]) -> dict[int, Scope]:
    """Of each member, in two statements."""
    found = list_open(team)
    chosen = list_set_to(found)
    scopes: dict[int, Scope] = {}
    for member in members:
        since: dict[tuple[str, str, str], datetime] = {}
        for one in found:
            if one.pk not in chosen or member.pk in chosen[one.pk]:
                begun = max(one.opens_at, member.joined_at)
                for card, exercise in one.items:
                    key = (one.pack, card, exercise)
                    since[key] = min(begun, since.get(key, begun))
        scopes[member.pk] = Scope(since)
    return scopes


def list_attempts(
    team: Team, members: Iterable[Membership], most: int, **of: str
) -> list[SeenAttempt]:
    """The newest of what is seen of these learners; ``of`` narrows it to a card."""
    by_learner = {one.learner: one for one in members if one.role == Role.LEARNER}
    scopes = read_scopes(team, by_learner.values())
    cards: dict[str, set[str]] = defaultdict(set)
    for scope in scopes.values():
        for pack, card, _ in scope.since:
            cards[pack].add(card)
    begun = min((at for scope in scopes.values() for at in scope.since.values()), default=None)
    if begun is None:
        return []
    found = Attempt.objects.filter(
        learner__in=by_learner,
        pack__in=cards,
        card__in=set().union(*cards.values()),
        created_at__gte=begun,
        **of,
    ).defer("answer")
    seen = (
        SeenAttempt(team.pk, by_learner[one.learner], one)
        for one in found[: 4 * most]
        if scopes[by_learner[one.learner].pk].has(one)
    )
    return [one for _, one in zip(range(most), seen, strict=False)]


def get_attempt(team: Team, run_id: str) -> SeenAttempt | None:
    """One of them, whose ever it is."""
    attempt = Attempt.objects.filter(run_id=run_id).first()
    if attempt is None:
        return None
    learners = team.memberships.filter(role=Role.LEARNER, learner=attempt.learner)
    member = learners.select_related("user", "team").first()
    if member is None or not read_scopes(team, [member])[member.pk].has(attempt):
        return None
    return SeenAttempt(team.pk, member, attempt)
