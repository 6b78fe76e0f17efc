"""Teams, who is in them, and the ways in. A learner's own progress is not kept here: what
happens to a team never touches it.
"""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone

from playground.accounts.models import User
from playground.progress.models import Attempt


def make_public_id() -> str:
    """What a team is called in addresses; nobody can guess the next."""
    return secrets.token_hex(6)


class Role(models.TextChoices):
    """What somebody is in a team."""

    OWNER = "owner"
    TEACHER = "teacher"
    LEARNER = "learner"


class Team(models.Model):
    """A group. ``archived_at``: it can be read, and nothing in it changes.

    What is run for it is bounded, 0 being without bound: by its owners, all of it and each
    member's; above them by the operator (``most_``, None being as the settings say).
    """

    public_id = models.SlugField(max_length=20, unique=True, default=make_public_id)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    runs_at_once = models.PositiveIntegerField(default=0)
    runs_per_hour = models.PositiveIntegerField(default=0)
    member_runs_at_once = models.PositiveIntegerField(default=0)
    member_runs_per_hour = models.PositiveIntegerField(default=0)
    member_scratch_megabytes = models.PositiveIntegerField(default=0)
    most_runs_at_once = models.PositiveIntegerField(null=True, blank=True)
    most_runs_per_hour = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        """Its name."""
        return self.name


class Membership(models.Model):
    """Somebody in a team. ``learner`` is their digest, as the tables of progress have it.

    ``name`` is how the team knows them, where they gave one. ``opened_at`` is when they last came
    to this team from another one.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    learner = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(default=timezone.now)
    joined_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        """Once in each team."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "user"], name="once_in_a_team")
        ]

    def __str__(self) -> str:
        """As what and where."""
        return f"{self.role} in {self.team_id}"

    @property
    def called(self) -> str:
        """How pages name them."""
        return self.name or self.user.email

    @property
    def teaches(self) -> bool:
        """Whether they see what learners do."""
        return self.role != Role.LEARNER


class Invitation(models.Model):
    """A way in that works until it ends. Of a link the digest of its token is kept alone.

    A link is for whoever has it, ``uses_left`` times. With an ``email`` it was mailed to that
    address, and works once. With a ``domain`` it is for every proved address there.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.LEARNER)
    token_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique
    email = models.EmailField(max_length=254, blank=True, db_index=True)
    name = models.CharField(max_length=80, blank=True)
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    uses_left = models.PositiveIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; each address and each domain once in a team."""

        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["team", "email"], condition=~models.Q(email=""), name="invited_once"
            ),
            models.UniqueConstraint(
                fields=["team", "domain"], condition=~models.Q(domain=""), name="domain_once"
            ),
        ]

    def __str__(self) -> str:
        """For whom."""
        return self.email or self.domain or "whoever has the link"


class Assignment(models.Model):
    """Cards or exercises of one pack, set to a team's learners.

    ``items`` are pairs of slugs: a card and one of its exercises, or an empty text for all of it.
    Nobody but those who teach knows of it before ``opens_at``.
    """

    class Late(models.TextChoices):
        """What is said of what is done after ``due_at``."""

        ACCEPT = "accept", "counts, and is shown as late"
        REFUSE = "refuse", "does not count"

    team = models.ForeignKey(Team, models.CASCADE, related_name="assignments")
    title = models.CharField(max_length=120)
    pack = models.CharField(max_length=200)
    items = models.JSONField(default=list)
    for_all = models.BooleanField(default=True)
    members = models.ManyToManyField(Membership, related_name="assignments")
    opens_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True)
    late = models.CharField(max_length=10, choices=Late.choices, default=Late.ACCEPT)
    pass_mark = models.PositiveSmallIntegerField(default=100)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-opens_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["team", "-opens_at"], name="assignments_of_team"),
            models.Index(fields=["due_at"], name="assignments_due"),
        ]

    def __str__(self) -> str:
        """Its title."""
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether those to whom it is set know of it."""
        return self.opens_at <= timezone.now()

    @property
    def is_past(self) -> bool:
        """Whether its time is over."""
        return bool(self.due_at and self.due_at < timezone.now())

    def is_shown_to(self, learner: Membership) -> bool:
        """Whether it is set to this learner, and open."""
        if not self.is_open or learner.team_id != self.team_id:
            return False
        return self.for_all or self.members.filter(pk=learner.pk).exists()


class NoReminders(models.Model):
    """An account that wants no mail on what is due."""

    user = models.OneToOneField(User, models.CASCADE, related_name="no_reminders")

    def __str__(self) -> str:
        """Whose."""
        return f"of {self.user_id}"


class Reminder(models.Model):
    """A mail on what is due then: claimed before it leaves, so that nobody sends it as well."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="reminders")
    user = models.ForeignKey(User, models.CASCADE, related_name="reminders")
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Once, unless it is due at another time."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["assignment", "user", "due_at"], name="reminded_once_of_each"
            )
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.assignment_id} to {self.user_id}"


