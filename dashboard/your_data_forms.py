"""What the person types in on their pages."""

import re
import unicodedata
import uuid
from typing import Any

from django import forms
from django.core import signing
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from dashboard.privacy.codes import Kind
from dashboard.your_data import intake
from dashboard.your_data.intake_rules import DIGITS
from dashboard.your_data.wording import GROUNDS, KINDS
from memadmin.memory.scoped import MAX_TEXT_LENGTH

LONGEST_QUERY = 200
"""Characters of a search; sealed, it has to fit into an address."""
LONGEST_NARRATIVE = 5_000
"""Characters of what is asked for in words."""


def _words(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_NARRATIVE,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


class SearchForm(forms.Form):
    """The search box."""

    query = forms.CharField(
        label=_("Search what is remembered"),
        max_length=LONGEST_QUERY,
        strip=True,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "dir": "auto"}),
    )


class CorrectionForm(forms.Form):
    """The right wording of a memory; ``token`` once the differences were looked at."""

    text = forms.CharField(
        label=_("What is right"),
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": _("The wording is empty. To remove a memory, choose “Forget this”.")},
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if text == self.initial.get("text"):
            raise forms.ValidationError(_("The wording is the same."))
        return text


class AskForm(forms.Form):
    """What somebody else should do about a memory."""

    narrative = _words(_("What is wrong, and what would be right?"))


class ForgetEverythingForm(forms.Form):
    """Why everything should go, and that it is meant."""

    ground = forms.ChoiceField(label=_("Why"), choices=GROUNDS, initial=GROUNDS[0][0])
    narrative = _words(_("Anything we should know (optional)"), required=False)
    sure = forms.BooleanField(
        label=_("Yes, forget everything about me. This cannot be undone."),
        error_messages={"required": _("Tick the box if you are sure.")},
    )


def _stands_for_itself(letter: str) -> bool:
    """Whether a letter of a domain is ASCII, or the same under every folding: "ü", but not "Ü", which nobody types."""
    return letter.isascii() or unicodedata.normalize("NFKC", letter).casefold() == letter


class IntakeForm(forms.Form):
    """What somebody asks for without an account, and the address that proves who they are."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=200,
        help_text=_("We send a code there, to make sure that it is yours."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
    )
    kind = forms.TypedChoiceField(
        label=_("What should we do?"),
        choices=[
            (kind.value, KINDS[kind]) for kind in (Kind.ACCESS, Kind.ERASURE, Kind.RECTIFICATION, Kind.RESTRICTION)
        ],
        coerce=Kind,
    )
    ground = forms.ChoiceField(
        label=_("Why"), choices=GROUNDS, required=False, help_text=_("Only if everything should be forgotten.")
    )
    narrative = _words(
        _("Anything we should know"),
        required=False,
        help_text=_("To correct something or to stop its use, say what. Send no passwords and no copies of documents."),
    )

    def clean_email(self) -> str:
        """Raises ValidationError for control characters too, which are lawful between quotation marks.

        Likewise for letters that are written like another address, or sent to another one: Django takes the Kelvin
        sign for a "k" before the @, and mail servers take a fullwidth letter for a plain one after it.
        """
        address = str(self.cleaned_data["email"])
        local, _at, domain = address.rpartition("@")
        if not (address.isprintable() and local.isascii() and all(map(_stands_for_itself, domain))):
            raise forms.ValidationError(EmailValidator.message)
        return address

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        kind = given.get("kind")
        given["ground"] = (given.get("ground") or GROUNDS[0][0]) if kind is Kind.ERASURE else ""
        if kind in {Kind.RECTIFICATION, Kind.RESTRICTION} and not given.get("narrative"):
            self.add_error("narrative", _("Say what it is about, so that we find it."))
        return given


class CodeForm(forms.Form):
    """The code from the e-mail, and which request it belongs to."""

    state = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("The code from the e-mail"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}),
    )

    def clean_state(self) -> uuid.UUID:
        try:
            return intake.unsealed(self.cleaned_data["state"])
        except signing.BadSignature as error:
            raise forms.ValidationError(_("This page is too old.")) from error

    def clean_code(self) -> str:
        digits = re.sub("[^0-9]", "", self.cleaned_data["code"])
        if len(digits) != DIGITS:
            raise forms.ValidationError(_("The code has %(number)d digits."), params={"number": DIGITS})
        return digits
