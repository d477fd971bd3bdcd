"""The audit log's rows.

``dashboard.audit`` writes them and the database chains them (see the migration ``audit_chain``); nothing else does.
The tables know a tenant only by a keyed digest, and hold no memory text.
"""

import json
import uuid
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q

HASH = 64
"""Characters of a SHA-256 digest in hexadecimal."""


class AppendOnly(TypeError):
    """Somebody tried to write, change or delete audit rows through the models."""


class AppendOnlyRows(models.QuerySet["Any"]):
    """Reads only. The database's triggers refuse the same, for everybody."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly("The audit log is append-only: what is written never changes.")

    update = bulk_create = bulk_update = update_or_create = delete = _raw_delete = _refuse


class AppendOnlyModel(models.Model):
    """A row that is written once."""

    objects = AppendOnlyRows.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, **_: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("The audit log is append-only: what is written never changes.")
        super().save(force_insert=True)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly("The audit log is append-only: nothing in it is deleted.")


class AuditEvent(AppendOnlyModel):
    """Something that was done, by whom, to whom. ``audit/encoding.py`` says what the hashes cover."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seq = models.BigIntegerField("sequence number", unique=True)  # from 1, without gaps
    version = models.SmallIntegerField()  # of the encoding
    at = models.DateTimeField(db_index=True)  # the database's clock inside the append; never goes backwards
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=20)
    actor_label = models.CharField(max_length=255)  # outlives the account
    tenant_digest = models.CharField(max_length=HASH, blank=True)  # HMAC-SHA256 of the user_id; "" if none
    purpose = models.CharField(max_length=64, blank=True)  # under which grant; "" if none
    request_id = models.UUIDField(null=True)
    counts_json = models.TextField(db_column="counts")  # as it was hashed
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    commitment = models.CharField(max_length=HASH, blank=True)  # to the erasable note; "" if none
    previous_hash = models.CharField(max_length=HASH)
    hash = models.CharField(max_length=HASH)

    class Meta(AppendOnlyModel.Meta):
        ordering = ("-seq",)
        indexes = (
            models.Index("tenant_digest", "seq", name="audit_of_tenant", condition=~Q(tenant_digest="")),
            models.Index("request_id", "seq", name="audit_of_request", condition=Q(request_id__isnull=False)),
            models.Index("action", "seq", name="audit_of_action"),
            models.Index("actor_label", "seq", name="audit_of_actor"),
            models.Index("actor_label", "action", "seq", name="audit_of_actor_and_action"),
        )

    def __str__(self) -> str:
        return f"{self.seq}: {self.action} at {self.at:%Y-%m-%d %H:%M}"

    def save(self, **_: Any) -> NoReturn:
        raise AppendOnly("Events are written by audit.record() only.")

    @property
    def counts(self) -> dict[str, Any]:
        """Numbers per place or kind."""
        counted: dict[str, Any] = json.loads(self.counts_json)
        return counted


class AuditHead(AppendOnlyModel):
    """The last event: what the next one is chained to, and evidence of where the log ends. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    hash = models.CharField(max_length=HASH)

    def __str__(self) -> str:
        return f"the log ends at {self.seq}"


class AuditNote(models.Model):
    """Text that staff typed: a reason, a search. Encrypted, beside its event, and the only part that can be erased."""

    event_id = models.UUIDField(primary_key=True)
    salt = models.CharField(max_length=32)  # 16 random bytes in hexadecimal: without it the commitment says nothing
    sealed = models.TextField()  # see audit/notes.py

    def __str__(self) -> str:
        return f"note of {self.event_id}"
