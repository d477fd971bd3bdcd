"""The audit log: who looked, who erased, and nobody can rewrite it.

writing   recording.record(); appending.py and a trigger in the database chain and commit it
meaning   actions.py; what is hashed: encoding.py; the tenant in it: digests.py; typed text: notes.py, erasing.py
proof     verifying.verify() over chain.py, reading.py, triggers.py
signing   checkpoints.py, marks.py, signing.py, trust.py, delivery.py
reading   search.py, export.py
keeping   segments.py archives, watch.py flags
"""

from dashboard.audit.actions import Action, ActorKind, Outcome
from dashboard.audit.digests import tenant_digest
from dashboard.audit.erasing import erase_notes
from dashboard.audit.notes import note_of
from dashboard.audit.recording import AuditUnavailable, client_address, record
from dashboard.audit.verifying import verify

__all__ = [
    "Action",
    "ActorKind",
    "AuditUnavailable",
    "Outcome",
    "client_address",
    "erase_notes",
    "note_of",
    "record",
    "tenant_digest",
    "verify",
]
