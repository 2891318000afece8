"""The form of an override."""

from __future__ import annotations

from django import forms


class OverrideForm(forms.Form):
    """A score, why, and until when: all three are required."""

    health = forms.FloatField(
        label="Health, 0 to 100",
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"step": "1", "inputmode": "numeric"}),
    )
    reason = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you know that the signals cannot: colleagues read this beside the score.",
    )
    days = forms.TypedChoiceField(
        label="Holds for",
        coerce=int,
        choices=[(7, "1 week"), (14, "2 weeks"), (30, "1 month"), (90, "3 months")],
        initial=14,
        help_text="Afterwards the computed score shows again.",
    )
