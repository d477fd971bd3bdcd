"""Requests as views get them: narrowed once, by ``middleware.TenantScope``."""

import uuid
from typing import Any

from django.http import HttpRequest

from dashboard.models import Grant, Staff, Tenant
from memadmin.memory import ScopedMemory


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff; views of the desk are handed nothing less."""

    user: Staff
    request_id: uuid.UUID
    htmx: Any


class TenantRequest(StaffRequest):
    """A request about one tenant, with the right to touch that tenant's memories."""

    tenant: Tenant
    memory: ScopedMemory
    purpose: str  # id of the grant under which it is made; audit events refer to it
    grant: Grant | None
