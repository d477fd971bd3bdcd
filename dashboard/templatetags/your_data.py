"""The person's pages: codes in their words, differences without a veil."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from dashboard import wording as words_of
from dashboard.models import PrivacyRequest
from dashboard.privacy.moving import has_begun
from dashboard.your_data import wording
from memadmin.memory.records import parse_time

register = template.Library()

BADGES = {
    "completed": "good",
    "completed-with-residue": "danger",
    "failed": "danger",
    "refused": "warn",
    "blocked": "warn",
    "identity-pending": "warn",
}


@register.filter
def kind_words(kind: str) -> object:
    return wording.KINDS.get(kind, kind)


@register.filter
def state_sentence(asked: PrivacyRequest) -> object:
    """How a request stands; looks up what was erased already."""
    return wording.sentence(asked.state, asked.kind, begun=has_begun(asked))


@register.filter
def state_words(state: str) -> object:
    return wording.SHORT.get(state, state)


@register.filter
def state_look(state: str) -> str:
    """The class of a badge."""
    return BADGES.get(state, "")


@register.filter
def reason_words(code: str) -> object:
    return wording.REASONS.get(code, "")


@register.filter
def place_words(place: str) -> object:
    return wording.PLACES.get(place, place)


@register.filter
def event_words(event: str) -> object:
    return wording.EVENTS.get(event, event)


@register.filter
def day(value: datetime | str | None) -> SafeString:
    """The day of a time, in the way of the reader's language; reads mem0's texts too."""
    return _written(value, "DATE_FORMAT")


@register.filter
def when(value: datetime | str | None) -> SafeString:
    """The same with the time of day."""
    return _written(value, "DATETIME_FORMAT")


@register.filter
def details(metadata: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What else is kept beside a memory, in order of the keys; lists and mappings as JSON."""
    return [(key, _plain(value)) for key, value in sorted(metadata.items())]


@register.simple_tag
def backup_days() -> int:
    """After how many days backups are overwritten; 0: none are made."""
    return int(settings.MEMADMIN_BACKUP_DAYS)


@register.simple_tag
def your_changes(old: str, new: str) -> SafeString:
    """What went and what came, word by word."""
    marks = {
        "same": "{}",
        "removed": '<del><span class="visually-hidden">' + gettext("removed:") + " </span>{}</del>",
        "added": '<ins><span class="visually-hidden">' + gettext("added:") + " </span>{}</ins>",
    }
    pieces = words_of.changes(old, new)
    return format_html_join("", "{}", ((format_html(marks[piece.change], piece.text),) for piece in pieces))


def _plain(value: Any) -> Any:
    if value is None:
        return gettext("nothing")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _written(value: datetime | str | None, style: str) -> SafeString:
    at = parse_time(value) if isinstance(value, str) else value
    if at is None:
        return format_html("{}", gettext("date unknown"))
    shown = formats.date_format(timezone.localtime(at), style)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), shown)
