"""What people ask for under the GDPR, and the legal reasons that stand against it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dashboard.models.audit import HASH
from dashboard.models.staff import Staff
from dashboard.models.tenant import Tenant

FINAL_STATES = ("completed", "completed-with-residue", "refused", "cancelled")
"""Where a request has ended; see ``privacy/states.py``. A residue can be worked on again."""

CODE, LABEL = 40, 255


class BulkErasure(models.Model):
    """Several erasures that were asked for in one file, approved as one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file_name = models.CharField(max_length=LABEL)
    digest = models.CharField(max_length=HASH, blank=True)  # over the pinned previews of all its requests
    requested_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_label = models.CharField(max_length=LABEL)
    approved_label = models.CharField(max_length=LABEL, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"bulk erasure {self.pk}"


class PrivacyRequest(models.Model):
    """One request of one person. ``privacy/`` has the functions that move it; nothing else changes ``state``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=CODE)  # privacy.codes.Kind
    state = models.CharField(max_length=CODE)  # privacy.states.State
    channel = models.CharField(max_length=CODE)  # how it came: privacy.codes.Channel
    # The person. After an erasure the directory forgets them, and only the digest stays.
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.SET_NULL, related_name="privacy_requests")
    reference = models.CharField(max_length=12)
    tenant_digest = models.CharField(max_length=HASH, db_index=True)
    bulk = models.ForeignKey(BulkErasure, null=True, on_delete=models.PROTECT, related_name="requests")
    ticket = models.CharField(max_length=64, blank=True)
    ground = models.CharField(max_length=CODE, blank=True)  # Art. 17(1), see grounds.py
    narrative = models.TextField(blank=True)  # what was asked, in words; emptied by the erasure
    memory_id = models.CharField(max_length=255, blank=True)  # the one memory that it is about; "" for all
    # The clock: privacy/clock.py.
    profile = models.CharField(max_length=CODE)  # privacy.clock.Profile
    received_on = models.DateField()
    received_note = models.CharField(max_length=LABEL, blank=True)  # why it is dated back
    identity_method = models.CharField(max_length=CODE, blank=True)
    identity_label = models.CharField(max_length=LABEL, blank=True)  # who checked it
    identity_asked_on = models.DateField(null=True)  # reasonable doubt: the clock stands from here
    identity_proved_on = models.DateField(null=True)  # ... to here
    pauses = models.JSONField(default=list)  # earlier doubts: [asked on, proved on]
    identity_at = models.DateTimeField(null=True)  # when it was checked
    extended_on = models.DateField(null=True)  # when the person was told
    extended_by = models.PositiveSmallIntegerField(default=0)  # months or days, as the profile counts
    extension_reason = models.CharField(max_length=LABEL, blank=True)
    due_on = models.DateField(null=True, db_index=True)  # None while the clock stands
    # The preview that was approved.
    preview = models.JSONField(null=True)  # numbers only
    pinned_digest = models.CharField(max_length=HASH, blank=True)
    pinned_at = models.DateTimeField(null=True)
    goes_on_after_change = models.BooleanField(default=False)  # else the run stops if the agent wrote since
    # Who.
    requested_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_label = models.CharField(max_length=LABEL)
    approved_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_label = models.CharField(max_length=LABEL, blank=True)
    approved_role = models.CharField(max_length=LABEL, blank=True)
    approved_digest = models.CharField(max_length=HASH, blank=True)
    approved_at = models.DateTimeField(null=True)
    scheduled_for = models.DateTimeField(null=True)  # end of the cooling-off
    blocked_from = models.CharField(max_length=CODE, blank=True)  # the state that a hold interrupted
    decision_code = models.CharField(max_length=CODE, blank=True)  # Art. 17(3) or 12(5), where it was refused
    decision_reason = models.CharField(max_length=500, blank=True)  # of a refusal, cancellation or failure
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                "tenant", name="one_open_erasure_a_tenant", condition=Q(kind="erasure") & ~Q(state__in=FINAL_STATES)
            ),
        )
        indexes = (models.Index("state", "due_on", name="request_queue"),)

    def __str__(self) -> str:
        return f"{self.kind} for {self.reference}"


class Pin(models.Model):
    """The memories that a preview showed, so that a later difference can be told. Deleted with the person."""

    request = models.OneToOneField(PrivacyRequest, primary_key=True, on_delete=models.CASCADE, related_name="pin")
    memory_ids = ArrayField(models.TextField())  # sorted

    def __str__(self) -> str:
        return f"{len(self.memory_ids)} memories pinned"


class Hold(models.Model):
    """A legal reason (Art. 17(3)) that blocks erasing a tenant until it is released or expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.SET_NULL, related_name="holds")
    reference = models.CharField(max_length=12)
    code = models.CharField(max_length=CODE)  # Art. 17(3)(a) to (e), see privacy/codes.py
    reason = models.CharField(max_length=500)
    owner = models.CharField(max_length=LABEL)  # whom to ask
    expires_on = models.DateField(null=True)  # last day; None: until released
    placed_label = models.CharField(max_length=LABEL)
    placed_at = models.DateTimeField(auto_now_add=True)
    released_label = models.CharField(max_length=LABEL, blank=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-placed_at",)

    def __str__(self) -> str:
        return f"hold on {self.reference}"


class GhostPurge(models.Model):
    """History rows of memories that no longer exist, to be deleted by age: asked for by one, approved by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    before = models.DateTimeField()  # rows last changed before this go
    reason = models.CharField(max_length=500)
    requested_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_label = models.CharField(max_length=LABEL)
    requested_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_label = models.CharField(max_length=LABEL, blank=True)
    decided_at = models.DateTimeField(null=True)
    rejected = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(null=True)  # deleted; None until it was done

    class Meta:
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"purge of ghosts before {self.before:%Y-%m-%d}"
