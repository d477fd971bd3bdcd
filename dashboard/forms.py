"""What staff type in."""

from typing import Any, Self
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest

from dashboard.audit import Action, tenant_digest
from dashboard.audit.search import Wanted
from dashboard.grounds import GROUNDS
from dashboard.models.names import visible
from dashboard.privacy.certificate_files import Checked, NotACertificate, check
from dashboard.purposes import Category
from memadmin.memory.identity import MAX_LENGTH, refusal
from memadmin.memory.scoped import MAX_QUERY_LENGTH

_IN_USER_IDS = "\u200c\u200d"  # zero-width (non-)joiners: a user_id may have them


class FindTenantForm(forms.Form):
    """The look-up box."""

    person = forms.CharField(label="user_id, e-mail address, name or reference", strip=True, required=False)

    def clean_person(self) -> str:
        typed = " ".join(visible(self.cleaned_data["person"], keep=_IN_USER_IDS).split())
        if not typed:
            raise forms.ValidationError("The box is empty. Enter a user_id, an e-mail address, a name or a reference.")
        if len(typed) > MAX_LENGTH:
            raise forms.ValidationError(f"That is {len(typed):,} characters long; at most {MAX_LENGTH} are accepted.")
        if typed == "*":
            raise forms.ValidationError(refusal(typed) or "")
        if refusal(typed.replace(" ", "")):
            raise forms.ValidationError("That contains control characters or invisible ones. Type it instead.")
        return typed


class WhoseIntakeForm(FindTenantForm):
    """Whose request something is that was asked without an account."""

    person = forms.CharField(
        label="Whose it is: user_id, e-mail address or reference",
        strip=True,
        required=False,
        help_text="It counts as proof of who they are only if the directory has the same e-mail address.",
    )


class SearchForm(forms.Form):
    """The search box on a tenant's page."""

    query = forms.CharField(label="Search this person's memories", strip=True, required=False)
    threshold = forms.FloatField(
        label="Lowest score",
        min_value=0,
        max_value=1,
        required=False,
        initial=0,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Lowest score: a number from 0 to 1."),
    )

    def clean_threshold(self) -> float:
        return self.cleaned_data["threshold"] or 0.0

    def clean_query(self) -> str:
        typed: str = self.cleaned_data["query"]
        if len(typed) > MAX_QUERY_LENGTH:
            raise forms.ValidationError(
                f"The search text is {len(typed):,} characters long; at most {MAX_QUERY_LENGTH:,} are accepted."
            )
        return typed

    @property
    def is_empty(self) -> bool:
        """Whether nothing is searched for: then the whole list is wanted."""
        return not str(self.data.get("query", "")).strip()


class PurposeForm(forms.Form):
    """Why a tenant is opened."""

    category = forms.TypedChoiceField(label="What is it about?", choices=Category.choices(), coerce=Category)
    ticket = forms.CharField(label="Ticket", max_length=64, strip=True, help_text="Where the case is kept.")
    note = forms.CharField(label="Note", required=False, max_length=500, strip=True)


class DeleteForm(forms.Form):
    """Why something is deleted."""

    reason = forms.ChoiceField(label="Ground", choices=GROUNDS)
    note = forms.CharField(label="Note", required=False, max_length=500, help_text="Kept in the audit log.")


class AuditFilterForm(forms.Form):
    """Which audit events are wanted. A user_id is typed here and leaves as a digest; URLs carry the digest only."""

    user_id = forms.CharField(label="Person (user_id)", strip=True, required=False)
    tenant = forms.RegexField("^[0-9a-f]{64}$", required=False, widget=forms.HiddenInput)
    actor = forms.CharField(label="Who", required=False)
    action = forms.ChoiceField(
        label="What",
        choices=[("", "Anything"), *((action.value, action.sentence) for action in Action)],
        required=False,
    )
    request_id = forms.UUIDField(label="Request", required=False)
    purpose = forms.UUIDField(label="Purpose", required=False)
    since = forms.DateTimeField(label="From", required=False)
    until = forms.DateTimeField(label="Before", required=False)
    older = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    newer = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean_user_id(self) -> str:
        typed: str = self.cleaned_data["user_id"]
        if typed and (problem := refusal(typed)):
            raise forms.ValidationError(problem)
        return typed

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("purpose") and not (given.get("user_id") or given.get("tenant")):
            self.add_error("purpose", "A purpose is about one person: say who, too.")
        return given

    def wanted(self) -> Wanted:
        """The filter; the form must be valid."""
        given = self.cleaned_data
        return Wanted(
            actor=given["actor"],
            action=Action(given["action"]) if given["action"] else None,
            tenant=tenant_digest(given["user_id"]) if given["user_id"] else given["tenant"],
            request_id=given["request_id"],
            purpose=given["purpose"],
            since=given["since"],
            until=given["until"],
        )

    def chosen(self) -> dict[str, str]:
        """What was chosen, by field, with a digest in place of the user_id."""
        names = ("actor", "action", "request_id", "purpose", "since", "until")
        typed = {name: self.data.get(name, "") for name in names}
        return {name: value for name, value in {**typed, "tenant": self.wanted().tenant}.items() if value}

    def query(self) -> str:
        """The filter for a URL."""
        return urlencode(self.chosen())


class AuditExportForm(AuditFilterForm):
    """What is exported, and how."""

    format = forms.ChoiceField(choices=[("jsonl", "JSON Lines"), ("csv", "CSV")])
    notes = forms.BooleanField(label="With what was typed", required=False)


class CertificateForm(forms.Form):
    """A certificate that somebody wants checked, as a file or as its text."""

    LARGEST = 1_000_000  # bytes of a file, characters of a text
    BODY = 2_000_000  # bytes of a whole submission; more are not even read

    file = forms.FileField(label="Certificate file", required=False)
    text = forms.CharField(label="Or its text", required=False, widget=forms.Textarea(attrs={"rows": 5}))
    checked: Checked

    @classmethod
    def brought_by(cls, request: HttpRequest) -> Self:
        """The submitted form; an empty one, which is not valid, if it is too large to be read."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > cls.BODY:
            return cls({})
        return cls(request.POST, request.FILES)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        file, text = given.get("file"), given.get("text") or ""
        if not (file or text):
            raise forms.ValidationError("Choose a certificate file of at most 1 MB, or paste its text.")
        if (file.size if file else len(text)) > self.LARGEST:
            raise forms.ValidationError("That is larger than 1 MB; no certificate is.")
        try:
            self.checked = check(file.read().decode("utf-8-sig") if file else text)
        except UnicodeDecodeError:
            raise forms.ValidationError("That file is not text, so it is no certificate.") from None
        except NotACertificate as error:
            raise forms.ValidationError(str(error)) from None
        return given
