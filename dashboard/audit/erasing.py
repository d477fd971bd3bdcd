"""Erasing what was typed beside a person's events. The chain stays whole: it never covered the text itself."""

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
    found = AuditNote.objects.filter(pk__in=noted.values("id"))
    record(Action.NOTES_ERASED, actor=actor, digest=digest, counts={"notes": found.count()})
    return found.delete()[0]
