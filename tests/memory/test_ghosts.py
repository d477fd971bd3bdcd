"""Ghosts: history rows whose memory no longer exists, as mem0's own deletions leave them."""

from datetime import UTC, datetime, timedelta

import pytest

from memadmin.memory import Connection
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.platform import PlatformStore
from tests.memory.conftest import Pair, add, everything

NOW = datetime.now(UTC)


@pytest.fixture(params=["pgvector", "qdrant"])
def any_store(request: pytest.FixtureRequest) -> Mem0OssStore:
    """The stores that keep a history file; earlier tests left ghosts there, so this one starts without."""
    store: Mem0OssStore = request.getfixturevalue(f"{request.param}_store")
    Connection(store).purge_ghosts(NOW + timedelta(days=1))
    return store


def test_what_mem0_deletes_becomes_a_ghost(any_store: Mem0OssStore, people: Pair) -> None:
    assert Connection(any_store).ghosts().memories == 0  # type: ignore[union-attr]
    add(people.alice, "I live in Lisbon.")
    add(people.bob, "I love steak.")
    any_store._mem0().delete_all(user_id=people.alice_id)
    ghosts = Connection(any_store).ghosts()
    assert ghosts is not None
    assert (ghosts.memories, ghosts.rows) == (1, 2)  # its addition and its deletion
    assert NOW.isoformat() < ghosts.oldest <= ghosts.newest


def test_purging_takes_ghosts_and_no_living_memorys_history(any_store: Mem0OssStore, people: Pair) -> None:
    for number in range(3):
        add(people.alice, f"Fact {number}.")
    bobs = add(people.bob, "I love steak.")
    people.bob.update(bobs, "I love barbecue.")
    before = everything(people.bob)
    any_store._mem0().delete_all(user_id=people.alice_id)
    assert Connection(any_store).purge_ghosts(datetime.now(UTC)) == 6
    assert Connection(any_store).ghosts().rows == 0  # type: ignore[union-attr]
    assert everything(people.bob) == before


def test_ghosts_that_changed_since_stay_as_a_whole(any_store: Mem0OssStore) -> None:
    history, long_ago = any_store._mem0().db, "2026-01-01T00:00:00+00:00"
    for memory_id, latest in (("old", "2026-01-02T00:00:00"), ("recent", "2026-03-01T00:00:00"), ("undated", None)):
        history.add_history(memory_id, None, "I live in Lisbon.", "ADD", created_at=long_ago)
        history.add_history(memory_id, "I live in Lisbon.", None, "DELETE", created_at=latest)
    assert Connection(any_store).purge_ghosts(datetime(2026, 2, 1, tzinfo=UTC)) == 2
    assert Connection(any_store).ghosts().memories == 2  # type: ignore[union-attr]
    any_store._history.delete(["undated"])  # it would stay for the next test


def test_thousands_of_ghosts_go_in_batches(any_store: Mem0OssStore) -> None:
    with any_store._history._open() as connection:
        rows = [(f"row {number}", f"ghost {number}", "2026-01-01T00:00:00") for number in range(2_500)]
        connection.executemany("INSERT INTO history (id, memory_id, created_at) VALUES (?, ?, ?)", rows)
    assert Connection(any_store).ghosts().memories == 2_500  # type: ignore[union-attr]
    assert Connection(any_store).purge_ghosts(NOW) == 2_500


def test_a_naive_moment_is_refused(any_store: Mem0OssStore) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Connection(any_store).purge_ghosts(datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_platform_cannot_count_them(platform_store: PlatformStore) -> None:
    assert Connection(platform_store).ghosts() is None
    assert Connection(platform_store).purge_ghosts(NOW) == 0