class Comment(models.Model):
    """What somebody says of an attempt: of a line of its answer, of a moment of its run in
    microseconds, or of all of it. What is said of one place is a thread.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="comments")
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, models.CASCADE, related_name="comments")
    line = models.PositiveIntegerField(null=True)
    at_us = models.PositiveBigIntegerField(null=True)
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(default=timezone.now)

    # How the team calls who wrote it, and as what; said by playground/teams/feedback.py.
    by = ""
    role = ""

    class Meta:
        """As it was said."""

        ordering: ClassVar[list[str]] = ["created_at", "pk"]

    def __str__(self) -> str:
        """Of what."""
        return f"on {self.attempt_id}"


class Notice(models.Model):
    """A comment that somebody is told of, until it was shown to them."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="notices")
    read_at = models.DateTimeField(null=True)

    class Meta:
        """A page asks how many are not read."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "read_at"], name="notices_of_user")
        ]

    def __str__(self) -> str:
        """For whom."""
        return f"to {self.user_id}"


class PackVersion(models.Model):
    """One archive of a pack of the team's own, as it was uploaded.

    Of the versions of one pack at most one is published, and at most one is a draft: the newest.
    ``checked`` is what a check without failures left: ``exercises.checked.Checking`` as JSON.
    """

    class State(models.TextChoices):
        """Who sees it: those who teach, everybody in the team, nobody any more."""

        DRAFT = "draft"
        PUBLISHED = "published"
        REPLACED = "replaced"
        WITHDRAWN = "withdrawn"

    team = models.ForeignKey(Team, models.CASCADE, related_name="pack_versions")
    slug = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    version = models.CharField(max_length=40)
    cards = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    stored_bytes = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="uploaded_packs")
    uploaded_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    checked = models.JSONField(default=dict)

    class Meta:
        """By pack, the newest version first."""

        ordering: ClassVar[list[str]] = ["slug", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "slug", "number"], name="one_version"),
            models.UniqueConstraint(
                fields=["team", "slug"],
                condition=models.Q(state="published"),
                name="published_once",
            ),
            models.UniqueConstraint(
                fields=["team", "slug"], condition=models.Q(state="draft"), name="one_draft"
            ),
        ]

    def __str__(self) -> str:
        """Which."""
        return f"{self.slug} {self.number}"

    @property
    def is_published(self) -> bool:
        """Whether everybody in the team sees it."""
        return self.state == self.State.PUBLISHED

    @property
    def is_draft(self) -> bool:
        """Whether those who teach see it alone."""
        return self.state == self.State.DRAFT

    @property
    def address(self) -> str:
        """Its pack's slug in addresses and in the tables of progress; no other pack has a "_"."""
        shown = f"{self.slug}_{self.team.public_id}"
        return f"{shown}_draft" if self.is_draft else shown


class PackCheck(models.Model):
    """The check of a version, the newest alone. It goes on in the process that writes ``beat_at``
    and knows the ``token``; ``reason`` is why it ended early.
    """

    class State(models.TextChoices):
        """How far it is."""

        GOING_ON = "going on"
        ENDED = "ended"
        CANCELLED = "cancelled"
        STOPPED = "stopped"

    version = models.OneToOneField(PackVersion, models.CASCADE, related_name="check_of_it")
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    token = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State.choices, default=State.GOING_ON)
    total = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Of what."""
        return f"of {self.version_id}"


class PackResult(models.Model):
    """What became of one thing that was checked: ``playground.runs.checking.Result``."""

    check_of = models.ForeignKey(PackCheck, models.CASCADE, related_name="results")
    kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=500)
    driver = models.CharField(max_length=20)
    problem = models.TextField(blank=True)
    file = models.CharField(max_length=500)
    line = models.PositiveIntegerField()
    seconds = models.FloatField()

    class Meta:
        """As they came; each once."""

        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["check_of", "kind", "subject", "driver"], name="checked_once"
            )
        ]

    def __str__(self) -> str:
        """Of what."""
        return f"{self.kind} {self.subject}"
