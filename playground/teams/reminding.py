"""Who is to be reminded of what: each once, and nobody who asked for no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from playground.accounts.learners import hold_learner
from playground.accounts.models import User
from playground.accounts.stop_links import StopLink
from playground.teams import assignments, queries
from playground.teams.models import Assignment, Membership, NoReminders, Reminder, Role

CLAIM_MINUTES: Final = 15  # far longer than a mail server takes
STOP_LINK: Final = StopLink("teams.reminders")


class Due(NamedTuple):
    """An assignment that somebody has not done, and when it is due."""

    assignment: Assignment
    member: Membership
    due_at: datetime


def list_due(until: datetime) -> Iterator[Due]:
    """What is due by then and open now, for each learner who has not done it or been told."""
    now = timezone.now()
    found = Assignment.objects.filter(
        opens_at__lte=now, due_at__gt=now, due_at__lte=until, team__archived_at=None
    ).select_related("team")
    silent = set(NoReminders.objects.values_list("user_id", flat=True))
    for assignment in found.order_by("due_at", "pk"):
        members = queries.list_learners_of(assignment)
        results = assignments.list_results(assignment, members)
        for member in members:
            proved = member.user.is_active and queries.list_proved_addresses(member.user)
            is_waiting = member.user_id not in silent and not results[member.pk].is_met
            if proved and is_waiting and assignment.due_at:
                due = Due(assignment, member, assignment.due_at)
                if not _is_taken(due):
                    yield due


@transaction.atomic
def claim(due: Due) -> bool:
    """Whether it is the caller's to send."""
    hold_learner(due.member.user.learner)
    user = due.member.user
    is_wanted = not NoReminders.objects.filter(user=user).exists()
    is_learner = Membership.objects.filter(pk=due.member.pk, role=Role.LEARNER).exists()
    if not (is_wanted and is_learner) or _is_taken(due):
        return False
    Reminder.objects.update_or_create(
        assignment=due.assignment,
        user=user,
        due_at=due.due_at,
        defaults={"claimed_at": timezone.now(), "sent_at": None},
    )
    return True


def settle(due: Due) -> None:
    """It has left."""
    _of(due).update(sent_at=timezone.now())


def release(due: Due) -> None:
    """It did not leave: it is to be sent again."""
    _of(due).filter(sent_at=None).delete()


def stop(user_id: int) -> None:
    """No more of them; asking again changes nothing."""
    if user := User.objects.filter(pk=user_id).first():
        NoReminders.objects.get_or_create(user=user)


def resume(user: User) -> None:
    """Send them again."""
    NoReminders.objects.filter(user=user).delete()


def is_reminded(user: User) -> bool:
    """Whether somebody gets them."""
    return not NoReminders.objects.filter(user=user).exists()


def _of(due: Due) -> QuerySet[Reminder]:
    return Reminder.objects.filter(
        assignment=due.assignment, user=due.member.user, due_at=due.due_at
    )


def _is_taken(due: Due) -> bool:
    """Whether somebody sent it or is about to; a claim from before a crash is taken up again."""
    abandoned = timezone.now() - timedelta(minutes=CLAIM_MINUTES)
    return _of(due).exclude(sent_at=None, claimed_at__lt=abandoned).exists()
