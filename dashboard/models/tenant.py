"""A tenant as the desk's directory knows it."""

import secrets

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no look-alikes: staff type it to confirm an erasure


def new_reference() -> str:
    """An opaque reference, e.g. ``7K3M-9QXD-4T``: 49 random bits, nothing of the person."""
    characters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{characters[:4]}-{characters[4:8]}-{characters[8:]}"


class Tenant(models.Model):
    """One person whose memories are kept. URLs carry the reference, never the user_id."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    user_id = models.CharField(max_length=255, unique=True, help_text="what mem0 calls the person")
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(OpClass(F("user_id"), name="text_pattern_ops"), name="tenant_user_id_prefix"),)

    def __str__(self) -> str:
        return self.reference
