"""Why a member of staff opened a tenant, and until when they may."""

import uuid

from django.db import models

from dashboard.models.staff import Staff
from dashboard.models.tenant import Tenant


class Grant(models.Model):
    """Purpose limitation (Art. 5(1)(b)): one member of staff, one tenant, one purpose, for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="grants")
    category = models.CharField(max_length=40)  # dashboard.purposes.Category
    ticket = models.CharField(max_length=64)
    granted_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-granted_at",)
        indexes = (models.Index("staff", "tenant", "expires_at", name="grant_in_force"),)

    def __str__(self) -> str:
        return f"{self.category} for {self.tenant} until {self.expires_at:%H:%M}"
