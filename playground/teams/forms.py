"""What is typed about teams."""

from __future__ import annotations

from typing import Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from playground.teams import operations
from playground.teams.models import Role
from playground.teams.quotas import Ceiling

MOST_FIGURE: Final = 1_000_000  # that is taken as a limit
_LEARNERS = [(Role.LEARNER, "learners")]


def _offer_teachers(field: forms.Field, with_teachers: bool) -> None:
    assert isinstance(field, forms.ChoiceField)
    if with_teachers:
        field.choices = [*_LEARNERS, (Role.TEACHER, "teachers")]


class NameForm(forms.Form):
    """A team's name."""

    name = forms.CharField(max_length=80, label="Name of the team")


class LinkForm(forms.Form):
    """How long a link works, how often, and as what one joins by it."""

    role = forms.ChoiceField(choices=_LEARNERS, label="For")
    days = forms.TypedChoiceField(
        coerce=int,
        label="Works for",
        initial=7,
        choices=[(days, f"{days} day{'s' if days > 1 else ''}") for days in operations.LINK_DAYS],
    )
    uses = forms.IntegerField(
        label="How many may join by it", initial=30, min_value=1, max_value=operations.MOST_USES
    )

    def __init__(self, *given: object, with_teachers: bool = False, **named: object) -> None:
        """``with_teachers``: who makes it may invite teachers as well."""
        super().__init__(*given, **named)  # type: ignore[arg-type]
        _offer_teachers(self.fields["role"], with_teachers)


class PeopleForm(forms.Form):
    """Who is to be invited by mail."""

    people = forms.CharField(
        max_length=40_000,
        label="One address in each line",
        help_text="Or pasted from a table: address, name, learner or teacher.",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    role = forms.ChoiceField(choices=_LEARNERS, label="Where a line does not say: as")

    def __init__(self, *given: object, with_teachers: bool = False, **named: object) -> None:
        """``with_teachers``: who sends it may invite teachers as well."""
        super().__init__(*given, **named)  # type: ignore[arg-type]
        _offer_teachers(self.fields["role"], with_teachers)


class CommentForm(forms.Form):
    """What is said of an attempt, and of which line or moment; of all of it without one."""

    text = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    line = forms.IntegerField(required=False, min_value=1)
    at_ms = forms.FloatField(required=False, min_value=0, max_value=3_600_000)

    def __init__(self, *given: object, lines: int, **named: object) -> None:
        """``lines``: so many has the answer."""
        super().__init__(*given, **named)  # type: ignore[arg-type]
        self._lines = lines

    def clean_line(self) -> int | None:
        """A line that is there."""
        line: int | None = self.cleaned_data["line"]
        if line is not None and line > self._lines:
            raise forms.ValidationError(f"The answer has {self._lines} lines.")
        return line

    @property
    def at_us(self) -> int | None:
        """The moment in microseconds; a line is named before a moment."""
        at_ms = self.cleaned_data["at_ms"]
        return None if at_ms is None or self.cleaned_data["line"] else round(at_ms * 1000)


class JoinForm(forms.Form):
    """How the team is to know who joins."""

    name = forms.CharField(
        required=False,
        max_length=80,
        label="Your name in the team, if you like",
        help_text="Without one, your teachers see your e-mail address.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class QuotaForm(forms.Form):
    """How much may be run; what is left empty is bounded by the operator alone."""

    runs_at_once = forms.IntegerField(label="Runs of the whole team at once")
    runs_per_hour = forms.IntegerField(label="Runs of the whole team within an hour")
    member_runs_at_once = forms.IntegerField(label="Runs of each member at once")
    member_runs_per_hour = forms.IntegerField(label="Runs of each member within an hour")
    member_scratch_megabytes = forms.IntegerField(
        label="Megabytes of each member's scratch files and databases"
    )

    def __init__(self, *given: object, ceiling: Ceiling, **named: object) -> None:
        """``ceiling``: the most that the operator allows."""
        super().__init__(*given, **named)  # type: ignore[arg-type]
        for name, most in ceiling._asdict().items():
            field = self.fields[name]
            field.required = False
            most_said = f"at most {most}, this site's limit" if most else "as many as you like"
            field.help_text = f"From 1, {most_said}. Empty: no limit of the team's own."
            too_many = f"This is too many: {most_said if most else f'at most {MOST_FIGURE}'}."
            field.validators += [
                MinValueValidator(1, "From 1; leave it empty for no limit of the team's own."),
                MaxValueValidator(most or MOST_FIGURE, too_many),
            ]
            field.widget.attrs |= {"min": 1, "max": most or MOST_FIGURE}

    @property
    def figures(self) -> dict[str, int]:
        """What is to hold; 0 is without bound."""
        return {name: value or 0 for name, value in self.cleaned_data.items()}
