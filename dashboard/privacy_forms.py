"""What staff type in about privacy requests and holds. The names of fields are those of the functions they go to."""

from typing import Any, Self

from django import forms
from django.utils import timezone

from dashboard.grounds import GROUNDS
from dashboard.models import PrivacyRequest
from dashboard.privacy.clock import PROFILES
from dashboard.privacy.codes import Channel, Exemption, IdentityCheck, Kind, refusals
from dashboard.privacy.mentions import Decision
from dashboard.privacy.opening import Asked

NOTE, LONG_NOTE, NARRATIVE = 255, 500, 5_000
"""Characters that are kept."""

READ = "The person reads it on their own pages."
_CHOOSE = ("", "Choose…")


def _reason(label: str = "Reason", *, most: int = LONG_NOTE, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, help_text=help_text, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"})
    )


def _day(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class RequestForm(forms.Form):
    """A privacy request that comes in."""

    kind = forms.TypedChoiceField(
        label="What is asked for", choices=Kind.choices(), coerce=Kind, initial=Kind.ERASURE.value
    )
    ground = forms.ChoiceField(
        label="Ground", choices=[_CHOOSE, *GROUNDS], required=False, help_text="An erasure needs one."
    )
    channel = forms.TypedChoiceField(
        label="How it came", choices=Channel.choices(), coerce=Channel, initial=Channel.STAFF.value
    )
    received_on = _day(
        "Received on", initial=timezone.localdate, help_text="The period to answer in is counted from this day."
    )
    received_note = forms.CharField(
        label="Why that lies in the past",
        max_length=NOTE,
        required=False,
        help_text="Needed where it was received before today.",
    )
    ticket = forms.CharField(label="Ticket", max_length=64, required=False)
    narrative = forms.CharField(
        label="What was asked, in words",
        max_length=NARRATIVE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="Forgotten with the person when they are erased.",
    )
    identity = forms.TypedChoiceField(
        label="Identity of the person",
        choices=IdentityCheck.choices(),
        coerce=IdentityCheck,
        initial=IdentityCheck.NONE.value,
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("kind") is not Kind.ERASURE:
            given["ground"] = ""
        elif not given.get("ground"):
            self.add_error("ground", "Choose the ground that the erasure rests on.")
        return given

    def asked(self) -> Asked:
        """The request; the form must be valid."""
        return Asked(**self.cleaned_data)


class StepForm(forms.Form):
    """One step of a request. Without fields: a button."""

    confirmations: tuple[str, ...] = ()  # fields that are typed to confirm what is shown

    def __init__(self, data: Any = None, *, asked: PrivacyRequest, **options: Any) -> None:
        super().__init__(data, **options)
        self.asked = asked

    def anew(self, asked: PrivacyRequest) -> Self:
        """For the request as it is now, with what was typed; confirmations are typed again."""
        typed = {field.name: field.value() for field in self.visible_fields() if field.name not in self.confirmations}
        return type(self)(asked=asked, auto_id=self.auto_id, initial=typed)


class ApproveForm(StepForm):
    """Typed confirmation of exactly what was shown."""

    confirmations = ("reference",)

    digest = forms.CharField(widget=forms.HiddenInput, required=False)
    reference = forms.CharField(
        label="Type the reference to confirm",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["digest"].initial = self.asked.pinned_digest
        self.fields["reference"].label = f"Type the reference to confirm: {self.asked.reference}"


class RefuseForm(StepForm):
    """Which article a refusal rests on, and why."""

    code = forms.ChoiceField(label="Article")
    reason = _reason(help_text=f"{READ} Tell them that they may complain, too (Art. 12(4)).")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = refusals(Kind(self.asked.kind))
        self.fields["code"].choices = [_CHOOSE, *((code.value, code.sentence) for code in known)]  # type: ignore[attr-defined]


class CancelForm(StepForm):
    """Why nothing comes of it."""

    reason = _reason(help_text=READ)


class ReasonForm(StepForm):
    """Why."""

    reason = _reason()


class FulfilForm(StepForm):
    """What was handed over, corrected or restricted."""

    note = _reason("What was done", help_text=READ)


class IdentityForm(StepForm):
    """How the person showed who they are."""

    method = forms.TypedChoiceField(
        label="How",
        coerce=IdentityCheck,
        choices=[_CHOOSE, *(pair for pair in IdentityCheck.choices() if pair[0] != IdentityCheck.NONE)],
    )


class ExtendForm(StepForm):
    """By how much, and why; once."""

    units = forms.TypedChoiceField(label="By", coerce=int)
    reason = _reason(most=NOTE, help_text=f"{READ} Tell them today (Art. 12(3)).")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        profile = PROFILES[self.asked.profile]
        choices = [
            (str(units), f"{units} {profile.unit.value if units > 1 else 'month'}") for units in profile.extensions
        ]
        self.fields["units"].choices = choices  # type: ignore[attr-defined]


class MentionTermsForm(forms.Form):
    """Names that the person goes by; used for one search and kept nowhere."""

    terms = forms.CharField(
        label="Names and e-mail addresses, one a line",
        required=False,
        max_length=NARRATIVE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "autocomplete": "off"}),
        help_text="The user_id is looked for too. What you type is not kept.",
    )

    def clean_terms(self) -> list[str]:
        typed: str = self.cleaned_data["terms"]
        return typed.splitlines()


class MentionForm(MentionTermsForm):
    """What becomes of somebody else's memory."""

    decision = forms.TypedChoiceField(
        coerce=Decision, choices=[(decision.value, decision.value) for decision in Decision]
    )


class CloseIntakeForm(forms.Form):
    """What was answered to somebody who asked without an account."""

    note = _reason("What was answered", most=NOTE, help_text="Kept. Name nobody in it.")


class HoldForm(forms.Form):
    """Why a person's memories must not be erased yet."""

    code = forms.TypedChoiceField(label="Article", coerce=Exemption, choices=[_CHOOSE, *Exemption.choices()])
    reason = _reason()
    owner = forms.CharField(label="Whom to ask", max_length=NOTE)
    expires_on = _day("Last day", required=False, help_text="Without one it stands until somebody releases it.")


class ReleaseForm(forms.Form):
    """Why a hold ends."""

    reason = forms.CharField(label="Why it ends", max_length=LONG_NOTE, required=False)
