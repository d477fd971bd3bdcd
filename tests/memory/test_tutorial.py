"""mem0's own tutorial with nothing but the import changed: ``client`` is made by a line of its own, as there."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from memadmin.memory import connect, embedded


@pytest.fixture(autouse=True)
def _a_store_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, worker_name: str) -> Iterator[None]:
    """The environment of a newcomer, but that parallel workers do not meet, in the history file neither."""
    monkeypatch.setattr(importlib.import_module("memadmin.memory.connect"), "var_dir", lambda: tmp_path)
    monkeypatch.setenv("DATABASE_URL", embedded.url(f"tutorial_{worker_name}"))
    yield
    connect().close()


def test_the_tutorial_works_with_only_the_import_changed() -> None:
    from memadmin.memory import ScopedMemory

    alice = ScopedMemory("u_alice")
    bob = ScopedMemory("u_bob")
    alice.delete_all()
    bob.delete_all()

    alice.add([{"role": "user", "content": "I am vegetarian and allergic to peanuts."}])
    bob.add([{"role": "user", "content": "I love steak and barbecue."}])

    assert [item["memory"] for item in alice.search("food preferences")] == ["I am vegetarian and allergic to peanuts."]
    assert [item["memory"] for item in bob.search("food preferences")] == ["I love steak and barbecue."]
    assert [item["memory"] for item in alice.get_all()] == ["I am vegetarian and allergic to peanuts."]
    before = [(item["id"], item["memory"]) for item in bob.get_all()]

    alice.delete_all()

    assert alice.get_all() == []
    assert alice.search("food preferences") == []
    assert alice.residue().clean
    assert [(item["id"], item["memory"]) for item in bob.get_all()] == before


def test_a_scope_without_a_user_id_cannot_be_written() -> None:
    from memadmin.memory import ScopedMemory

    with pytest.raises(TypeError):
        ScopedMemory()  # type: ignore[call-arg]
