"""A tenant as the desk's directory knows it."""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.indexes import HashIndex, OpClass
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from dashboard.models.names import NameKey, name_keys

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no look-alikes: staff type it to confirm an erasure
_PAIRS = [one + another for one in _ALPHABET for another in _ALPHABET]  # 900


def new_reference() -> str:
    """An opaque reference, e.g. ``7K3M-9QXD-4T``: 49 random bits, nothing of the person."""
    drawn, first = divmod(secrets.randbelow(900**5), 900)
    drawn, second = divmod(drawn, 900)
    drawn, third = divmod(drawn, 900)
    fifth, fourth = divmod(drawn, 900)
    return f"{_PAIRS[first]}{_PAIRS[second]}-{_PAIRS[third]}{_PAIRS[fourth]}-{_PAIRS[fifth]}"


def likeness(user_id: str) -> str:
    """The same for ids that may mean one person: SHA-256 of the id after trimming, NFKC, case folding, no ``+tag``."""
    plain = user_id if user_id.isascii() else unicodedata.normalize("NFKC", user_id)
    name, at, domain = plain.strip().casefold().partition("@")
    plain = f"{name.partition('+')[0] or name}{at}{domain}"  # a telephone number begins with "+"
    return hashlib.sha256(plain.encode()).hexdigest()


class Tenants(models.QuerySet["Tenant"]):
    """Tenants; whatever writes names keeps their keys in step."""

    def bulk_create(self, objs: Iterable["Tenant"], *args: Any, **kwargs: Any) -> list["Tenant"]:
        """As Django's; with names, not together with ``ignore_conflicts``: it would not say whose names were taken."""
        tenants = list(objs)
        named = [tenant for tenant in tenants if tenant.display_name]
        if named and (args[1:] or kwargs.keys() - {"batch_size"}):
            raise TypeError("Conflicts leave it open whose names are taken: use importing.import_tenants().")
        with transaction.atomic():
            made = super().bulk_create(tenants, *args, **kwargs)
            NameKey.objects.bulk_create(key for tenant in named for key in tenant.as_name_keys())
        return made

    def update(self, **values: Any) -> int:
        """As Django's, but for names: their keys are made one by one."""
        if "display_name" in values:
            raise TypeError("Names are looked up by keys: save() each tenant, or import them.")
        return super().update(**values)


class Tenant(models.Model):
    """One person whose memories are kept. URLs carry the reference, never the user_id."""

    # Constraints below, not unique=True, and byte order ("C"): Django would add a second index for beginnings to each.
    reference = models.CharField(max_length=12, default=new_reference, editable=False, db_collation="C")
    user_id = models.CharField(max_length=255, help_text="what mem0 calls the person", db_collation="C")
    likeness = models.CharField(max_length=64, editable=False)  # see likeness(); set when it is made
    # What staff search by besides the user_id; from manage.py import_tenants.
    email = models.CharField(max_length=254, blank=True)
    display_name = models.CharField(max_length=255, blank=True)  # looked up by its keys, see names.py
    first_seen_at = models.DateTimeField(auto_now_add=True)

    objects = Tenants.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("reference",), name="one_tenant_a_reference"),
            models.UniqueConstraint(fields=("user_id",), name="one_tenant_a_user_id"),  # finds beginnings, too
        )
        indexes = (
            HashIndex("likeness", name="tenant_likeness"),  # a quarter of the size, for equality alone
            models.Index(
                OpClass(Lower("email"), name="text_pattern_ops"), name="tenant_email_prefix", condition=~Q(email="")
            ),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.__dict__.get("likeness") == "":  # not there at all: deferred by the query
            self.likeness = likeness(self.user_id)

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's, and the keys of the name with it."""
        may_have_keys = not self._state.adding
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            if "display_name" in (kwargs.get("update_fields") or ("display_name",)):
                self._keep_name_keys(may_have_keys=may_have_keys)

    def as_name_keys(self) -> list[NameKey]:
        """The keys that the name should have."""
        return [NameKey(tenant=self, key=key) for key in name_keys(self.display_name)]

    def _keep_name_keys(self, *, may_have_keys: bool) -> None:
        wanted = self.as_name_keys()
        if may_have_keys:
            self.name_keys.exclude(key__in=[one.key for one in wanted]).delete()
        if wanted:
            NameKey.objects.bulk_create(wanted, ignore_conflicts=True)


class ExternalReference(models.Model):
    """What other systems call the person: a customer number, an order number."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="external_references")
    value = models.CharField(max_length=128)

    class Meta:
        constraints = (models.UniqueConstraint("tenant", "value", name="one_external_reference_a_tenant"),)
        indexes = (models.Index(OpClass(Lower("value"), name="text_pattern_ops"), name="external_reference_prefix"),)

    def __str__(self) -> str:
        return f"external reference of {self.tenant}"
