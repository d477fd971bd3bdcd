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
    DIRECTORY_IMPORTED = "directory-imported", "Took a file of people into the directory."
    PURPOSE_ASKED = "purpose-asked", "Was asked why they open a person."
    PURPOSE_STATED = "purpose-stated", "Stated why they open a person."
    PURPOSE_ENDED = "purpose-ended", "Closed a person again."
    MEMORIES_PAGED = "memories-paged", "Read a page of a person's memories."
    OVERVIEW_VIEWED = "overview-viewed", "Looked at how much is remembered about a person."
    MEMORIES_SEARCHED = "memories-searched", "Searched a person's memories."
    MEMORY_OPENED = "memory-opened", "Opened one memory."
    MEMORY_REVEALED = "memory-revealed", "Unveiled sensitive text in a memory."
    MEMORIES_EXPORTED = "memories-exported", "Exported what is held on a person."
    MEMORY_RECTIFICATION_ORDERED = "memory-rectification-ordered", "Ordered the correction of one memory."
    MEMORY_RECTIFIED = "memory-rectified", "Corrected one memory and took earlier wordings out of every place."
    RECTIFICATION_VIEWED = "rectification-viewed", "Looked at the result of a correction."
    MEMORY_RESTRICTION_ORDERED = "memory-restriction-ordered", "Ordered one memory to be hidden from the agent."
    MEMORY_RESTRICTED = "memory-restricted", "Hid one memory from the agent."
    RESTRICTION_LIFT_ORDERED = "restriction-lift-ordered", "Ordered a hidden memory to be given back to the agent."
    RESTRICTION_LIFTED = "restriction-lifted", "Gave a hidden memory back to the agent."
    MEMORIES_DELETION_VIEWED = "memories-deletion-viewed", "Looked at several memories before deleting them."
    MEMORIES_DELETED = "memories-deleted", "Deleted several memories from every place."
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
    CHECKPOINT_FILE_BEGUN = "checkpoint-file-begun", "Began a file of checkpoints outside the database."
    NOTES_ERASED = "notes-erased", "Erased what was typed beside audit events."
    REQUESTS_LISTED = "requests-listed", "Looked at the queue of privacy requests."
    REQUEST_BEGUN = "request-begun", "Opened the form for a privacy request."
    REQUEST_OPENED = "request-opened", "Took in a privacy request."
    REQUEST_VIEWED = "request-viewed", "Looked at a privacy request."
    IDENTITY_DOUBTED = "identity-doubted", "Asked the person to show who they are; the clock stands."
    IDENTITY_CONFIRMED = "identity-confirmed", "Confirmed who the person is; the clock goes on."
    DEADLINE_EXTENDED = "deadline-extended", "Extended the period, and told the person."
    ERASURE_PREVIEWED = "erasure-previewed", "Looked at what an erasure would remove, and pinned it."
    ERASURE_SUBMITTED = "erasure-submitted", "Asked for an erasure to be approved."
    ERASURE_APPROVED = "erasure-approved", "Approved an erasure."
    ERASURE_RETURNED = (
        "erasure-returned",
        "Stopped before anything was erased: the agent had written since the approval.",
    )
    ERASURE_BLOCKED = "erasure-blocked", "Blocked an erasure because of a hold."
    ERASURE_RELEASED = "erasure-released", "Let a blocked erasure go on."
    ERASURE_STARTED = "erasure-started", "Started to erase."
    ERASURE_VERIFYING = "erasure-verifying", "Erased; began to verify."
    ERASURE_COMPLETED = "erasure-completed", "Completed an erasure."
    ERASURE_CERTIFIED = "erasure-certified", "Signed the certificate of an erasure."
    ERASURE_FAILED = "erasure-failed", "An erasure stopped with an error; it can be resumed."
    ERASURE_RESUMED = "erasure-resumed", "Resumed an erasure."
    REQUEST_REFUSED = "request-refused", "Refused a privacy request."
    REQUEST_CANCELLED = "request-cancelled", "Withdrew a privacy request."
    REQUEST_FULFILLED = "request-fulfilled", "Closed a privacy request as fulfilled."
    HOLDS_VIEWED = "holds-viewed", "Looked at the holds on a person's erasure."
    HOLD_PLACED = "hold-placed", "Placed a hold on a person's erasure."
    HOLD_RELEASED = "hold-released", "Released a hold."
    FLAGS_VIEWED = "flags-viewed", "Looked at the flags on unusual behaviour."
    FLAG_REVIEWED = "flag-reviewed", "Marked a flag as reviewed."
    CERTIFICATE_VIEWED = "certificate-viewed", "Looked at a certificate of erasure."
    CERTIFICATE_DOWNLOADED = "certificate-downloaded", "Downloaded a certificate of erasure."
    MENTIONS_SEARCHED = "mentions-searched", "Searched other people's memories for mentions of a person."
    MENTION_DECIDED = "mention-decided", "Decided on a memory that mentions somebody who is being erased."
    MENTION_SETTLED = "mention-settled", "Carried out the decision on a memory that mentions somebody else."
    BULK_CHECKED = "bulk-checked", "Had a list of people to erase checked."
    BULK_OPENED = "bulk-opened", "Took in a list of people to erase."
    BULK_VIEWED = "bulk-viewed", "Looked at how the erasures of a list stand."
    BULK_APPROVED = "bulk-approved", "Approved the erasures of a list."
    BULK_REPORTED = "bulk-reported", "Downloaded the report on a list."
    GHOSTS_VIEWED = "ghosts-viewed", "Looked at how much old history belongs to nobody."
    GHOSTS_PURGE_ASKED = "ghosts-purge-asked", "Asked for old history that belongs to nobody to be deleted."
    GHOSTS_PURGE_REJECTED = "ghosts-purge-rejected", "Rejected the deletion of old history that belongs to nobody."
    GHOSTS_PURGE_ORDERED = "ghosts-purge-ordered", "Ordered the deletion of old history that belongs to nobody."
    GHOSTS_PURGED = "ghosts-purged", "Deleted old history that belongs to nobody."
    PERSON_LEARNED_AGAIN = "person-learned-again", "Memories of a person who was erased are in the store again."
    DRILL_RUN = "drill-run", "Rehearsed an erasure with a made-up person."


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
