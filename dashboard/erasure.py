"""Deleting on behalf of a tenant: ordered in the audit log, done in every place, verified, recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AuditEvent
from dashboard.requests import TenantRequest
from memadmin.memory import Deletion, MemoryScopeError, Place, Residue

DELETED = (Action.MEMORY_DELETED, Action.ALL_DELETED)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place in the result of a deletion."""

    place: Place
    removed: int
    status: str
    left: int
    note: str


def delete_memory(request: TenantRequest, memory_id: str, form: dict[str, Any]) -> AuditEvent:
    """Delete one memory from every place; returns the event with the result."""
    audit.record(Action.MEMORY_DELETION_ORDERED, request=request, reason=_reason(form))
    return _carry_out(Action.MEMORY_DELETED, request, form, lambda: request.memory.delete(memory_id))


def delete_all(request: TenantRequest, form: dict[str, Any]) -> AuditEvent:
    """Delete everything of the tenant from every place; returns the event with the result."""
    audit.record(Action.ALL_DELETION_ORDERED, request=request, reason=_reason(form))
    return _carry_out(Action.ALL_DELETED, request, form, request.memory.delete_all)


def numbers(residue: Residue) -> dict[str, int]:
    """Rows per place."""
    return {finding.place.value: finding.count for finding in residue.findings}


def rows(counts: dict[str, Any]) -> list[PlaceRow]:
    """The places of a deletion's event, for the result page."""
    return [
        PlaceRow(
            place=Place(found["place"]),
            removed=counts["removed"].get(found["place"], 0),
            status=found["status"],
            left=found["count"],
            note=found["note"],
        )
        for found in counts.get("residue", {}).get("places", [])
    ]


def _carry_out(
    action: Action, request: TenantRequest, form: dict[str, Any], delete: Callable[[], Deletion | None]
) -> AuditEvent:
    """Delete and record what came of it, also where the store failed on the way: then part may be gone."""
    try:
        deletion = delete()
    except MemoryScopeError as error:
        outcome, counts = audit.Outcome.FAILED, {"outcome": "unknown", "error": type(error).__name__}
    else:
        outcome, counts = _result(deletion)
    return audit.record(action, request=request, outcome=outcome, counts={**counts, "ground": form["reason"]})


def _result(deletion: Deletion | None) -> tuple[audit.Outcome, dict[str, Any]]:
    if deletion is None:  # somebody else deleted it between the page and the click
        return audit.Outcome.FAILED, {"outcome": "was not there"}
    left = deletion.residue.found and not deletion.queued
    return audit.Outcome.FAILED if left else audit.Outcome.DONE, deletion.as_dict()


def _reason(form: dict[str, Any]) -> str:
    return f"{form['reason']} {form['note']}".strip()
