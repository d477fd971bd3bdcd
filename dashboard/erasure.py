"""Deleting one memory, or several: ordered in the audit log, done in every place, verified, recorded.

Everything of a person goes by a privacy request: ``dashboard.privacy``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AuditEvent
from dashboard.privacy import holds
from dashboard.requests import ScopedRequest
from memadmin.memory import Deletion, MemoryScopeError, Outcome, Place, Status

DELETED = (Action.MEMORY_DELETED, Action.MEMORIES_DELETED, Action.ALL_DELETED)
"""Events with a result to look at; the last kind was written before there were privacy requests."""


GONE = "was not there"
"""Somebody else deleted it between the page and the click."""
WORST_FIRST = ("unknown", *(outcome.value for outcome in reversed(Outcome)))
STATUSES = (Status.CLEAN.value, Status.UNCHECKED.value, Status.RESIDUE.value)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place in the result of a deletion."""

    place: Place
    removed: int
    status: str
    left: int
    note: str


def delete_memory(request: ScopedRequest, memory_id: str, form: dict[str, Any]) -> AuditEvent:
    """Delete one memory from every place; returns the event with the result. Raises PermissionDenied under a hold."""
    holds.refuse_if_held(request.tenant)
    audit.record(Action.MEMORY_DELETION_ORDERED, request=request, reason=_reason(form))
    return _carry_out(Action.MEMORY_DELETED, request, form, lambda: request.memory.delete(memory_id))


def delete_memories(request: ScopedRequest, memory_ids: Sequence[str], form: dict[str, Any]) -> AuditEvent:
    """Delete several, each on record by itself; returns the event with the sums.

    Of what is this tenant's nothing is kept back because of what is not. A hold that is placed half-way keeps the rest.

    Raises:
        Held: there was a hold from the start, and nothing is deleted.
    """
    results: list[AuditEvent] = []
    for memory_id in memory_ids:
        try:
            results.append(delete_memory(request, memory_id, form))
        except holds.Held:
            if not results:
                raise
            break
    kept = len(memory_ids) - len(results)
    there = [result for result in results if result.counts["outcome"] != GONE]
    failed = kept or not there or any(result.outcome == audit.Outcome.FAILED.value for result in there)
    return audit.record(
        Action.MEMORIES_DELETED,
        request=request,
        outcome=audit.Outcome.FAILED if failed else audit.Outcome.DONE,
        counts={
            **summed([result.counts for result in results]),
            "ground": form["reason"],
            **({"kept": kept} if kept else {}),
        },
    )


def summed(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The results of several deletions as one: rows added up place by place, the worst outcome."""
    there = [counts for counts in results if counts["outcome"] != GONE]
    places: dict[str, list[dict[str, Any]]] = {}
    for counts in there:
        for found in counts.get("residue", {}).get("places", []):
            places.setdefault(found["place"], []).append(found)
    return {
        "outcome": min((counts["outcome"] for counts in there), key=WORST_FIRST.index, default=GONE),
        "memories": len(there),
        "gone": len(results) - len(there),
        "removed": dict(sum((Counter(counts.get("removed", {})) for counts in there), Counter())),
        "residue": {"places": [_worst(found) for found in places.values()]},
    }


def _worst(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One place after several deletions. Each scan after the first has seen what the ones before it left."""
    return max(found, key=lambda one: (STATUSES.index(one["status"]), one["count"]))


def rows(counts: dict[str, Any], taken: str = "removed") -> list[PlaceRow]:
    """The places of an event, for the result page. ``taken`` names the numbers: what was removed, or scrubbed."""
    return [
        PlaceRow(
            place=Place(found["place"]),
            removed=counts[taken].get(found["place"], 0),
            status=found["status"],
            left=found["count"],
            note=found["note"],
        )
        for found in counts.get("residue", {}).get("places", [])
    ]


def _carry_out(
    action: Action, request: ScopedRequest, form: dict[str, Any], delete: Callable[[], Deletion | None]
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
    if deletion is None:
        return audit.Outcome.FAILED, {"outcome": GONE}
    left = deletion.residue.found and not deletion.queued
    return audit.Outcome.FAILED if left else audit.Outcome.DONE, deletion.as_dict()


def _reason(form: dict[str, Any]) -> str:
    return f"{form['reason']} {form['note']}".strip()
