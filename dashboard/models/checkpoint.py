"""Signed checkpoints of the audit log, and the public keys that they are signed with."""

from django.db import models

from dashboard.models.audit import HASH, AppendOnlyModel


class SigningKey(AppendOnlyModel):
    """A public Ed25519 key since its first use. Trusted only if its fingerprint is pinned outside the database."""

    fingerprint = models.CharField(primary_key=True, max_length=HASH)  # SHA-256 of the key
    public_key = models.CharField(max_length=64)  # 32 bytes in hexadecimal
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint


class AuditCheckpoint(AppendOnlyModel):
    """ "At this time, event ``seq`` had this hash", signed."""

    seq = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=HASH)
    at = models.DateTimeField()
    key = models.CharField(max_length=HASH)  # fingerprint
    signature = models.CharField(max_length=128)

    class Meta(AppendOnlyModel.Meta):
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"checkpoint at {self.seq}"
