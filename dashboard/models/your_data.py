"""The person's own visit: sessions of the "your data" pages, spent tokens, downloads, requests without an account."""

import uuid

from django.db import models

from dashboard.models.audit import HASH
from dashboard.models.privacy import CODE, LABEL, PrivacyRequest
from dashboard.models.tenant import Tenant


class PersonSession(models.Model):
    """One visit of one person. The cookie holds a random key; here is only its digest."""

    key = models.CharField(primary_key=True, max_length=HASH)  # SHA-256 of the cookie's value
    # Whose memories; None as long as nothing is remembered, and once the person was erased.
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.SET_NULL, related_name="+")
    tenant_digest = models.CharField(max_length=HASH)
    # As long as nothing was ever remembered, whom to look for again; encrypted under the cookie's value.
    sealed_user_id = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"visit until {self.expires_at:%H:%M}"


class SpentToken(models.Model):
    """A token that has let somebody in, and lets nobody in again. Kept as long as it could be replayed."""

    digest = models.CharField(primary_key=True, max_length=HASH)  # SHA-256 of its jti
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"token spent until {self.expires_at:%H:%M:%S}"


class Export(models.Model):
    """A copy of everything held on one person, made in the background, to be fetched once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # the file's name
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.SET_NULL, related_name="exports")
    tenant_digest = models.CharField(max_length=HASH, db_index=True)
    language = models.CharField(max_length=10, default="en")
    done = models.PositiveIntegerField(default=0)  # memories written
    total = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)  # bytes of the file
    trouble = models.CharField(max_length=LABEL, blank=True)  # why it failed; "" if it did not
    asked_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)  # from when it cannot be fetched any more
    fetched_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)  # when the file was deleted

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"export of {self.asked_at:%Y-%m-%d %H:%M}"


class Intake(models.Model):
    """A request without an account: an e-mail address, a code that proves it, and what is asked for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.CharField(max_length=254)  # emptied when it is closed, or when the code was not typed in time
    address = models.CharField(max_length=HASH, db_index=True)  # keyed digest of the e-mail address, for the rate limit
    origin = models.CharField(max_length=HASH, db_index=True)  # keyed digest of the client's address, likewise
    kind = models.CharField(max_length=CODE)  # privacy.codes.Kind
    ground = models.CharField(max_length=CODE, blank=True)  # Art. 17(1), for an erasure
    narrative = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="en")
    code = models.CharField(max_length=HASH)  # keyed digest; "" until one is drawn
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)  # of the code
    verified_at = models.DateTimeField(null=True)
    request = models.ForeignKey(PrivacyRequest, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True)  # when it became a request, or was answered without one
    closed_label = models.CharField(max_length=LABEL, blank=True)  # who closed it
    closed_note = models.CharField(max_length=LABEL, blank=True)  # how; staff's words

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"intake of {self.asked_at:%Y-%m-%d %H:%M}"
