"""The desk over a real store in the test database.

Sam supports, Petra is the privacy officer, Aude audits, Ada administers.
"""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import purposes
from dashboard.models import Grant, Staff, Tenant
from dashboard.roles import Role
from memadmin.memory import ScopedMemory, connect
from tests.factories import StaffFactory


class Person:
    """A tenant with a scope of its own, unique to the test: tests share the store's tables."""

    def __init__(self, name: str) -> None:
        self.user_id = f"{name}-{uuid.uuid4().hex[:8]}"
        self.scope: ScopedMemory = connect().scope(self.user_id)

    def remember(self, *texts: str) -> list[str]:
        """Store texts; returns the memory ids."""
        return [memory_id for text in texts for memory_id in self.scope.add(text).ids]

    @property
    def tenant(self) -> Tenant:
        return Tenant.objects.get_or_create(user_id=self.user_id)[0]


@pytest.fixture
def alice(store: None) -> Person:
    return Person("u_alice")


@pytest.fixture
def bob(store: None) -> Person:
    return Person("u_bob")


def _signed_in(role: Role | None, **fields: object) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(StaffFactory(role=role, **fields), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def sam(db: None) -> Client:
    """Signed in as support."""
    return _signed_in(Role.SUPPORT, username="sam")


@pytest.fixture
def petra(db: None) -> Client:
    """Signed in as privacy officer."""
    return _signed_in(Role.PRIVACY_OFFICER, username="petra")


@pytest.fixture
def aude(db: None) -> Client:
    """Signed in as auditor."""
    return _signed_in(Role.AUDITOR, username="aude")


@pytest.fixture
def ada(db: None) -> Client:
    """Signed in as administrator."""
    return _signed_in(Role.ADMINISTRATOR, username="ada")


@pytest.fixture
def root(db: None) -> Client:
    """Signed in as a Django superuser without any role."""
    return _signed_in(None, username="root", is_superuser=True, is_staff=True)


@pytest.fixture(autouse=True)
def purpose_stated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a tenant has stated a purpose; tests of that itself are marked ``purpose``."""
    if "purpose" not in request.keywords:
        monkeypatch.setattr(purposes, "in_force", _in_force)


def _in_force(staff: Staff, tenant: Tenant) -> Grant:
    later = timezone.now() + timedelta(minutes=30)
    return Grant.objects.get_or_create(
        staff=staff, tenant=tenant, defaults={"category": "support-case", "ticket": "T-1", "expires_at": later}
    )[0]
