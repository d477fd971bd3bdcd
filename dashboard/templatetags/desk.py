"""How the desk writes times, numbers and its own terms."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import segno
from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from memadmin.memory.records import Place, parse_time

register = template.Library()

PLACES = {
    Place.VECTORS: ("Memories", "the facts themselves, with their embeddings"),
    Place.ENTITIES: ("Entities", "names and things that mem0 picked out of memories"),
    Place.HISTORY: ("Change history", "earlier and current wording of each memory"),
    Place.MESSAGES: ("Recent chat", "raw messages kept as context for the next extraction"),
    Place.COPIES: ("Copies", "exports, profiles and event payloads on the hosted platform"),
}
"""Places in the words of staff: name, and what is kept there."""

HISTORY_EVENTS = {"ADD": "Added", "UPDATE": "Changed", "DELETE": "Deleted"}


@register.simple_tag
def moment(value: datetime | str | None) -> SafeString:
    """A time relative to now, the exact one on hover: ``{% moment event.at %}``. Reads mem0's texts too."""
    at = parse_time(value) if isinstance(value, str) else value
    if at is None:
        return format_html('<span class="muted">{}</span>', "unknown")
    return format_html('<time class="ago" datetime="{}" title="{}">{}</time>', at.isoformat(), exact(at), _ago(at))


@register.simple_tag
def instant(at: datetime) -> SafeString:
    """The same the other way round, for records: the exact time, how long ago on hover."""
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), _ago(at), exact(at))


@register.simple_tag
def qr_code(text: str, label: str) -> SafeString:
    """The text as a QR code: dark on white in either look, because scanners want it so."""
    drawn = segno.make_qr(text, error="m").svg_inline(
        dark="#000", light="#fff", border=4, svgclass="qr", lineclass=None, omitsize=True
    )
    return format_html('<span role="img" aria-label="{}">{}</span>', label, SafeString(drawn))


@register.filter
def exact(value: datetime | str | None) -> str:
    """A time to the second, with its zone."""
    at = parse_time(value) if isinstance(value, str) else value
    return formats.date_format(timezone.localtime(at), "j M Y, H:i:s T") if at else "unknown"


@register.filter
def number(value: object) -> object:
    """A whole number with thousands separators; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) else value


@register.filter
def words(code: str) -> str:
    """A stored code for readers: ``memory-deleted`` becomes "Memory deleted"."""
    return code.replace("-", " ").replace("_", " ").capitalize()


@register.filter
def place_name(place: str) -> str:
    """What staff call a place; other words as they are."""
    return PLACES[Place(place)][0] if place in set(Place) else words(place)


@register.filter
def place_content(place: str) -> str:
    return PLACES[Place(place)][1] if place in set(Place) else ""


@register.filter
def history_event(event: str) -> str:
    return HISTORY_EVENTS.get(event, words(event.lower()))


@register.filter
def figures(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The numbers of an audit event for one line of the log; those of a deletion are what was removed."""
    removed = counts.get("removed", counts.get("scrubbed"))
    numbers = removed if isinstance(removed, Mapping) else counts
    return [(place_name(key).lower(), value) for key, value in numbers.items() if isinstance(value, int)]


@register.filter
def total(counts: Mapping[str, Any]) -> int:
    """Rows removed by a deletion, over all places."""
    return sum(counts.get("removed", {}).values())


def _ago(at: datetime) -> str:
    age = datetime.now(UTC) - at
    if age < -timedelta(minutes=1):
        return formats.date_format(timezone.localtime(at), "j M Y")  # a clock is wrong, or an import
    if age < timedelta(minutes=1):
        return "just now"
    return f"{timesince(at, depth=1)} ago"
