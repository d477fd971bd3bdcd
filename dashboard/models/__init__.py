"""What the desk keeps in its own database. Memories are not among it."""

from dashboard.models.audit import AppendOnly, AuditEvent, AuditHead, AuditNote
from dashboard.models.certificate import Certificate, Drill, Tombstone
from dashboard.models.checkpoint import AuditCheckpoint, SigningKey
from dashboard.models.directory import DirectoryMark
from dashboard.models.erasure import ErasureBatch, ErasureRun, Freeze, Mention
from dashboard.models.flag import Flag
from dashboard.models.grant import Grant
from dashboard.models.privacy import FINAL_STATES, BulkErasure, GhostPurge, Hold, Pin, PrivacyRequest
from dashboard.models.segment import AuditSegment
from dashboard.models.staff import Staff
from dashboard.models.tenant import ExternalReference, Tenant
from dashboard.models.your_data import Export, Intake, PersonSession, SpentToken

__all__ = [
    "FINAL_STATES",
    "AppendOnly",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditHead",
    "AuditNote",
    "AuditSegment",
    "BulkErasure",
    "Certificate",
    "DirectoryMark",
    "Drill",
    "ErasureBatch",
    "ErasureRun",
    "Export",
    "ExternalReference",
    "Flag",
    "Freeze",
    "GhostPurge",
    "Grant",
    "Hold",
    "Intake",
    "Mention",
    "PersonSession",
    "Pin",
    "PrivacyRequest",
    "SigningKey",
    "SpentToken",
    "Staff",
    "Tenant",
    "Tombstone",
]
