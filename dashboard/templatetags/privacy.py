"""How the desk writes what privacy requests say in codes, and how pressing they are."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django import template
from django.utils import formats, timezone

from dashboard.models import PrivacyRequest, Tenant
from dashboard.privacy import deadlines, holds
from dashboard.privacy.clock import Urgency
from dashboard.privacy.codes import Channel, Exemption, IdentityCheck, Kind, Refusal
from dashboard.privacy.states import State
from memadmin.memory import Place
from memadmin.memory.records import parse_time

register = template.Library()

_SENTENCES = {
    member.value: member.sentence
    for codes in (Kind, Channel, IdentityCheck, Exemption, Refusal, State)
    for member in codes
}
_PLACES = [place.value for place in Place]
_BADGES = {Urgency.OVERDUE: "danger", Urgency.DUE_SOON: "warn", Urgency.ON_TIME: "good", Urgency.SUSPENDED: ""}
_STATES = {
    State.BLOCKED: "warn",
    State.COMPLETED: "good",
    State.COMPLETED_WITH_RESIDUE: "danger",
    State.FAILED: "danger",
    State.REFUSED: "warn",
}


@register.filter
def sentence(code: str) -> str:
    """What a stored code says; the code itself where nobody knows it."""
    return _SENTENCES.get(code, code)


@register.filter
def urgency_badge(asked: PrivacyRequest) -> str:
    """The colour of its due date."""
    urgency = deadlines.urgency(asked)
    return _BADGES[urgency] if urgency else ""


@register.filter
def due_words(asked: PrivacyRequest) -> str:
    """When it is due, as somebody would say it; "" where it has ended."""
    urgency = deadlines.urgency(asked)
    if urgency is None:
        return ""
    return in_days(asked.due_on, today=timezone.localdate())


def in_days(due: date | None, *, today: date) -> str:
    """A due date in words; None: the clock stands."""
    if due is None:
        return "the clock stands"
    days = (due - today).days
    if days < 0:
        return f"overdue by {-days} {'day' if days == -1 else 'days'}"
    if days <= 1:
        return "due tomorrow" if days else "due today"
    return f"due in {days} days"


@register.filter
def state_badge(state: str) -> str:
    """The colour of a state."""
    return _STATES.get(State(state), "")


@register.filter
def day(value: date | None) -> str:
    """A date; "" for none."""
    return formats.date_format(value, "j M Y") if value else ""


@register.filter
def as_time(text: str) -> datetime | None:
    """A time that is kept as text."""
    return parse_time(text)


@register.filter
def by_place(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Numbers per place in the order in which places are always listed."""
    return sorted(counts.items(), key=lambda pair: _PLACES.index(pair[0]) if pair[0] in _PLACES else len(_PLACES))


@register.filter
def roughly(left: timedelta) -> str:
    """A duration nobody can know exactly."""
    minutes = round(left.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {round(minutes / 60)} hours"


@register.filter
def on_hold(tenant: Tenant) -> bool:
    """Whether a hold stands against erasing this person."""
    return holds.active(tenant).exists()
