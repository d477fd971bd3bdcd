"""mem0's stored payload -> our record. The only place that knows mem0's payload keys."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from memadmin.memory.records import Memory, SearchHit, parse_day
from memadmin.memory.stores import restricting

# mem0/memory/main.py: what get_all() promotes, and what it keeps for itself.
_OWN_KEYS = frozenset(
    {
        "data", "hash", "created_at", "updated_at", "id", "text_lemmatized", "user_id", "agent_id", "run_id",
        "actor_id", "role", "expiration_date",
    }
)  # fmt: skip


def memory_from_payload(memory_id: object, payload: Mapping[str, Any] | None) -> Memory:
    """A row of a vector store."""
    return Memory(**_fields(memory_id, payload or {}))


def memory_from_item(item: Mapping[str, Any]) -> Memory:
    """An item as mem0's own calls and the hosted platform return it."""
    return Memory(**_item_fields(item))


def hit_from_item(item: Mapping[str, Any]) -> SearchHit:
    """An item of a search result."""
    return SearchHit(score=float(item.get("score") or 0.0), **_item_fields(item))


def hit_from_payload(memory_id: object, payload: Mapping[str, Any] | None) -> SearchHit:
    """A row of a vector store that no search has ranked: a hit with the lowest score."""
    return SearchHit(score=0.0, **_fields(memory_id, payload or {}))


def _item_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    return _fields(item.get("id"), {**item, "data": item.get("memory")}, item)


def _fields(memory_id: object, payload: Mapping[str, Any], item: Mapping[str, Any] | None = None) -> dict[str, Any]:
    if item is None:
        metadata = {key: value for key, value in payload.items() if key not in _OWN_KEYS}
    else:
        metadata = dict(item.get("metadata") or {})
    last_day, marker = payload.get(restricting.EXPIRY), metadata.pop(restricting.MARKER, None)
    restricted = restricting.is_in_force(last_day, marker)
    return {
        "id": str(memory_id),
        "text": payload.get("data") or "",
        "user_id": str(payload.get("user_id") or ""),
        "created": str(payload.get("created_at") or ""),
        "updated": str(payload.get("updated_at") or ""),
        "expires_on": parse_day(last_day),
        "restricted": restricted,
        "expires_on_lift": parse_day(restricting.before(marker)) if restricted else None,
        "agent_id": payload.get("agent_id"),
        "run_id": payload.get("run_id"),
        "actor_id": payload.get("actor_id"),
        "role": payload.get("role"),
        "metadata": MappingProxyType(metadata),
    }
