"""What the desk keeps in its own database. Memories are not among it."""

from dashboard.models.audit import AppendOnly, AuditEvent, AuditHead, AuditNote
from dashboard.models.checkpoint import AuditCheckpoint, SigningKey
from dashboard.models.flag import Flag
from dashboard.models.segment import AuditSegment
from dashboard.models.staff import Staff
from dashboard.models.tenant import Tenant

__all__ = [
    "AppendOnly",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditHead",
    "AuditNote",
    "AuditSegment",
    "Flag",
    "SigningKey",
    "Staff",
    "Tenant",
]
