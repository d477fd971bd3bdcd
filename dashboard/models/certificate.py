"""What stays of an erasure: its signed certificate and a keyed tombstone. Neither names the person."""

import uuid

from django.db import models

from dashboard.models.audit import HASH
from dashboard.models.privacy import CODE, PrivacyRequest


class Certificate(models.Model):
    """A signed statement of what was found, removed and left. See ``privacy/certificates.py``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(PrivacyRequest, on_delete=models.PROTECT, related_name="certificate")
    tenant_digest = models.CharField(max_length=HASH, db_index=True)
    document = models.TextField()  # canonical JSON: exactly what was signed
    key = models.CharField(max_length=HASH)  # fingerprint
    public_key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ("-issued_at",)

    def __str__(self) -> str:
        return f"certificate {self.pk}"


class Tombstone(models.Model):
    """ "This person was erased": by digest, to notice when an agent or a restored backup brings them back."""

    digest = models.CharField(primary_key=True, max_length=HASH)
    erased_at = models.DateTimeField()
    request = models.ForeignKey(PrivacyRequest, null=True, on_delete=models.SET_NULL, related_name="+")
    looked = models.PositiveSmallIntegerField(default=0)  # how many of the later looks were taken
    relearned_at = models.DateTimeField(null=True)  # set by gate.py or by a look
    reported_at = models.DateTimeField(null=True)  # when a case was opened for that

    def __str__(self) -> str:
        return f"tombstone of {self.erased_at:%Y-%m-%d}"


class Drill(models.Model):
    """A rehearsal: a made-up tenant was written, erased and looked for in the real store."""

    at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=CODE)  # clean, residue, failed
    residue = models.PositiveIntegerField(default=0)  # rows left
    unchecked = models.JSONField(default=list)  # places nobody could vouch for
    versions = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)
    trouble = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"drill of {self.at:%Y-%m-%d %H:%M}: {self.outcome}"
