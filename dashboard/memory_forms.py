"""What staff type in about one memory: its right wording, and why."""

from typing import Any

from django import forms

from memadmin.memory.scoped import MAX_TEXT_LENGTH

MOST_AT_ONCE = 200
"""Memories in one deletion."""


class RectifyForm(forms.Form):
    """The right wording of a memory."""

    text = forms.CharField(
        label="Wording", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"})
    )

    def __init__(self, *args: Any, kept: str = "", **kwargs: Any) -> None:
        """``kept``: the wording of now, whose ends of lines stay as they are: browsers send all of them as CRLF."""
        super().__init__(*args, **kwargs)
        self._kept = kept
        self.initial.setdefault("text", kept)

    def clean_text(self) -> str:
        typed: str = _with_line_ends(self.cleaned_data["text"], self._kept)
        if not typed.strip():
            raise forms.ValidationError("The wording is empty. To remove a memory, delete it.")
        if len(typed) > MAX_TEXT_LENGTH:
            raise forms.ValidationError(
                f"The wording is {len(typed):,} characters long; at most {MAX_TEXT_LENGTH:,} are accepted."
            )
        return typed


def _with_line_ends(typed: str, kept: str) -> str:
    """What was typed, with lines that end as in the wording that is kept."""
    plain = _plain(typed)
    if plain == _plain(kept):
        return kept
    return plain.replace("\n", "\r\n") if "\r\n" in kept else plain


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
