"""The search for mentions across tenants, on every store that can do it."""

from datetime import timedelta

import pytest

from memadmin.memory import StoreUnavailable
from memadmin.memory.connect import Connection
from memadmin.memory.stores import mentioning
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.pgvector import PgVectorStore
from memadmin.memory.stores.platform import PlatformStore
from tests.memory.conftest import Pair


@pytest.fixture(params=["pgvector", "qdrant"])
def any_store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


def test_bobs_memory_that_names_alice_is_found(any_store: Mem0OssStore, people: Pair) -> None:
    name = f"Alice{people.alice_id[-8:]}"
    people.alice.add(f"{name} is my name.")
    (mention,) = people.bob.add(f"I dine with {name.upper()} on Fridays.").ids
    people.bob.add(f"I read {name}ander's book.")
    assert Connection(any_store).mentions([name], excluding=people.alice_id) == [(people.bob_id, mention)]


def test_no_more_mentions_are_listed_than_asked_for(any_store: Mem0OssStore, people: Pair) -> None:
    for number in range(3):
        people.bob.add(f"Alice told {people.alice_id} fact {number}.")
    found = Connection(any_store).mentions([people.alice_id], excluding=people.alice_id, limit=2)
    assert found is not None
    assert {user_id for user_id, _ in found} == {people.bob_id}
    assert len(found) == 2


def test_signs_in_a_name_are_no_pattern(any_store: Mem0OssStore, people: Pair) -> None:
    people.bob.add("I dine with Alice.")
    assert Connection(any_store).mentions([".*", "%", "(", "[a"], excluding=people.alice_id) == []


def test_the_platform_cannot_be_searched_across_tenants(platform_store: PlatformStore) -> None:
    assert Connection(platform_store).mentions(["Alice"], excluding="u_alice") is None


def test_a_search_that_takes_too_long_is_stopped(
    pgvector_store: PgVectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = "(SELECT %s::text[], %s, %s, count(*) FROM {table}) AS arguments"
    slow = f"SELECT 'a', 'b', 'c' FROM pg_sleep(5), {arguments}"
    monkeypatch.setattr(mentioning, "_LOOK", slow)
    monkeypatch.setattr(mentioning, "LONGEST_LOOK", timedelta(seconds=1))
    with pytest.raises(StoreUnavailable, match="too long"):
        Connection(pgvector_store).mentions(["Alice"], excluding="u_alice")
