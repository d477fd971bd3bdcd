"""A tenant as the desk's directory knows it."""

import hashlib
import secrets
import unicodedata
from typing import Any

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no look-alikes: staff type it to confirm an erasure


def new_reference() -> str:
    """An opaque reference, e.g. ``7K3M-9QXD-4T``: 49 random bits, nothing of the person."""
    drawn, characters = secrets.randbelow(len(_ALPHABET) ** 10), ""
    for _ in range(10):
        drawn, index = divmod(drawn, len(_ALPHABET))
        characters += _ALPHABET[index]
    return f"{characters[:4]}-{characters[4:8]}-{characters[8:]}"


def likeness(user_id: str) -> str:
    """The same for ids that may mean one person: SHA-256 of the id after trimming, NFKC, case folding, no ``+tag``."""
    name, at, domain = unicodedata.normalize("NFKC", user_id).strip().casefold().partition("@")
    plain = f"{name.partition('+')[0]}{at}{domain}" if at else name
    return hashlib.sha256(plain.encode()).hexdigest()


class Tenant(models.Model):
    """One person whose memories are kept. URLs carry the reference, never the user_id."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    user_id = models.CharField(max_length=255, unique=True, help_text="what mem0 calls the person")
    likeness = models.CharField(max_length=64, db_index=True, editable=False)  # see likeness(); set when it is made
    # What staff search by besides the user_id; from manage.py import_tenants.
    email = models.CharField(max_length=254, blank=True)
    display_name = models.CharField(max_length=255, blank=True)
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(OpClass(F("user_id"), name="text_pattern_ops"), name="tenant_user_id_prefix"),
            models.Index(
                OpClass(Lower("email"), name="text_pattern_ops"), name="tenant_email_prefix", condition=~Q(email="")
            ),
            models.Index(
                OpClass(Lower("display_name"), name="text_pattern_ops"),
                name="tenant_name_prefix",
                condition=~Q(display_name=""),
            ),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.__dict__.get("likeness") == "":  # not there at all: deferred by the query
            self.likeness = likeness(self.user_id)

    def __str__(self) -> str:
        return self.reference


class ExternalReference(models.Model):
    """What other systems call the person: a customer number, an order number."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="external_references")
    value = models.CharField(max_length=128)

    class Meta:
        constraints = (models.UniqueConstraint("tenant", "value", name="one_external_reference_a_tenant"),)
        indexes = (models.Index(OpClass(Lower("value"), name="text_pattern_ops"), name="external_reference_prefix"),)

    def __str__(self) -> str:
        return f"external reference of {self.tenant}"
