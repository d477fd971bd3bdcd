"""An erasure while it runs: how far it has come, written down before the next step begins."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from dashboard.models.privacy import CODE, LABEL, PrivacyRequest
from dashboard.models.tenant import Tenant


class Freeze(models.Model):
    """Nothing is stored of this person. Read by agents on other machines: ``memadmin/memory/gate.py``."""

    user_id = models.CharField(primary_key=True, max_length=255)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"freeze since {self.since}"


class ErasureRun(models.Model):
    """One erasure's ledger. ``step`` is the last one that is done, see ``privacy/running.py``."""

    request = models.OneToOneField(PrivacyRequest, primary_key=True, on_delete=models.PROTECT, related_name="run")
    step = models.CharField(max_length=CODE)
    attempts = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)  # memories to remove
    done = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)  # rows per place, before
    swept = models.JSONField(default=dict)  # rows per place that the last sweep removed
    untold = models.PositiveIntegerField(default=0)  # memories that the history file knew nothing of
    found_digest = models.CharField(max_length=64, blank=True)  # of what the run found, to compare with the pinned one
    neighbours = models.JSONField(default=dict)  # reference -> memory ids, until they were compared
    verdict = models.JSONField(default=dict)  # what the verification found, see privacy/verification.py
    scrub = models.JSONField(default=list)  # when the bytes were gone, per place
    trouble = models.CharField(max_length=LABEL, blank=True)  # why it does not go on, for staff
    started_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True)  # when the last sweep ended
    alive_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"run of {self.request_id}: {self.step}"


class ErasureBatch(models.Model):
    """Memories that go together. The ids are emptied once nobody needs them any more."""

    run = models.ForeignKey(ErasureRun, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    memory_ids = ArrayField(models.TextField())
    removed = models.JSONField(default=dict)  # rows per place
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint("run", "number", name="one_batch_a_number"),)

    def __str__(self) -> str:
        return f"batch {self.number} of {self.run_id}"


class Mention(models.Model):
    """A memory of somebody else that names the person: to be kept, redacted or deleted by staff."""

    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="mentions")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    memory_id = models.CharField(max_length=255)
    decision = models.CharField(max_length=CODE, blank=True)  # keep, redact, delete; "" if nobody decided
    decided_label = models.CharField(max_length=LABEL, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint("request", "tenant", "memory_id", name="one_mention_a_memory"),)

    def __str__(self) -> str:
        return f"mention in a memory of {self.tenant}"
