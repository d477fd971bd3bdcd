"""Which of a tenant's memories are looked at: what staff narrow a list by, beside filters on content.

None of this decides about access: the scope has fixed the tenant before any of it is read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from memadmin.memory.errors import InvalidFilter
from memadmin.memory.filters import Filters, checked, matches
from memadmin.memory.identity import refusal
from memadmin.memory.records import Memory

MAX_CATEGORY = 255
"""Longest category, in characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Browse:
    """Narrow :meth:`ScopedMemory.page`, ``search``, ``get_all`` and ``count``; everything given must hold.

    Times are those of ``created_at``; a memory without a usable one is in no range.

    Raises:
        InvalidFilter: a time without an offset, an agent or run that is not one word, a category that is no text.
    """

    agent_id: str | None = None
    run_id: str | None = None
    since: datetime | None = None  # created at this moment or later; aware
    until: datetime | None = None  # created before this moment; aware
    expired: bool | None = None  # True: only what mem0 hides by now, restricted ones included; False: only the rest
    restricted: bool | None = None  # True: only what restrict() froze; False: only the rest
    category: str | None = None  # one of Memory.categories

    def __post_init__(self) -> None:
        for name in ("agent_id", "run_id"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or refusal(value)):
                raise InvalidFilter(f"{name} is one word of at most 255 characters, without white space, and not “*”.")
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
                raise InvalidFilter(f"{name} is a datetime with a time zone.")
        for name in ("expired", "restricted"):
            if getattr(self, name) not in (None, True, False):
                raise InvalidFilter(f"{name} is True, False or None.")
        if self.category is not None and not _is_category(self.category):
            raise InvalidFilter(f"A category is a text of 1 to {MAX_CATEGORY} characters.")

    def fits(self, memory: Memory) -> bool:
        """Whether a memory is one of those that are looked at."""
        return (
            self.agent_id in {None, memory.agent_id}
            and self.run_id in {None, memory.run_id}
            and self.expired in {None, memory.expired}
            and self.restricted in {None, memory.restricted}
            and (self.category is None or self.category in memory.categories)
            and self._in_range(memory.created_at)
        )

    def _in_range(self, created: datetime | None) -> bool:
        if self.since is None and self.until is None:
            return True
        return created is not None and (
            (self.since is None or created >= self.since) and (self.until is None or created < self.until)
        )


ANYTHING = Browse()


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Checked conditions on content and on the rest, for stores."""

    filters: Filters = field(default_factory=dict, repr=False)
    browse: Browse = field(default=ANYTHING, repr=False)

    @classmethod
    def of(cls, filters: Filters | None, browse: Browse | None) -> "Selection":
        """Raises InvalidFilter, see ``filters.py``."""
        if browse is not None and not isinstance(browse, Browse):
            raise InvalidFilter("browse takes a Browse(...).")
        return cls(filters=checked(filters), browse=browse or ANYTHING)

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.filters) or self.browse != ANYTHING

    def takes(self, memory: Memory, payload: Mapping[str, Any]) -> bool:
        """Whether a memory fulfils it, for stores that cannot filter by themselves."""
        return self.browse.fits(memory) and matches(self.filters, payload)

    def canonical(self) -> bytes:
        """The same for the same conditions in any order; empty for none. A cursor is bound to it."""
        if not self:
            return b""
        told = {key: _told(value) for key, value in asdict(self.browse).items() if value is not None}
        return json.dumps([dict(self.filters), told], sort_keys=True).encode()


def _told(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _is_category(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CATEGORY or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)  # a lone surrogate is no text to a store
