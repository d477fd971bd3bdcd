"""What staff type in."""

from typing import Any
from urllib.parse import urlencode

from django import forms

from dashboard.audit import Action, tenant_digest
from dashboard.audit.search import Wanted
from dashboard.grounds import GROUNDS
from dashboard.models import Tenant
from memadmin.memory.identity import refusal
from memadmin.memory.scoped import MAX_QUERY_LENGTH


class FindTenantForm(forms.Form):
    """The look-up box."""

    user_id = forms.CharField(label="user_id, or how it begins", strip=True, required=False)

    def clean_user_id(self) -> str:
        typed: str = self.cleaned_data["user_id"]
        if problem := refusal(typed):
            raise forms.ValidationError(problem)
        return typed


class SearchForm(forms.Form):
    """The search box on a tenant's page."""

    query = forms.CharField(label="Search this person's memories", strip=True, required=False)

    def clean_query(self) -> str:
        typed: str = self.cleaned_data["query"]
        if not typed:
            raise forms.ValidationError("Enter what to search for.")
        if len(typed) > MAX_QUERY_LENGTH:
            raise forms.ValidationError(
                f"The search text is {len(typed):,} characters long; at most {MAX_QUERY_LENGTH:,} are accepted."
            )
        return typed


class DeleteForm(forms.Form):
    """Why something is deleted."""

    reason = forms.ChoiceField(label="Ground", choices=GROUNDS)
    note = forms.CharField(label="Note", required=False, max_length=500, help_text="Kept in the audit log.")


class DeleteAllForm(DeleteForm):
    """Typed confirmation for deleting everything of a tenant."""

    reference = forms.CharField(label="Type the reference to confirm", strip=True)

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def clean_reference(self) -> str:
        typed: str = self.cleaned_data["reference"]
        if typed.upper() != self.tenant.reference:
            raise forms.ValidationError(f"This is not {self.tenant.reference}. Nothing was deleted.")
        return typed


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
    since = forms.DateTimeField(label="From", required=False)
    until = forms.DateTimeField(label="Before", required=False)
    older = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    newer = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean_user_id(self) -> str:
        typed: str = self.cleaned_data["user_id"]
        if typed and (problem := refusal(typed)):
            raise forms.ValidationError(problem)
        return typed

    def wanted(self) -> Wanted:
        """The filter; the form must be valid."""
        given = self.cleaned_data
        return Wanted(
            actor=given["actor"],
            action=Action(given["action"]) if given["action"] else None,
            tenant=tenant_digest(given["user_id"]) if given["user_id"] else given["tenant"],
            request_id=given["request_id"],
            since=given["since"],
            until=given["until"],
        )

    def chosen(self) -> dict[str, str]:
        """What was chosen, by field, with a digest in place of the user_id."""
        typed = {name: self.data.get(name, "") for name in ("actor", "action", "request_id", "since", "until")}
        return {name: value for name, value in {**typed, "tenant": self.wanted().tenant}.items() if value}

    def query(self) -> str:
        """The filter for a URL."""
        return urlencode(self.chosen())


class AuditExportForm(AuditFilterForm):
    """What is exported, and how."""

    format = forms.ChoiceField(choices=[("jsonl", "JSON Lines"), ("csv", "CSV")])
    notes = forms.BooleanField(label="With what was typed", required=False)
