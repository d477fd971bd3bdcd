"""Requests as views get them: narrowed once, by the middleware."""

import uuid
from typing import Any, ClassVar

from django.http import HttpRequest

from dashboard.models import Grant, PersonSession, Staff, Tenant
from memadmin.memory import ScopedMemory


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff; views of the desk are handed nothing less."""

    user: Staff
    request_id: uuid.UUID
    htmx: Any


class ScopedRequest(HttpRequest):
    """A request about one tenant, with the right to touch that tenant's memories, whoever makes it."""

    request_id: uuid.UUID
    htmx: Any
    tenant: Tenant
    memory: ScopedMemory


class TenantRequest(ScopedRequest, StaffRequest):
    """A member of staff's request about one tenant."""

    purpose: str  # id of the grant under which it is made; audit events refer to it
    grant: Grant | None


class PersonRequest(ScopedRequest):
    """The person's own request. ``tenant`` and ``memory`` are there for views that ask for them only."""

    LABEL: ClassVar = "the person"
    """What the audit log calls them; it names nobody."""

    person: PersonSession
