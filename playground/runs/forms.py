"""What others fill in about runs."""

from __future__ import annotations

from django import forms

from playground.runs.models import AbuseReport


class ReportForm(forms.Form):
    """What is wrong with a shared recording."""

    reason = forms.ChoiceField(
        label="What is wrong with it?",
        choices=[("", "Choose"), *AbuseReport.REASONS.items()],
        error_messages={"required": "Choose what is wrong.", "invalid_choice": "Choose one."},
    )
    text = forms.CharField(
        label="What should we know? (You need not.)",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
