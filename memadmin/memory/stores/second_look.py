"""A second look after an erasure, which shares nothing with the deletion: not its statements, not its patterns.

What was deleted by our SQL is looked for by mem0's own queries, also where we override them. What was deleted from the
history file by SQL is looked for by reading every row and taking its session scope apart here.
"""

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import unquote

from memadmin.memory.records import Place

MOST = 1_000
"""Rows that are counted at most; one is one too many."""


def count(memory: Any, owner: str, memory_ids: Collection[str]) -> Mapping[Place, int]:
    """What mem0 itself still finds of a tenant.

    Args:
        memory: a ``mem0.Memory``. owner: the user_id. memory_ids: that were erased.

    Returns:
        rows per place, at most 1,000 each for vectors and entities.
    """
    history, messages = _in_file(str(memory.config.history_db_path), owner, frozenset(memory_ids))
    return {
        Place.VECTORS: _listed(memory.vector_store, owner),
        Place.ENTITIES: _listed(memory.entity_store, owner),
        Place.HISTORY: history,
        Place.MESSAGES: messages,
    }


def _listed(collection: Any, owner: str) -> int:
    own: Any = next(kind for kind in type(collection).__mro__ if kind.__module__.startswith("mem0."))
    listed = own.list(collection, filters={"user_id": owner}, top_k=MOST)
    rows = listed[0] if listed and isinstance(listed[0], list) else listed
    return sum((row.payload or {}).get("user_id") == owner for row in rows)


def _in_file(path: str, owner: str, memory_ids: frozenset[str]) -> tuple[int, int]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        history = sum(row[0] in memory_ids for row in file.execute("SELECT memory_id FROM history"))
        messages = sum(_tenant_of(row[0]) == owner for row in file.execute("SELECT session_scope FROM messages"))
    return history, messages


def _tenant_of(session_scope: str | None) -> str:
    """``agent_id=a&user_id=u%26b`` -> ``u&b`` (``_build_session_scope`` in ``mem0/memory/main.py``)."""
    parts = (part.partition("=") for part in (session_scope or "").split("&"))
    return next((unquote(value) for name, _, value in parts if name == "user_id"), "")
