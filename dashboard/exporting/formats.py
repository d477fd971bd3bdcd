"""JSON and CSV, piece by piece. The JSON is described by ``schema.json``."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dashboard import spreadsheets
from dashboard.exporting.holding import SCHEMA, Holding
from dashboard.exporting.spooling import Entry

MEMORY_COLUMNS = (
    "id", "memory", "created_at", "updated_at", "expiration_date", "expired", "restricted", "agent_id", "run_id",
    "actor_id", "role", "metadata",
)  # fmt: skip
HISTORY_COLUMNS = ("memory_id", "id", "event", "old_memory", "new_memory", "created_at", "actor_id", "role")
REQUEST_COLUMNS = (
    "id", "kind", "kind_words", "state", "state_words", "memory_id", "narrative", "received_on", "due_on",
    "ended_at", "decision_code", "decision_words", "decision_reason",
    "extension_reason", "ticket",
)  # fmt: skip
LOOK_COLUMNS = ("number", "at", "who", "what", "ticket")


def document(held: Holding, *parts: str) -> Iterator[str]:
    """One JSON document.

    Args:
        parts: which lists are in it: ``memories``, ``requests``, ``looks``, and ``person``, which is no list. What is
            not there to be told is left out.
    """
    yield f'{{"schema": {_json(SCHEMA)},\n"made_at": {_json(held.made_at.isoformat())}'
    for name in parts:
        value = getattr(held, name)
        if value is None:
            continue
        yield f",\n{_json(name)}: "
        yield from [_json(value)] if isinstance(value, dict) else _listed(value)
    yield "}\n"


def memories_csv(held: Holding) -> Iterator[str]:
    """One row a memory; metadata as JSON. The history has a file of its own."""
    return _csv(MEMORY_COLUMNS, held.memories or ())


def history_csv(held: Holding) -> Iterator[str]:
    """One row a change."""
    changes = ({**change, "memory_id": memory["id"]} for memory in held.memories or () for change in memory["history"])
    return _csv(HISTORY_COLUMNS, changes)


def requests_csv(held: Holding) -> Iterator[str]:
    """One row a privacy request."""
    return _csv(REQUEST_COLUMNS, held.requests)


def looks_csv(held: Holding) -> Iterator[str]:
    """One row an entry of who looked."""
    return _csv(LOOK_COLUMNS, held.looks)


@cache
def schema() -> str:
    """The JSON Schema of all JSON files."""
    return (Path(__file__).parent / "schema.json").read_text(encoding="utf-8")


def cell(value: Any) -> str:
    """A value as the text of a table's cell."""
    if isinstance(value, bool | dict | list):
        return _json(value)
    return "" if value is None else str(value)


def _csv(columns: tuple[str, ...], entries: Iterable[Entry]) -> Iterator[str]:
    yield spreadsheets.BYTE_ORDER_MARK
    yield from spreadsheets.rows(columns, ([cell(entry[name]) for name in columns] for entry in entries))


def _listed(entries: Iterable[Entry]) -> Iterator[str]:
    before = "[\n"
    for entry in entries:
        yield before + _json(entry)
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
