"""Freezing a memory by its expiry (Art. 18 GDPR), so that it can be thawed exactly as it was.

mem0 hides what expired from ``search`` and ``get_all`` (``_payload_is_expired`` in ``mem0/memory/main.py``; the hosted
platform likewise: docs.mem0.ai/platform/features/memory-expiration). It hides nothing else: ``get`` by id,
``show_expired=True``, an older mem0, and an agent that reads the vector store directly all still see the memory.

The marker keeps the day that was set and what stood there before, as JSON in one text, because some vector stores
keep no nested metadata: ``["2026-03-01"]`` (no expiry before) or ``["2026-03-01", "2027-01-31"]``.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from memadmin.memory.records import RESERVED, parse_day

EXPIRY = "expiration_date"
MARKER = f"{RESERVED}restricted"


def frozen(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A payload that mem0 hides from now on; the same one if it is frozen already."""
    if is_in_force(kept.get(EXPIRY), kept.get(MARKER)):
        return dict(kept)
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    before = [kept[EXPIRY]] if EXPIRY in kept else []
    return {**kept, EXPIRY: yesterday, MARKER: json.dumps([yesterday, *before])}


def thawed(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it was before; where the agent has set another expiry since, that one stays."""
    rest = {key: value for key, value in kept.items() if key != MARKER}
    if not is_in_force(kept.get(EXPIRY), kept.get(MARKER)):
        return rest
    del rest[EXPIRY]
    _, *had = _parts(kept[MARKER])
    return {**rest, EXPIRY: had[0]} if had else rest


def is_in_force(last_day: Any, marker: Any) -> bool:
    """Whether this marker is the reason why a memory with this expiry is hidden."""
    day = parse_day(last_day)
    return day is not None and day < datetime.now(UTC).date() and _parts(marker)[:1] == [last_day]


def before(marker: Any) -> Any:
    """The expiry that stood there before; None if there was none."""
    return next(iter(_parts(marker)[1:]), None)


def _parts(marker: Any) -> list[Any]:
    """What the marker says; nothing if it is not ours."""
    try:
        parts = json.loads(marker) if isinstance(marker, str) else None
    except ValueError:
        return []
    return parts if isinstance(parts, list) and len(parts) <= 2 else []
