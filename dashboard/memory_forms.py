"""What staff type in about one memory: its right wording, and why."""

from typing import Any

from django import forms

from memadmin.memory.scoped import MAX_TEXT_LENGTH

MOST_AT_ONCE = 200
"""Memories in one deletion."""


class RectifyForm(forms.Form):
    """The right wording of a memory."""

    text = forms.CharField(label="Wording", required=False, widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}))

    def clean_text(self) -> str:
        typed: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if not typed:
            raise forms.ValidationError("The wording is empty. To remove a memory, delete it.")
        if len(typed) > MAX_TEXT_LENGTH:
            raise forms.ValidationError(
                f"The wording is {len(typed):,} characters long; at most {MAX_TEXT_LENGTH:,} are accepted."
            )
        return typed


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="Kept encrypted beside the audit event. Write no memory text here.",
    )


class SaveForm(RectifyForm, ReasonForm):
    """A wording that was checked, and why it is right."""

    token = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("text", "reason", "token")


class SelectionForm(forms.Form):
    """Memories that were ticked in a list."""

    ids = forms.Field(required=False, widget=forms.MultipleHiddenInput)

    def clean_ids(self) -> list[str]:
        given: Any = self.cleaned_data["ids"]
        ids = list(dict.fromkeys(given or []))
        if not ids:
            raise forms.ValidationError("No memory was chosen. Tick some in the list.")
        if len(ids) > MOST_AT_ONCE:
            raise forms.ValidationError(f"{len(ids):,} memories were chosen; at most {MOST_AT_ONCE} go at once.")
        return ids
