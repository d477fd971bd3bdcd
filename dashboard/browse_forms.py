"""How staff narrow a tenant's memories, and which columns they see.

The address says what is filtered. Times and state stand there as they are, and so do agent and run unless they are
veiled on pages. A category or another value of metadata may be about the person, so it travels sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import formats, timezone

from dashboard import sealing
from dashboard.requests import TenantRequest
from memadmin.memory import Browse, InvalidFilter
from memadmin.memory.filters import checked
from memadmin.memory.identity import refusal
from memadmin.memory.records import parse_day

COLUMNS = {
    "agent": "Agent",
    "run": "Run",
    "category": "Category",
    "expiry": "Expiry",
    "created": "Created",
    "score": "Score",
}
"""What a list of memories can show beside the text; the score in searches only."""

DEFAULT_COLUMNS = ["agent", "category", "expiry", "created", "score"]
SEALED = "meta"
"""Parameter of the address that carries a metadata filter."""

LONGEST_QUERY = 3_500
"""Characters of an address that say what is filtered and searched for.

Gunicorn takes 4,094 in the first line of a request; the way by the sign-in page adds to them.
"""

_STATES = {"live": "Not expired", "expired": "Expired", "restricted": "Restricted"}
_BROWSED: dict[str, dict[str, bool]] = {
    "": {},
    "live": {"expired": False},
    "expired": {"expired": True},
    "restricted": {"restricted": True},
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition, for readers, and the address's query without it."""

    words: str = field(repr=False)
    without: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrowing:
    """What a list is narrowed to."""

    browse: Browse = field(repr=False)
    filters: dict[str, Any] = field(repr=False)
    chips: tuple[Chip, ...]
    query: str = field(repr=False)  # for addresses; "" if nothing is filtered

    @property
    def both(self) -> dict[str, Any]:
        """For methods of a scope."""
        return {"filters": self.filters or None, "browse": self.browse}


NOTHING = Narrowing(browse=Browse(), filters={}, chips=(), query="")
"""The whole list."""


class DayInput(forms.DateInput):
    """A day as browsers want it; what is none is left out."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return str(value) if parse_day(value) else None


class BrowseForm(forms.Form):
    """Which memories are wanted."""

    since = forms.DateField(label="Created from", required=False)
    until = forms.DateField(label="Until, that day included", required=False)
    agent = forms.CharField(label="Agent", required=False, max_length=255)
    run = forms.CharField(label="Run", required=False, max_length=255)
    category = forms.CharField(label="Category", required=False, max_length=255, strip=False)  # as it is kept
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *_STATES.items()])
    key = forms.CharField(label="Metadata key", required=False, max_length=255)
    value = forms.CharField(label="Metadata value", required=False, max_length=500)

    def __init__(self, request: TenantRequest, *args: Any, damage: str = "", **kwargs: Any) -> None:
        """``damage``: why the metadata of an address could not be read."""
        super().__init__(*args, **kwargs)
        self._staff, self._tenant, self._damage = request.user, request.tenant, damage
        for name in ("since", "until"):
            self.fields[name].widget = DayInput()
            self.fields[name].validators += [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
        for name in ("agent", "run", "category", "key", "value"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "dir": "auto"}

    @classmethod
    def of_address(cls, request: TenantRequest) -> Self:
        """What the address says, which may make no sense."""
        given = request.GET.dict()
        token = given.pop(SEALED, "")
        given.pop("key", None)  # never in the clear
        given.pop("value", None)
        try:
            if token:
                given["key"], given["value"] = sealing.unseal(token, request.user.pk, request.tenant)
            for name, parameter in sealing.NAMES.items():
                if parameter in given:
                    [given[name]] = sealing.unseal(given[parameter], request.user.pk, request.tenant, name)
        except ValueError:
            return cls(request, given, damage="The filter in the address is damaged, or somebody else's. Set it again.")
        return cls(request, given)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if self._damage:
            self.add_error("key", self._damage)
        if given.get("since") and given.get("until") and given["since"] > given["until"]:
            self.add_error("until", "This is before the day on which the range begins.")
        if bool(given.get("key")) != bool(given.get("value")):
            self.add_error("value" if given.get("key") else "key", "Key and value go together.")
        for name in ("agent", "run"):
            if given.get(name) and refusal(given[name]):
                self.add_error(name, "One word of at most 255 characters, without white space, and not “*”.")
        if not self.errors:
            self._check_together()
        return given

    def _check_together(self) -> None:
        try:
            checked(self._filters())
        except InvalidFilter as error:
            self.add_error("key", str(error))
            return
        if len(urlencode(self._parameters())) > LONGEST_QUERY:
            self.add_error("value", "These filters are too long together. Leave one away, or shorten it.")

    def narrowing(self) -> Narrowing:
        """The form must be valid."""
        parameters = self._parameters()
        chips = tuple(
            Chip(words, urlencode({name: value for name, value in parameters.items() if name != without}))
            for without, words in self._words(parameters).items()
        )
        return Narrowing(browse=self._browse(), filters=self._filters(), chips=chips, query=urlencode(parameters))

    def _parameters(self) -> dict[str, str]:
        given = self.cleaned_data
        days = {name: given[name].isoformat() for name in ("since", "until") if given[name]}
        names: dict[str, str] = {}
        for name in sealing.NAMES:
            names |= sealing.named(name, given[name], self._staff.pk, self._tenant) if given[name] else {}
        state = {"state": given["state"]} if given["state"] else {}
        sealed = sealing.seal([given["key"], given["value"]], self._staff.pk, self._tenant) if given["key"] else ""
        return {**days, **names, **state, **({SEALED: sealed} if sealed else {})}

    def _words(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Each condition by its parameter."""
        given = self.cleaned_data
        said = {
            "since": given["since"] and f"from {formats.date_format(given['since'], 'j M Y')}",
            "until": given["until"] and f"until {formats.date_format(given['until'], 'j M Y')}",
            **{
                name if name in parameters else sealed: given[name] and f"{name}: {given[name]}"
                for name, sealed in sealing.NAMES.items()
            },
            "state": given["state"] and _STATES[given["state"]].lower(),
            SEALED: given["key"] and f"{given['key']} = {given['value']}",
        }
        return {name: words for name, words in said.items() if words}

    def _browse(self) -> Browse:
        given = self.cleaned_data
        until = given["until"]
        return Browse(
            agent_id=given["agent"] or None,
            run_id=given["run"] or None,
            category=given["category"] or None,
            since=_midnight(given["since"]) if given["since"] else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
            **_BROWSED[given["state"]],
        )

    def _filters(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {given["key"]: given["value"]} if given["key"] else {}


class ColumnsForm(forms.Form):
    """Which columns a member of staff wants to see."""

    columns = forms.MultipleChoiceField(choices=COLUMNS.items(), required=False)

    @staticmethod
    def chosen(request: TenantRequest) -> list[str]:
        """What was chosen in this session."""
        kept = request.session.get("columns", DEFAULT_COLUMNS)
        return [name for name in COLUMNS if name in kept]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
