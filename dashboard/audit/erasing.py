"""Erasing what was typed beside a person's events. The chain stays whole: it never covered the text itself."""

import json

from dashboard.audit.actions import Action
from dashboard.audit.digests import tenant_digest
from dashboard.audit.recording import record
from dashboard.models import AuditEvent, AuditNote


def erase_notes(user_id: str, *, actor: str) -> int:
    """Erase every note on one tenant's events; returns how many.

    Args:
        actor: who orders it, for the event that says so.

    Raises:
        AuditUnavailable: the event cannot be written; nothing was erased.
    """
    digest = tenant_digest(user_id)
    noted = AuditEvent.objects.filter(tenant_digest=digest).exclude(commitment="")
    # What is typed from here on stays: more may not be gone than the event says.
    found = list(AuditNote.objects.filter(pk__in=noted.values("id")).values_list("pk", flat=True))
    record(Action.NOTES_ERASED, actor=actor, digest=digest, counts={"notes": len(found)})
    return AuditNote.objects.filter(pk__in=found).delete()[0]


class Ledger:
    """Notes that are gone, against the erasures on record, in the order of the chain. Pure.

    An erasure accounts for notes on its own tenant's earlier events, as many as it counted. Whoever deletes rows past
    the desk leaves notes that no erasure accounts for.
    """

    def __init__(self) -> None:
        self._gone: dict[str, tuple[int, int]] = {}  # by tenant: the first event concerned, and how many

    def gone(self, seq: int, tenant: str) -> None:
        """An event is without its note."""
        first, count = self._gone.get(tenant, (seq, 0))
        self._gone[tenant] = (first, count + 1)

    def erased(self, tenant: str, counts: str) -> None:
        """An erasure is on record."""
        first, count = self._gone.pop(tenant, (0, 0))
        if (left := count - _erased(counts)) > 0:
            self._gone[tenant] = (first, left)

    @property
    def unaccounted(self) -> tuple[int, int] | None:
        """The first event concerned and how many notes of its tenant; None if every note is accounted for."""
        return min(self._gone.values(), default=None)


def _erased(counts: str) -> int:
    """Zero if somebody else than ``erase_notes`` wrote the event."""
    try:
        return int(json.loads(counts)["notes"])
    except (ValueError, TypeError, KeyError):
        return 0
