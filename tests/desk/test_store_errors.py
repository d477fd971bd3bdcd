"""The store down, or lying, in the middle of a request."""

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from dashboard import access, roles
from dashboard.models import AuditEvent
from memadmin.memory import ScopedMemory, StoreUnavailable
from tests.desk.conftest import Person
from tests.factories import TenantFactory


@pytest.fixture
def store_is_down(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")


def test_a_store_that_is_down_gives_a_page_that_says_what_to_do(sam: Client, store_is_down: None) -> None:
    response = sam.get(reverse("browse-memories", args=[TenantFactory().reference]))
    assert response.status_code == 503
    assert "does not answer" in response.text


def test_a_store_that_cannot_be_opened_gives_that_page_too(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_tenant: object) -> None:
        raise StoreUnavailable("It does not start.")

    monkeypatch.setattr(access, "open_scope", down)
    assert sam.get(reverse("browse-memories", args=[TenantFactory().reference])).status_code == 503


def test_a_look_up_says_that_the_store_is_down_instead_of_nobody_found(sam: Client, store_is_down: None) -> None:
    assert sam.post(reverse("find-tenant"), {"person": "u_alice"}).status_code == 503


def test_a_record_of_bob_among_alices_shows_nothing_and_is_recorded(
    sam: Client, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob.remember("Bob's secret.")
    store = alice.scope._ScopedMemory__store
    leaking = type("LeakingStore", (), {"page": lambda *_, **__: bob.scope.get_all(), "label": "leaking"})()
    monkeypatch.setattr(access, "open_scope", lambda tenant: ScopedMemory(tenant.user_id, store=leaking))
    response = sam.get(reverse("browse-memories", args=[alice.tenant.reference]))
    assert (response.status_code, "Bob's secret." in response.text) == (500, False)
    assert AuditEvent.objects.filter(action="cross-tenant-record").exists()
    assert store is not leaking


def test_the_desks_own_database_down_gives_a_page_of_its_own(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(roles, "rights_of", down)
    response = sam.get(reverse("find-tenant"))
    assert response.status_code == 503
    assert "database does not answer" in response.text
