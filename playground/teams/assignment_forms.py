"""What is typed about an assignment; times are those of the zone that is in force."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils import timezone

from exercises.model import Pack
from playground.teams import queries
from playground.teams.models import Assignment, Membership, Team

_FORMAT: Final = "%Y-%m-%dT%H:%M"


class AssignmentForm(forms.Form):
    """An assignment of one pack to one team."""

    title = forms.CharField(max_length=120)
    items = forms.MultipleChoiceField(
        error_messages={"required": "Choose a card or an exercise at least."}
    )
    whom = forms.ChoiceField(
        choices=[("all", "Every learner, also those who join later"), ("some", "Some of them")],
        widget=forms.RadioSelect,
        initial="all",
    )
    members = forms.MultipleChoiceField(required=False)
    opens_at = forms.DateTimeField(
        label="Opens", widget=forms.DateTimeInput({"type": "datetime-local"}, _FORMAT)
    )
    due_at = forms.DateTimeField(
        label="Due",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, _FORMAT),
    )
    late = forms.ChoiceField(
        label="What is done after that", choices=Assignment.Late.choices, initial="accept"
    )
    pass_mark = forms.IntegerField(
        label="Done with so many of a hundred parts", min_value=1, max_value=100, initial=100
    )

    def __init__(self, *given: Any, team: Team, pack: Pack, **named: Any) -> None:
        """The choices are the pack's cards and exercises, and the team's learners."""
        super().__init__(*given, **named)
        self.pack = pack
        self.learners: list[Membership] = queries.list_learners(team)
        items, members = self.fields["items"], self.fields["members"]
        assert isinstance(items, forms.MultipleChoiceField)
        assert isinstance(members, forms.MultipleChoiceField)
        items.choices = [
            (value, value)
            for card in pack.cards
            for value in (f"{card.slug}/", *[f"{card.slug}/{one.slug}" for one in card.exercises])
        ]
        members.choices = [(str(one.pk), one.called) for one in self.learners]
        if not self.is_bound and "opens_at" not in self.initial:
            self.initial["opens_at"] = timezone.now()

    def clean(self) -> dict[str, Any]:
        """What depends on more than one field."""
        given = super().clean() or {}
        opens_at, due_at = given.get("opens_at"), given.get("due_at")
        if opens_at and due_at and due_at <= opens_at:
            self.add_error("due_at", "It is due before it opens. Choose a later time.")
        if given.get("whom") == "some" and not given.get("members"):
            self.add_error("members", "Choose a learner at least, or set it to all.")
        return given

    @property
    def chosen_items(self) -> set[str]:
        """For the page: what is ticked."""
        return set(self["items"].value() or ())

    @property
    def chosen_members(self) -> set[str]:
        """For the page: who is ticked."""
        return {str(pk) for pk in self["members"].value() or ()}


def describe(assignment: Assignment) -> dict[str, Any]:
    """What a form of it begins with."""
    return {
        "title": assignment.title,
        "items": [f"{card}/{exercise}" for card, exercise in assignment.items],
        "whom": "all" if assignment.for_all else "some",
        "members": [str(pk) for pk in assignment.members.values_list("pk", flat=True)],
        "opens_at": assignment.opens_at,
        "due_at": assignment.due_at,
        "late": assignment.late,
        "pass_mark": assignment.pass_mark,
    }
