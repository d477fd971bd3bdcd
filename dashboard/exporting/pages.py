"""The copy as it is read: ``index.html``, further pages of memories where there are many, ``README.txt``.

The pages are whole in themselves: no script, nothing from elsewhere. Everything that is kept is escaped by Django.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.safestring import mark_safe

from dashboard.exporting.formats import cell
from dashboard.exporting.holding import Holding
from dashboard.exporting.spooling import Entry
from dashboard.your_data import wording
from memadmin.memory.records import parse_day, parse_time

A_PAGE = 2_000
"""Memories in one HTML file."""
LOOKS_SHOWN = 200
"""Entries of who looked in ``index.html``; all are in the other files."""
_AT_ONCE = 100
_HERE = "<!-- memories -->"
"""Where a page's memories go. Nothing that is kept can look like it, because it is escaped."""


@dataclass(frozen=True, slots=True)
class Part:
    """One page of memories."""

    name: str  # of its file
    first: int  # number of its first memory, from 1
    last: int


def parts(held: Holding) -> list[Part]:
    """The pages of memories beside ``index.html``; none where all have room there."""
    number = len(held.memories or ())
    if number <= A_PAGE:
        return []
    starts = range(0, number, A_PAGE)
    return [
        Part(f"memories-{page}.html", start + 1, min(start + A_PAGE, number))
        for page, start in zip(range(1, ceil(number / A_PAGE) + 1), starts, strict=True)
    ]


def index(held: Holding) -> Iterator[str]:
    """``index.html``: everything but long lists."""
    others = parts(held)
    context = {
        **_frame(held),
        "parts": others,
        "requests": [_dated(asked) for asked in held.requests],
        "looks": [_dated(look) for look in islice(held.looks, LOOKS_SHOWN)],
        "more_looks": max(len(held.looks) - LOOKS_SHOWN, 0),
    }
    return _page("exporting/index.html", context, () if others else held.memories or ())


def page(held: Holding, part: Part, memories: Iterable[Entry]) -> Iterator[str]:
    """One page of memories."""
    others = parts(held)
    here = others.index(part)
    context = {
        **_frame(held),
        "part": part,
        "before": others[here - 1] if here else None,
        "after": others[here + 1] if here + 1 < len(others) else None,
    }
    return _page("exporting/memories.html", context, memories)


def readme(held: Holding) -> str:
    """``README.txt``: what is in it and what is not."""
    return get_template("exporting/readme.txt").render(_frame(held))


def _frame(held: Holding) -> dict[str, Any]:
    return {
        "language": translation.get_language(),
        "controller": settings.MEMADMIN_CONTROLLER,
        "made_at": held.made_at,
        "time_zone": timezone.get_current_timezone_name(),
        "person": held.person,
        "has_memories": held.memories is not None,
        "number": len(held.memories or ()),
        "here": mark_safe(_HERE),  # noqa: S308 - a constant
    }


def _page(template: str, context: dict[str, Any], memories: Iterable[Entry]) -> Iterator[str]:
    head, foot = get_template(template).render(context).split(_HERE)
    yield head
    some, remaining = get_template("exporting/memory.html"), iter(memories)
    while entries := [_readable(memory) for memory in islice(remaining, _AT_ONCE)]:
        yield some.render({"memories": entries})
    yield foot


def _readable(memory: Entry) -> Entry:
    return {
        **_dated(memory),
        "details": [(name, cell(value)) for name, value in memory["metadata"].items()],  # a template takes any key
        "history": [
            {**_dated(change), "words": wording.EVENTS.get(change["event"], change["event"])}
            for change in memory["history"]
        ],
    }


_TIMES = ("at", "created_at", "updated_at", "ended_at")
_DAYS = ("expiration_date", "received_on", "due_on")


def _dated(entry: Entry) -> Entry:
    """The same with times and days as they are written in the active language; one that is none stays as it is."""
    times = {name: parse_time(entry[name]) for name in _TIMES if entry.get(name)}
    days = {name: parse_day(entry[name]) for name in _DAYS if entry.get(name)}
    return {
        **entry,
        **{name: date_format(timezone.localtime(time), "DATETIME_FORMAT") for name, time in times.items() if time},
        **{name: date_format(day) for name, day in days.items() if day},
    }
