"""Writes and reads of feedback: what is said of an attempt, and who is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from playground.accounts.models import User
from playground.teams.models import Comment, Membership, Notice, Team
from playground.teams.scope import SeenAttempt

MOST_COMMENTS: Final = 200  # of one attempt
MOST_SHOWN: Final = 50


class TooManyComments(Exception):
    """There is an end to what is said of one attempt."""


class Thread(NamedTuple):
    """What is said of one place: a line, a moment, or the attempt as a whole."""

    line: int | None
    at_us: int | None
    comments: list[Comment]

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        if self.line is not None:
            return f"thread-line-{self.line}"
        return "thread" if self.at_us is None else f"thread-at-{self.at_us}"

    @property
    def at_ms(self) -> float | None:
        """The moment, as people say it."""
        return None if self.at_us is None else self.at_us / 1000


@transaction.atomic
def add_comment(
    *, actor: Membership, seen: SeenAttempt, text: str, line: int | None, at_us: int | None
) -> Comment:
    """Say something of an attempt; whom it is for are told. Raises TooManyComments."""
    own = Comment.objects.filter(team=actor.team, attempt=seen.attempt)
    if own.count() >= MOST_COMMENTS:
        raise TooManyComments
    comment = Comment.objects.create(
        team=actor.team,
        attempt=seen.attempt,
        author=actor.user,
        text=text,
        line=line,
        at_us=at_us,
    )
    told = _list_told(actor, seen)
    Notice.objects.bulk_create(Notice(user_id=pk, comment=comment) for pk in sorted(told))
    return comment


def delete_comment(*, actor: Membership, comment: Comment) -> None:
    """Take back what one said."""
    comment.delete()


def list_threads(team: Team, seen: SeenAttempt) -> list[Thread]:
    """The whole first, then lines, then moments."""
    threads: dict[tuple[int | None, int | None], Thread] = {}
    said = Comment.objects.filter(team=team, attempt=seen.attempt).select_related("author")
    for one in said:
        key = (one.line, one.at_us)
        threads.setdefault(key, Thread(*key, [])).comments.append(one)
    return sorted(threads.values(), key=lambda one: (one.line or 0, one.at_us or 0))


def name_authors(team: Team, threads: Iterable[Thread]) -> None:
    """Say of each comment how the team calls who wrote it, and as what."""
    members = {one.user_id: one for one in team.memberships.select_related("user")}
    for thread in threads:
        for one in thread.comments:
            member = members.get(one.author_id)
            one.by = member.called if member else one.author.email
            one.role = member.role if member else "not in the team any more"


def list_notices(user: User) -> list[Notice]:
    """The newest, those that are not read among them."""
    found = Notice.objects.filter(user=user).select_related(
        "comment__team", "comment__attempt", "comment__author"
    )
    return list(found.order_by("-pk")[:MOST_SHOWN])


def count_unread(user: User) -> int:
    """How many comments somebody has not seen."""
    return Notice.objects.filter(user=user, read_at=None).count()


def mark_seen(user: User, notices: Iterable[Notice]) -> None:
    """These were shown."""
    unread = [one.pk for one in notices if one.read_at is None]
    if unread:
        Notice.objects.filter(user=user, pk__in=unread).update(read_at=timezone.now())


def mark_attempt_seen(user: User, seen: SeenAttempt) -> None:
    """What is said of this attempt was shown."""
    of_attempt = Notice.objects.filter(user=user, read_at=None, comment__attempt=seen.attempt)
    of_attempt.update(read_at=timezone.now())


def _list_told(actor: Membership, seen: SeenAttempt) -> set[int]:
    """The learner, and the teachers who said something here; all who teach where none did."""
    said = Comment.objects.filter(team=actor.team, attempt=seen.attempt)
    teaching = {one.user_id for one in actor.team.memberships.all() if one.teaches}
    told = teaching & set(said.values_list("author_id", flat=True))
    if not actor.teaches and not told:
        told = teaching
    return (told | {seen.member.user_id}) - {actor.user_id}
