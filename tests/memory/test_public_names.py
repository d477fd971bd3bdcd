"""What others may rely on, and what the scope keeps to itself."""

import inspect
import pickle
import subprocess
import sys
from copy import copy
from typing import Any

import pytest

import memadmin.memory
from memadmin.memory import Connection, ScopedMemory
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.pgvector import PgVectorStore
from tests.memory.conftest import add, pair_in

METHODS = {
    "add", "search", "page", "get_all", "count", "get", "history", "update", "delete", "delete_all", "residue",
    "rectify", "forget_history", "restrict", "lift", "overview", "similar", "walk",
}  # fmt: skip


def test_the_public_names_are_exactly_these() -> None:
    assert sorted(memadmin.memory.__all__) == [
        "Added", "Browse", "Change", "ConfigurationError", "Connection", "CrossTenantRecord", "Deletion",
        "ErasureScope", "Finding", "Ghosts", "Holdings", "InferenceUnavailable", "InvalidCursor", "InvalidFilter",
        "InvalidMessage", "InvalidQuery", "InvalidUserId", "Memory", "MemoryScopeError", "Outcome", "Overview",
        "Page", "Period", "Place", "Rectification", "Removal", "Residue", "ScopedMemory", "Scrub", "Scrubbed",
        "SearchHit", "Status", "StoreError", "StoreUnavailable", "Tally", "TenantBeingErased", "UserId", "connect",
        "your_data_token",
    ]  # fmt: skip


@pytest.mark.parametrize("name", memadmin.memory.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert hasattr(memadmin.memory, name)


@pytest.mark.parametrize("module", ["memadmin", "memadmin.memory"])
def test_importing_the_core_brings_neither_django_nor_mem0(module: str) -> None:
    program = f"import sys, {module}; print([name for name in ('django', 'mem0', 'dashboard') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_scope_offers_exactly_these_methods_and_no_attribute() -> None:
    assert {name for name in dir(ScopedMemory) if not name.startswith("_")} == METHODS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_no_method_takes_a_tenant(method: str) -> None:
    parameters = inspect.signature(getattr(ScopedMemory, method)).parameters
    assert not [name for name in parameters if "user" in name or "owner" in name or "tenant" in name]
    assert not [p for p in parameters.values() if p.kind in {p.VAR_KEYWORD, p.VAR_POSITIONAL}]


def test_a_scope_cannot_be_made_without_a_user_id(pgvector_store: Store) -> None:
    with pytest.raises(TypeError):
        ScopedMemory(store=pgvector_store)  # type: ignore[call-arg]


@pytest.fixture
def alice(pgvector_store: PgVectorStore) -> ScopedMemory:
    return ScopedMemory("u_alice", store=pgvector_store)


def test_no_public_attribute_of_a_scope_leads_to_the_store(alice: ScopedMemory) -> None:
    held = [getattr(alice, name) for name in dir(alice) if not name.startswith("_")]
    assert all(inspect.ismethod(attribute) for attribute in held)
    assert not hasattr(alice, "__dict__")


def test_no_public_attribute_of_a_connection_leads_to_the_store(pgvector_store: PgVectorStore) -> None:
    connection = Connection(pgvector_store)
    held = [getattr(connection, name) for name in dir(connection) if not name.startswith("_")]
    assert all(inspect.ismethod(attribute) or isinstance(attribute, str) for attribute in held)


@pytest.mark.parametrize("name", ["user_id", "_ScopedMemory__owner", "_ScopedMemory__store", "other"])
def test_a_scope_cannot_be_turned_on_somebody_else(alice: ScopedMemory, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(alice, name, "u_bob")


@pytest.mark.parametrize("name", ["_ScopedMemory__owner", "_ScopedMemory__store"])
def test_a_scope_cannot_lose_its_tenant(alice: ScopedMemory, name: str) -> None:
    with pytest.raises(AttributeError):
        delattr(alice, name)
    assert alice.count() >= 0


def test_a_scope_cannot_be_made_anew_for_somebody_else(alice: ScopedMemory, pgvector_store: Store) -> None:
    with pytest.raises(AttributeError):
        alice.__init__("u_bob", store=pgvector_store)  # type: ignore[misc]


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy])
def test_a_scope_cannot_be_carried_elsewhere(alice: ScopedMemory, duplicate: Any) -> None:
    with pytest.raises(TypeError):
        duplicate(alice)


def test_a_printed_scope_shows_neither_text_nor_tenant(pgvector_store: PgVectorStore) -> None:
    people = pair_in(pgvector_store)
    add(people.alice, "I am vegetarian.")
    for shown in (repr(people.alice), str(people.alice), f"{people.alice}"):
        assert people.alice_id not in shown
        assert "vegetarian" not in shown
        assert "pgvector" in shown
