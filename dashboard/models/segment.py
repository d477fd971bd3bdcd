"""Whole stretches of the audit log that were archived to a signed file and dropped."""

from django.db import models

from dashboard.models.audit import HASH, AppendOnlyModel


class AuditSegment(AppendOnlyModel):
    """The only way out of the log: events may be deleted if one of these covers them."""

    first_seq = models.BigIntegerField(primary_key=True)
    last_seq = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=HASH)  # what the first event is chained to
    last_hash = models.CharField(max_length=HASH)
    archived_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=HASH)
    key = models.CharField(max_length=HASH)
    signature = models.CharField(max_length=128)

    class Meta(AppendOnlyModel.Meta):
        ordering = ("first_seq",)

    def __str__(self) -> str:
        return f"events {self.first_seq} to {self.last_seq}"
