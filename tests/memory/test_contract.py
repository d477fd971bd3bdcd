"""What every store must do, on every store."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from memadmin.memory import Connection, ErasureScope, InvalidCursor, Outcome, Place, ScopedMemory
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.platform import PlatformStore
from tests.memory.conftest import NOT_HERS, YESTERDAY, Pair, add, everything, pair_in, texts
from tests.platform_standin import Standin, tenants_named


def test_what_is_added_is_listed_with_its_details(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I am vegetarian.", metadata={"topic": "food"}, agent_id="chef", run_id="r1")
    (memory,) = alice.get_all()
    assert (memory.id, memory.text, memory["memory"]) == (memory_id, "I am vegetarian.", "I am vegetarian.")
    assert (memory.agent_id, memory.run_id, memory.metadata["topic"]) == ("chef", "r1", "food")
    assert memory.created_at is not None
    assert abs(datetime.now(UTC) - memory.created_at) < timedelta(minutes=1)


def test_each_message_of_a_chat_becomes_a_memory(alice: ScopedMemory) -> None:
    added = alice.add([{"role": "user", "content": "I like tea."}, {"role": "assistant", "content": "Noted: tea."}])
    assert len(added) == 2
    assert texts(alice.get_all()) == ["I like tea.", "Noted: tea."]


def test_search_finds_only_ones_own_best_first(people: Pair) -> None:
    people.alice.add([{"role": "user", "content": text} for text in ("I am vegetarian.", "My bike is red.")])
    add(people.bob, "I am vegetarian too.")
    hits = people.alice.search("vegetarian food")
    assert [hit.text for hit in hits] == ["I am vegetarian.", "My bike is red."]
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert hits[0].score > hits[1].score


def test_a_broad_search_hides_nothing_of_ones_own(alice: ScopedMemory) -> None:
    alice.add(
        [{"role": "user", "content": text} for text in ("Ich heiße Änne.", "zxqw", "42", "\N{ROCKET}", "On leave.")]
    )
    assert texts(alice.search("kitchen appliances", limit=100)) == texts(alice.get_all())


def test_search_keeps_to_its_limit(alice: ScopedMemory) -> None:
    alice.add([{"role": "user", "content": f"I like tea number {number}."} for number in range(5)])
    assert len(alice.search("tea", limit=2)) == 2


def test_a_threshold_drops_weak_hits(alice: ScopedMemory) -> None:
    alice.add([{"role": "user", "content": text} for text in ("I am vegetarian.", "My bike is red.")])
    assert len(alice.search("vegetarian", threshold=0.99)) < 2


def test_search_of_nobody_finds_nothing(alice: ScopedMemory) -> None:
    assert alice.search("food") == []


def test_expired_memories_are_listed_and_marked(alice: ScopedMemory) -> None:
    add(alice, "My code is 1234.", expires_on=YESTERDAY)
    (memory,) = alice.page()
    assert memory.expired
    assert memory.expires_on == YESTERDAY
    assert alice.count() == 1


def test_search_hides_expired_memories_unless_asked(alice: ScopedMemory) -> None:
    add(alice, "My code is 1234.", expires_on=YESTERDAY)
    add(alice, "My code is secret.", expires_on=datetime.now(UTC).date())
    assert texts(alice.search("code")) == ["My code is secret."]
    assert texts(alice.search("code", include_expired=True)) == ["My code is 1234.", "My code is secret."]


def test_expired_memories_do_not_crowd_out_living_ones(alice: ScopedMemory) -> None:
    alice.add([{"role": "user", "content": f"I am vegetarian {number}."} for number in range(65)], expires_on=YESTERDAY)
    add(alice, "I eat no meat and no fish.")
    assert texts(alice.search("I am vegetarian", limit=1, threshold=0.01)) == ["I eat no meat and no fish."]


def test_get_returns_one_memory(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I am vegetarian.")
    memory = alice.get(memory_id)
    assert memory is not None
    assert memory == alice.get_all()[0]


def test_update_changes_the_text_and_keeps_the_rest(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon.", metadata={"topic": "home"}, agent_id="chef")
    before = alice.get(memory_id)
    after = alice.update(memory_id, "I live in Oslo.")
    assert before is not None
    assert after is not None
    assert after.text == "I live in Oslo."
    assert (after.created, after.agent_id, after.metadata["topic"]) == (before.created, "chef", "home")
    assert texts(alice.search("Where do I live?")) == ["I live in Oslo."]


def test_history_tells_what_happened_oldest_first(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon.")
    alice.update(memory_id, "I live in Oslo.")
    changes = alice.history(memory_id)
    assert changes is not None
    assert [(change.event, change.old_text, change.new_text) for change in changes] == [
        ("ADD", None, "I live in Lisbon."),
        ("UPDATE", "I live in Lisbon.", "I live in Oslo."),
    ]


def test_a_walk_passes_every_memory_with_its_history(people: Pair) -> None:
    ids = [add(people.alice, f"I like tea number {number}.") for number in range(5)]
    people.alice.update(ids[2], "I like coffee.")
    add(people.alice, "My code is 1234.", expires_on=YESTERDAY)
    add(people.bob, "I love steak.")
    walked = list(people.alice.walk(at_once=2))
    assert [memory for memory, _ in walked] == people.alice.get_all()
    assert [changes for _, changes in walked] == [people.alice.history(memory.id) for memory, _ in walked]
    assert "steak" not in str([change.as_dict() for _, changes in walked for change in changes])


def test_a_walk_over_nobody_passes_nothing(alice: ScopedMemory) -> None:
    assert list(alice.walk()) == []


# -- ids of others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["get", "history", "delete"])
def test_another_tenants_memory_is_as_absent_as_an_unknown_one(people: Pair, call: str) -> None:
    bobs = add(people.bob, "I love steak.")
    add(people.alice, "I am vegetarian.")
    before = everything(people.alice), everything(people.bob)
    assert [getattr(people.alice, call)(memory_id) for memory_id in (bobs, *NOT_HERS)] == [None] * (len(NOT_HERS) + 1)
    assert (everything(people.alice), everything(people.bob)) == before


def test_another_tenants_memory_cannot_be_updated(people: Pair) -> None:
    bobs = add(people.bob, "I love steak.")
    before = everything(people.bob)
    assert [people.alice.update(memory_id, "I hate steak.") for memory_id in (bobs, *NOT_HERS)] == [None] * (
        len(NOT_HERS) + 1
    )
    assert everything(people.bob) == before


def test_an_id_spelt_differently_is_no_id(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I am vegetarian.")
    spellings = (
        memory_id.upper(),
        memory_id.replace("-", ""),
        f"{{{memory_id}}}",
        f" {memory_id}",
        f"urn:uuid:{memory_id}",
    )
    assert [alice.get(spelling) for spelling in spellings if spelling != memory_id] == [None] * 5


@pytest.mark.parametrize("memory_id", [None, 7, b"bytes", ["list"]])
def test_an_id_that_is_no_text_is_no_id(alice: ScopedMemory, memory_id: Any) -> None:
    assert alice.get(memory_id) is None
    assert alice.delete(memory_id) is None


# -- pages --------------------------------------------------------------------------------------------


def test_pages_are_complete_newest_first_and_without_duplicates(people: Pair) -> None:
    for number in range(7):
        add(people.alice, f"Fact {number}.", expires_on=YESTERDAY if number % 2 else None)
        add(people.bob, f"Bob's fact {number}.")
    assert [memory.text for memory in people.alice.get_all()] == [f"Fact {number}." for number in reversed(range(7))]
    seen, cursor = [], None
    while True:
        page = people.alice.page(cursor, limit=3)
        seen += [memory.text for memory in page]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [f"Fact {number}." for number in reversed(range(7))]


def test_the_last_full_page_has_no_next_one(alice: ScopedMemory) -> None:
    alice.add([{"role": "user", "content": f"Fact {number}."} for number in range(4)])
    second = alice.page(alice.page(limit=2).next_cursor, limit=2)
    assert len(second) == 2
    assert second.next_cursor is None


def test_pages_stand_still_while_memories_come_and_go(alice: ScopedMemory) -> None:
    ids = [add(alice, f"Fact {number}.") for number in range(6)]
    first = alice.page(limit=2)
    add(alice, "Fact 6.")
    alice.delete(ids[5])
    rest = alice.page(first.next_cursor, limit=10)
    assert [memory.text for memory in rest] == ["Fact 3.", "Fact 2.", "Fact 1.", "Fact 0."]


def test_a_cursor_of_another_tenant_is_refused(people: Pair) -> None:
    people.bob.add([{"role": "user", "content": text} for text in ("I love steak.", "I live in Oslo.")])
    with pytest.raises(InvalidCursor):
        people.alice.page(people.bob.page(limit=1).next_cursor)


def test_count_is_the_number_of_ones_own(people: Pair) -> None:
    people.alice.add([{"role": "user", "content": f"Fact {number}."} for number in range(3)])
    add(people.bob, "I love steak.")
    assert (people.alice.count(), people.bob.count()) == (3, 1)


# -- filters ------------------------------------------------------------------------------------------

FILTERED = [
    ({"topic": "food"}, ["peanuts", "tea"]),
    ({"topic": ["food", "home"]}, ["lisbon", "peanuts", "tea"]),
    ({"topic": []}, []),
    ({"topic": {"eq": "food"}}, ["peanuts", "tea"]),
    ({"topic": {"ne": "food"}}, ["lisbon"]),
    ({"topic": {"in": ["food"]}}, ["peanuts", "tea"]),
    ({"topic": {"nin": ["food"]}}, ["lisbon"]),
    ({"topic": {"contains": "oo"}}, ["peanuts", "tea"]),
    ({"topic": {"contains": "OO"}}, []),
    ({"topic": {"contains": "o_"}}, []),
    ({"topic": {"icontains": "OO"}}, ["peanuts", "tea"]),
    ({"weight": 3}, ["peanuts"]),
    ({"weight": {"gt": 3}}, ["tea"]),
    ({"weight": {"gte": 3}}, ["peanuts", "tea"]),
    ({"weight": {"lt": 5}}, ["peanuts"]),
    ({"weight": {"lte": 5.0}}, ["peanuts", "tea"]),
    ({"weight": {"gt": 0, "lt": 5, "ne": 4}}, ["peanuts"]),
    ({"weight": {"gt": 0, "in": [5, 7]}}, ["tea"]),
    ({"urgent": True}, ["peanuts"]),
    ({"urgent": {"in": [True]}}, ["peanuts"]),
    ({"urgent": {"gt": 0}}, []),
    ({"agent_id": "chef"}, ["peanuts", "tea"]),
    ({"run_id": "r2"}, ["lisbon"]),
    ({"agent_id": "chef", "weight": {"lt": 5}}, ["peanuts"]),
    ({"nothing like that": {"ne": "food"}}, []),
    ({"topic": "food' OR '1'='1"}, []),
    ({"topic' OR '1'='1": "food"}, []),
    ({"topic": "%"}, []),
]


@pytest.fixture(scope="module")
def filtered() -> dict[Store, Pair]:
    return {}


@pytest.fixture
def shelf(any_store: Store, filtered: dict[Store, Pair]) -> ScopedMemory:
    """Three memories to filter, and the same ones of somebody else beside them."""
    if any_store not in filtered:
        filtered[any_store] = pair = pair_in(any_store)
        for scope in (pair.bob, pair.alice):
            add(scope, "peanuts", metadata={"topic": "food", "weight": 3, "urgent": True}, agent_id="chef", run_id="r1")
            add(scope, "tea", metadata={"topic": "food", "weight": 5, "urgent": False}, agent_id="chef")
            add(scope, "lisbon", metadata={"topic": "home", "weight": "heavy"}, agent_id="guide", run_id="r2")
    return filtered[any_store].alice


@pytest.mark.parametrize(("filters", "expected"), FILTERED, ids=lambda value: repr(value)[:50])
def test_filters_mean_the_same_on_every_store(
    shelf: ScopedMemory, filters: dict[str, Any], expected: list[str]
) -> None:
    assert texts(shelf.page(filters=filters)) == expected
    assert texts(shelf.search("groceries", filters=filters)) == expected


# -- deletion -----------------------------------------------------------------------------------------


def test_delete_removes_exactly_one_memory_and_its_history(any_store: Store, people: Pair) -> None:
    gone, kept = add(people.alice, "I live in Lisbon."), add(people.alice, "I am vegetarian.")
    people.alice.update(gone, "I live in Oslo.")
    bob_before, kept_before = everything_after_adding(people.bob), people.alice.history(kept)
    deletion = people.alice.delete(gone)
    assert deletion is not None
    assert deletion.removed[Place.VECTORS] == 1
    assert not deletion.residue.found
    assert [memory.id for memory in people.alice.get_all()] == [kept]
    assert people.alice.history(kept) == kept_before
    assert people.alice.history(gone) is None
    assert any_store.history(people.alice_id, gone) == []  # type: ignore[arg-type]
    assert everything(people.bob) == bob_before


def test_deleting_twice_is_absent_the_second_time(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon.")
    assert alice.delete(memory_id) is not None
    assert alice.delete(memory_id) is None


def test_delete_all_leaves_nothing_of_alice(alice: ScopedMemory) -> None:
    ids = [add(alice, f"Fact {number}.", expires_on=YESTERDAY if number else None) for number in range(3)]
    deletion = alice.delete_all()
    assert deletion.removed[Place.VECTORS] == 3
    assert deletion.outcome in {Outcome.VERIFIED, Outcome.PARTLY_VERIFIED}
    assert alice.get_all() == alice.search("fact", include_expired=True) == []
    assert not alice.residue(ids).found


def test_delete_all_leaves_bob_exactly_as_he_was(people: Pair) -> None:
    people.alice.add([{"role": "user", "content": f"Fact {number}."} for number in range(3)])
    before = everything_after_adding(people.bob)
    people.alice.delete_all()
    assert everything(people.bob) == before


def test_delete_all_of_nobody_says_so(people: Pair) -> None:
    add(people.bob, "I love steak.")
    deletion = people.alice.delete_all()
    assert set(deletion.removed.values()) == {0}
    assert not deletion.residue.found
    assert people.bob.count() == 1


def test_residue_finds_what_is_there_and_names_every_place(any_store: Store, alice: ScopedMemory) -> None:
    add(alice, "I am vegetarian.")
    residue = alice.residue()
    assert residue.found
    assert tuple(finding.place for finding in residue.findings) == any_store.places


@pytest.mark.parametrize("any_store", ["pgvector", "qdrant"], indirect=True)  # where a history row has no owner
def test_anothers_memory_ids_are_not_counted_as_ones_own_residue(people: Pair) -> None:
    bobs = add(people.bob, "I love steak.")
    assert not people.alice.residue([bobs]).found


def test_the_directory_lists_everybody_once(any_store: Store, people: Pair) -> None:
    add(people.bob, "I love steak.")
    people.alice.add([{"role": "user", "content": f"Fact {number}."} for number in range(3)])
    found: list[str] = []
    while batch := any_store.user_ids(after=found[-1] if found else "", limit=3):
        found += batch
    assert found.count(people.alice_id) == found.count(people.bob_id) == 1
    assert len(set(found)) == len(found)


def test_who_is_new_is_found_since_a_mark_or_the_store_cannot_tell(any_store: Store, people: Pair) -> None:
    mark = any_store.mark()
    add(people.bob, "I love steak.")
    people.alice.add([{"role": "user", "content": f"Fact {number}."} for number in range(3)])
    if mark is None:
        assert any_store.user_ids_since("", after="", limit=10) is None
        return
    found: list[str] = []
    while batch := any_store.user_ids_since(mark, after=found[-1] if found else "", limit=3):
        found += batch
    assert batch == []
    assert found.count(people.alice_id) == found.count(people.bob_id) == 1
    assert len(set(found)) == len(found)


def test_every_request_to_the_platform_names_exactly_one_tenant(
    standin: Standin, platform_store: PlatformStore
) -> None:
    people = pair_in(platform_store)
    add(people.bob, "I love steak.")
    start = len(standin.requests)
    memory_id = add(people.alice, "I am vegetarian.", agent_id="chef", run_id="r1")
    people.alice.search("food", filters={"agent_id": "chef"})
    people.alice.page(filters={"topic": "food"})
    people.alice.update(memory_id, "I am vegan.")
    people.alice.delete_all()
    named = [tenants_named(request) for request in standin.requests[start:] if request.touches_content]
    assert named == [{people.alice_id}] * len(named)
    assert len(named) > 5


def test_a_store_opens_again_after_it_was_closed(any_store: Store, alice: ScopedMemory) -> None:
    add(alice, "I am vegetarian.")
    any_store.close()
    assert alice.count() == 1


def everything_after_adding(bob: ScopedMemory) -> list[Any]:
    memory_id = add(bob, "I love steak.")
    add(bob, "I moved to Oslo.")
    bob.update(memory_id, "I love barbecue.")
    return everything(bob)


# -- erasure in batches ---------------------------------------------------------------------------------


def erasing(store: Store, people: Pair) -> ErasureScope:
    return Connection(store).scope_for_erasure(people.alice_id)


def test_holdings_tell_what_an_erasure_would_take(any_store: Store, people: Pair) -> None:
    ids = [add(people.alice, "I am vegetarian.", agent_id="chef"), add(people.alice, "No nuts.", agent_id="guide")]
    add(people.bob, "I love steak.", agent_id="butcher")
    holdings = erasing(any_store, people).holdings()
    newest, oldest = people.alice.get_all()
    assert holdings.memory_ids == tuple(sorted(ids))
    assert holdings.counts[Place.VECTORS] == 2
    assert (holdings.oldest, holdings.newest) == (oldest.created, newest.created)
    assert (holdings.agents, holdings.untold) == (("chef", "guide"), 0)


def test_holdings_of_nobody_are_empty(any_store: Store, people: Pair) -> None:
    add(people.bob, "I love steak.")
    holdings = erasing(any_store, people).holdings()
    assert (holdings.memory_ids, holdings.oldest, holdings.newest, holdings.agents) == ((), "", "", ())
    assert set(holdings.counts.values()) == {0}


def test_erasing_in_batches_takes_everything_of_alice_and_nothing_of_bob(any_store: Store, people: Pair) -> None:
    ids = [add(people.alice, f"Fact {number}.", expires_on=YESTERDAY if number else None) for number in range(5)]
    before, scope = everything_after_adding(people.bob), erasing(any_store, people)
    removed = [scope.erase(ids[start : start + 2])[Place.VECTORS] for start in (0, 2, 4)]
    rest = scope.erase_rest()
    assert removed == [2, 2, 1]
    assert rest.counts[Place.VECTORS] == 0
    assert not scope.residue(ids).found
    assert everything(people.bob) == before


def test_erasing_twice_is_the_same_as_once(any_store: Store, people: Pair) -> None:
    gone, kept = add(people.alice, "I live in Lisbon."), add(people.alice, "I am vegetarian.")
    scope = erasing(any_store, people)
    scope.erase([gone])
    after_once = everything(people.alice)
    assert set(scope.erase([gone, gone]).values()) == {0}
    assert everything(people.alice) == after_once
    assert [memory.id for memory in people.alice.get_all()] == [kept]


def test_erasing_a_foreign_or_a_hostile_id_touches_nothing(any_store: Store, people: Pair) -> None:
    bobs = add(people.bob, "I love steak.")
    add(people.alice, "I am vegetarian.")
    before = everything(people.alice), everything(people.bob)
    removed = erasing(any_store, people).erase([bobs, bobs.upper(), *NOT_HERS])
    assert set(removed.values()) == {0}
    assert (everything(people.alice), everything(people.bob)) == before


@pytest.mark.parametrize("any_store", ["pgvector", "qdrant"], indirect=True)  # the platform keeps its own history
def test_history_goes_though_the_vector_was_already_gone(any_store: Mem0OssStore, people: Pair) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    any_store._vectors.delete(vector_id=memory_id)  # a crash between two places, had they gone in that order
    scope = erasing(any_store, people)
    assert scope.erase([memory_id]) == {Place.HISTORY: 1, Place.VECTORS: 0}
    assert not scope.residue([memory_id]).found


@pytest.mark.parametrize("any_store", ["pgvector", "qdrant"], indirect=True)
def test_an_id_that_is_no_uuid_is_erased_from_the_history(any_store: Mem0OssStore, people: Pair) -> None:
    memory_id = f"note of {people.alice_id}"
    any_store._mem0().db.add_history(memory_id, None, "I live in Lisbon.", "ADD")
    scope = erasing(any_store, people)
    assert scope.erase([memory_id, add(people.alice, "I am vegetarian.")]) == {Place.HISTORY: 2, Place.VECTORS: 1}


@pytest.mark.parametrize("any_store", ["pgvector", "qdrant"], indirect=True)
def test_what_the_agent_writes_between_two_batches_goes_with_the_rest(any_store: Store, people: Pair) -> None:
    scope = erasing(any_store, people)
    scope.erase([add(people.alice, "I live in Lisbon.")])
    late = add(people.alice, "I moved to Oslo.")
    rest = scope.erase_rest()
    assert (rest.memory_ids, rest.counts[Place.HISTORY]) == ((late,), 1)


def test_neighbours_are_others_with_the_ids_they_have(any_store: Store, people: Pair) -> None:
    add(people.alice, "I am vegetarian.")
    ids = {add(people.bob, "I love steak."), add(people.bob, "I moved to Oslo.")}
    neighbours = Connection(any_store).neighbours(people.alice_id, number=10_000)
    assert neighbours[people.bob_id] == ids
    assert people.alice_id not in neighbours


def test_no_more_neighbours_and_ids_are_read_than_asked_for(any_store: Store, people: Pair) -> None:
    for number in range(3):
        add(people.bob, f"Fact {number}.")
    neighbours = Connection(any_store).neighbours(people.alice_id, number=1, most=2)
    assert len(neighbours) == 1
    assert all(len(ids) <= 2 for ids in neighbours.values())
