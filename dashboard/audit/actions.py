"""What can be in the log: actions, outcomes, kinds of actors."""

from enum import StrEnum
from typing import Self


class Action(StrEnum):
    """What can be done in the desk. The value is stored; the sentence is for readers."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    SIGNED_IN = "signed-in", "Signed in to the desk."
    SIGN_IN_FAILED = "sign-in-failed", "Tried to sign in and was refused."
    SIGNED_OUT = "signed-out", "Signed out."
    DENIED = "permission-denied", "Asked for something that the role does not include."
    TENANT_LOOKED_UP = "tenant-looked-up", "Looked a person up."
    MEMORIES_PAGED = "memories-paged", "Read a page of a person's memories."
    MEMORIES_SEARCHED = "memories-searched", "Searched a person's memories."
    MEMORY_OPENED = "memory-opened", "Opened one memory."
    MEMORY_REVEALED = "memory-revealed", "Unveiled sensitive text in a memory."
    MEMORIES_EXPORTED = "memories-exported", "Exported what is held on a person."
    MEMORY_DELETION_ORDERED = "memory-deletion-ordered", "Ordered the deletion of one memory."
    MEMORY_DELETED = "memory-deleted", "Deleted one memory from every place."
    ALL_DELETION_PREVIEWED = "all-deletion-previewed", "Looked at what a complete deletion would remove."
    ALL_DELETION_ORDERED = "all-deletion-ordered", "Ordered the deletion of everything on a person."
    ALL_DELETED = "all-deleted", "Deleted everything on a person from every place."
    CROSS_TENANT_RECORD = "cross-tenant-record", "The store answered with another person's record; nothing was shown."
    DELETION_VIEWED = "deletion-viewed", "Looked at the result of a deletion."
    AUDIT_VIEWED = "audit-viewed", "Read the audit log."
    AUDIT_EXPORTED = "audit-exported", "Exported events of the audit log."
    AUDIT_ARCHIVED = "audit-archived", "Archived old events to a signed file and dropped them."
    NOTES_ERASED = "notes-erased", "Erased what was typed beside audit events."
    FLAGS_VIEWED = "flags-viewed", "Looked at the flags on unusual behaviour."
    FLAG_REVIEWED = "flag-reviewed", "Marked a flag as reviewed."


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ActorKind(StrEnum):
    """Who acts."""

    STAFF = "staff"
    PERSON = "person"  # the tenant, on the "your data" pages
    JOB = "job"
    COMMAND = "command"
    API = "api"
    NOBODY = "nobody"  # not signed in
