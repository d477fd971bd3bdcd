"""What staff type in where it is about many people at once, or about nobody any more."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core import signing

from dashboard.grounds import GROUNDS
from dashboard.privacy import bulk, bulk_files
from dashboard.privacy.bulk import Rows
from dashboard.privacy.bulk_files import NotAList, Row

LONGEST = 2_400_000
"""Characters of a checked list in a page; Django takes 2.5 MB of fields."""
_AN_HOUR = 3_600
_SALT = "bulk erasure of"


class BulkUploadForm(forms.Form):
    """A list of people, as a file."""

    file = forms.FileField(
        label="CSV file",
        help_text="One user_id a line, or a header: user_id, ticket, received_on, note. 10,000 rows or 5 MB at most.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    ground = forms.ChoiceField(label="Ground, for all of them", choices=GROUNDS)
    rows: Rows

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > bulk_files.LARGEST:
            raise forms.ValidationError("The file is larger than 5 MB. Split it.")
        try:
            self.rows = bulk.read(file.read())
        except NotAList as error:
            raise forms.ValidationError(str(error)) from None
        if len(sealed(self.rows.good, "")) > LONGEST:
            raise forms.ValidationError("The list is too long to be confirmed at once. Split it.")
        return file


class BulkConfirmForm(forms.Form):
    """The checked list again, exactly as it was shown, with the decision to go on."""

    sealed = forms.CharField(widget=forms.HiddenInput)
    ground = forms.ChoiceField(choices=GROUNDS, widget=forms.HiddenInput)
    file_name = forms.CharField(max_length=255, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(label="I have looked at both lists")
    rows: list[Row]

    def __init__(self, *arguments: Any, whose: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._whose = whose

    def clean_sealed(self) -> str:
        text: str = self.cleaned_data["sealed"]
        try:
            self.rows = _unsealed(text, self._whose)
        except signing.BadSignature:
            raise forms.ValidationError("The list was checked too long ago. Upload it again.") from None
        return text


class BulkApproveForm(forms.Form):
    """Typed confirmation for a whole list."""

    digest = forms.RegexField("^[0-9a-f]{64}$", widget=forms.HiddenInput)
    count = forms.IntegerField(label="Type how many people it is", min_value=1)


class GhostPurgeForm(forms.Form):
    """Which ghosts are to go."""

    before = forms.DateField(
        label="Rows last changed before", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label="Reason", max_length=500, help_text="Whoever approves it reads this.")


def sealed(rows: Sequence[Row], whose: str) -> str:
    """The rows for a hidden field, so that what is confirmed is what was checked, by the same person."""
    packed = [
        [row.number, row.user_id, row.ticket, row.received_on and row.received_on.isoformat(), row.note] for row in rows
    ]
    return signing.dumps(packed, salt=f"{_SALT} {whose}", compress=True)


def _unsealed(text: str, whose: str) -> list[Row]:
    packed = signing.loads(text, salt=f"{_SALT} {whose}", max_age=_AN_HOUR)
    return [
        Row(number=number, user_id=user_id, ticket=ticket, received_on=_date(received_on), note=note)
        for number, user_id, ticket, received_on, note in packed
    ]


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
