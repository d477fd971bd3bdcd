"""The store does not answer, or lies: Alice is told so in her words, and shown nothing."""

from typing import Any

import pytest
from django.test import Client

from dashboard import access
from dashboard.models import AuditEvent
from memadmin.memory import ScopedMemory, StoreUnavailable, TenantBeingErased
from tests.desk.conftest import Person
from tests.your_data.conftest import (
    BEES,
    FORGET_EVERYTHING,
    START,
    in_persons_look,
    page_of,
)

pytestmark = pytest.mark.django_db


def test_the_store_down_is_said_in_the_persons_words(hers: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    for address in (START, FORGET_EVERYTHING):
        response = hers.get(address)
        assert (response.status_code, in_persons_look(response)) == (503, True)


def test_a_store_that_cannot_be_opened_is_said_in_the_persons_words(
    hers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not start.")

    monkeypatch.setattr(access, "open_scope", down)
    response = hers.get(START)
    assert (response.status_code, in_persons_look(response)) == (503, True)


def test_a_record_of_bobs_among_alices_shows_nothing_and_is_on_record(
    hers: Client, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob.remember(BEES)
    leaking = type("LeakingStore", (), {"page": lambda *_, **__: bob.scope.get_all(), "label": "leaking"})()
    monkeypatch.setattr(access, "open_scope", lambda tenant: ScopedMemory(tenant.user_id, store=leaking))
    response = hers.get(START)
    assert (response.status_code, in_persons_look(response), BEES in response.text) == (500, True, False)
    assert AuditEvent.objects.filter(action="cross-tenant-record", actor_kind="person").exists()


def test_a_memory_that_cannot_be_stopped_from_being_used_while_it_is_erased_says_so(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frozen(*_: Any) -> None:
        raise TenantBeingErased("u_alice is being erased.")

    monkeypatch.setattr(ScopedMemory, "restrict", frozen)
    response = hers.post(page_of("stop-using-memory", memory_id))
    assert (response.status_code, "Everything is being erased" in response.text) == (409, True)
    assert "u_alice" not in response.text


def test_what_the_store_breaks_off_is_not_said_to_be_undone(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    monkeypatch.setattr(ScopedMemory, "restrict", fail)
    response = hers.post(page_of("stop-using-memory", memory_id))
    assert (response.status_code, "nothing was done" in response.text) == (503, False)
    assert "We do not know whether this was done. Look again before you repeat it." in response.text
    monkeypatch.setattr(ScopedMemory, "get", fail)
    assert "nothing was done" in hers.get(page_of("show-your-memory", memory_id)).text
