"""The scope's own walls: what goes in is checked, what comes out is compared with the tenant.

The store here is a fake that records every call and answers with whatever a test puts into it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from memadmin.memory import (
    Added,
    Change,
    CrossTenantRecord,
    Finding,
    InvalidFilter,
    InvalidMessage,
    InvalidQuery,
    InvalidUserId,
    Memory,
    MemoryScopeError,
    Place,
    Residue,
    ScopedMemory,
    SearchHit,
    Status,
    StoreError,
    UserId,
)
from memadmin.memory.overview import Overview
from memadmin.memory.records import Removal
from memadmin.memory.stores.base import Correction

MINE = Memory(id="m1", text="I am vegetarian.", user_id="u_alice")
FOREIGN = Memory(id="m2", text="I love steak.", user_id="u_bob")


class FakeStore:
    """Answers with ``records`` to every question, and keeps what it was asked."""

    label = "fake"
    places = (Place.VECTORS,)

    def __init__(self, *records: Memory) -> None:
        self.records = list(records)
        self.changes: list[Change] = []
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(owner: UserId, *arguments: Any, **options: Any) -> Any:
            self.calls.append((name, owner))
            return self._answer(name)

        return call

    def _answer(self, name: str) -> Any:
        hits = [SearchHit(score=1.0, id=record.id, text=record.text, user_id=record.user_id) for record in self.records]
        answers = {
            "add": Added(("m1",)),
            "search": hits,
            "page": self.records,
            "count": len(self.records),
            "get": self.records[0] if self.records else None,
            "history": self.changes,
            "histories": {change.memory_id: [change] for change in self.changes},
            "delete": Removal({Place.VECTORS: 1}, ("m1",)),
            "delete_all": Removal({Place.VECTORS: 1}, ("m1",)),
            "scan": Residue((Finding(Place.VECTORS, Status.CLEAN),)),
            "rectify": Correction(counts={Place.HISTORY: 1}, wordings=frozenset()),
            "probe": Residue((Finding(Place.VECTORS, Status.CLEAN),)),
            "forget_history": 1,
            "similar": hits,
            "overview": Overview.of([], today=date(2026, 1, 2), soon=date(2026, 2, 2)),
        }
        return answers.get(name)


def scope(*records: Memory) -> tuple[ScopedMemory, FakeStore]:
    store = FakeStore(*records)
    return ScopedMemory("u_alice", store=store), store  # type: ignore[arg-type]


READS: dict[str, Callable[[ScopedMemory], Any]] = {
    "search": lambda alice: alice.search("food"),
    "page": lambda alice: alice.page(),
    "get_all": lambda alice: alice.get_all(),
    "get": lambda alice: alice.get("m1"),
    "history": lambda alice: alice.history("m1"),
    "update": lambda alice: alice.update("m1", "I am vegan."),
    "delete": lambda alice: alice.delete("m1"),
    "rectify": lambda alice: alice.rectify("m1", "I am vegan."),
    "forget_history": lambda alice: alice.forget_history("m1"),
    "restrict": lambda alice: alice.restrict("m1"),
    "lift": lambda alice: alice.lift("m1"),
    "similar": lambda alice: alice.similar("m1"),
    "walk": lambda alice: list(alice.walk()),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_foreign_record_out_of_the_store_raises(read: Callable[[ScopedMemory], Any]) -> None:
    alice, _ = scope(FOREIGN)
    with pytest.raises(CrossTenantRecord) as caught:
        read(alice)
    assert "steak" not in str(caught.value)
    assert "u_bob" not in str(caught.value)


@pytest.mark.parametrize("name", ["search", "page", "get_all", "walk"])
def test_one_foreign_record_among_ones_own_voids_the_answer(name: str) -> None:
    alice, _ = scope(MINE, FOREIGN)
    with pytest.raises(CrossTenantRecord):
        READS[name](alice)


def test_a_foreign_record_just_after_the_page_is_noticed_too() -> None:
    alice, _ = scope(MINE, FOREIGN)
    with pytest.raises(CrossTenantRecord):
        alice.page(limit=1)


@pytest.mark.parametrize("user_id", ["U_ALICE", "u_alice ", "", "*"])
def test_a_record_of_almost_the_same_tenant_is_foreign(user_id: str) -> None:
    alice, _ = scope(Memory(id="m1", text="I love steak.", user_id=user_id))
    with pytest.raises(CrossTenantRecord):
        alice.get_all()


@pytest.mark.parametrize("name", ["update", "delete", "rectify", "forget_history", "restrict", "lift", "similar"])
def test_nothing_is_done_to_a_foreign_record(name: str) -> None:
    alice, store = scope(FOREIGN)
    with pytest.raises(CrossTenantRecord):
        READS[name](alice)
    assert [call for call, _ in store.calls] == ["get"]


def test_a_foreign_record_among_the_similar_ones_voids_the_answer() -> None:
    class Leaking(FakeStore):
        def get(self, *_: Any) -> Memory:
            return MINE

    with pytest.raises(CrossTenantRecord):
        ScopedMemory("u_alice", store=Leaking(FOREIGN)).similar("m1")  # type: ignore[arg-type]


def test_a_store_that_does_not_keep_a_restriction_is_not_believed() -> None:
    alice, _ = scope(MINE)
    with pytest.raises(StoreError, match="agent may still read"):
        alice.restrict("m1")


def test_a_store_that_does_not_give_the_expiry_back_is_not_believed() -> None:
    alice, _ = scope(replace(MINE, restricted=True, expires_on=date(2020, 1, 1)))
    with pytest.raises(StoreError, match="still hidden"):
        alice.lift("m1")


@pytest.mark.parametrize("soon", [timedelta(days=-1), timedelta(days=4_000), 30, None])
def test_a_soon_out_of_range_is_refused(soon: Any) -> None:
    refused_without_a_call(InvalidQuery, lambda alice: alice.overview(soon=soon))


def test_another_memorys_history_raises() -> None:
    alice, store = scope(MINE)
    store.changes = [Change(id="c1", memory_id="m2", event="ADD", new_text="I love steak.")]
    with pytest.raises(CrossTenantRecord):
        alice.history("m1")


@pytest.mark.parametrize("under", ["m1", "m2"])
def test_another_memorys_history_ends_a_walk(under: str) -> None:
    class Mixed(FakeStore):
        def histories(self, *_: Any) -> dict[str, list[Change]]:
            return {under: [Change(id="c1", memory_id="m2", event="ADD", new_text="I love steak.")]}

    with pytest.raises(CrossTenantRecord):
        next(ScopedMemory("u_alice", store=Mixed(MINE)).walk())  # type: ignore[arg-type]


def test_a_walk_asks_for_histories_once_a_slice() -> None:
    alice, store = scope(*(replace(MINE, id=f"m{number}") for number in range(3)))
    assert [memory.id for memory, _ in alice.walk()] == ["m0", "m1", "m2"]
    assert [call for call, _ in store.calls] == ["page", "histories"]


def test_a_walk_in_slices_out_of_range_is_refused_before_it_begins() -> None:
    refused_without_a_call(InvalidQuery, lambda alice: alice.walk(at_once=0))


def test_every_call_to_the_store_names_this_tenant() -> None:
    alice, store = scope(replace(MINE, restricted=True))
    for read in READS.values():
        read(alice)
    alice.overview()
    alice.add("I am vegetarian.")
    alice.count(), alice.delete_all(), alice.residue()
    assert {owner for _, owner in store.calls} == {"u_alice"}
    assert {call for call, _ in store.calls} == {
        "add", "search", "page", "count", "get", "history", "update", "delete", "delete_all", "scan",
        "rectify", "probe", "forget_history", "restrict", "lift", "similar", "overview", "histories",
    }  # fmt: skip


@pytest.mark.parametrize("user_id", ["*", "", " ", None, 7, b"alice", ["alice"], "a" * 256])
def test_a_scope_of_nobody_or_everybody_is_refused(user_id: Any) -> None:
    with pytest.raises(InvalidUserId):
        ScopedMemory(user_id, store=FakeStore())  # type: ignore[arg-type]


# -- what goes in --------------------------------------------------------------------------------------


def refused_without_a_call(error: type[Exception], call: Callable[[ScopedMemory], Any]) -> str:
    alice, store = scope(MINE)
    with pytest.raises(error) as caught:
        call(alice)
    assert store.calls == []
    return str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", None, 7, b"food", "x" * 2_001, "x" * 100_000, "fo\0od", "fo\ud800od"])
def test_unusable_search_text_is_refused(text: Any) -> None:
    refused_without_a_call(InvalidQuery, lambda alice: alice.search(text))


@pytest.mark.parametrize("text", ["", "\n\t", None, 7, "x" * 100_001, "fo\0od", "fo\ud800od"])
def test_unusable_memory_text_is_refused(text: Any) -> None:
    refused_without_a_call(InvalidQuery, lambda alice: alice.update("m1", text))
    refused_without_a_call(InvalidQuery, lambda alice: alice.rectify("m1", text))


@pytest.mark.parametrize("limit", [0, -1, 1_001, 2.5, "10", None, True])
def test_a_limit_out_of_range_is_refused(limit: Any) -> None:
    refused_without_a_call(InvalidQuery, lambda alice: alice.search("food", limit=limit))
    refused_without_a_call(InvalidQuery, lambda alice: alice.page(limit=limit))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), "0.5", None, True])
def test_a_threshold_out_of_range_is_refused(threshold: Any) -> None:
    refused_without_a_call(InvalidQuery, lambda alice: alice.search("food", threshold=threshold))


@pytest.mark.parametrize("name", ["search", "page", "get_all"])
def test_a_filter_cannot_name_a_tenant(name: str) -> None:
    arguments = ["food"] if name == "search" else []
    refused_without_a_call(InvalidFilter, lambda alice: getattr(alice, name)(*arguments, filters={"user_id": "u_bob"}))


@pytest.mark.parametrize("messages", [None, "", " ", [], {}, 7, b"bytes", ["a text"], [{}]], ids=repr)
def test_what_is_no_list_of_messages_is_refused(messages: Any) -> None:
    refused_without_a_call(MemoryScopeError, lambda alice: alice.add(messages))


@pytest.mark.parametrize(
    "change",
    [
        {"role": None}, {"role": "robot"}, {"role": []}, {"content": None}, {"content": ""}, {"content": ["food"]},
        {"content": "fo\0od"}, {"content": "x" * 100_001}, {"name": 7}, {"name": " "}, {"name": "x" * 256},
    ],
    ids=lambda change: repr(change)[:30],
)  # fmt: skip
def test_a_message_with_one_unusable_part_is_refused(change: dict[str, Any]) -> None:
    message = {"role": "user", "content": "food", "name": "Alice"} | change
    refused_without_a_call(MemoryScopeError, lambda alice: alice.add([message]))


@pytest.mark.parametrize("key", ["user_id", "agent_id", "run_id", "actor_id", "memadmin_restricted", "Memadmin_x"])
def test_metadata_cannot_name_an_identity(key: str) -> None:
    refused_without_a_call(InvalidMessage, lambda alice: alice.add("food", metadata={key: "u_bob"}))


@pytest.mark.parametrize(
    "metadata",
    [
        {"when": date(2026, 1, 2)},
        {"tags": {"a"}},
        {"n": float("nan")},
        {"a": "b\0"},
        {"a\0": "b"},
        {"a": ["\ud800"]},
        ["a"],
        "text",
    ],
    ids=repr,
)
def test_metadata_that_no_store_can_keep_is_refused(metadata: Any) -> None:
    refused_without_a_call(InvalidMessage, lambda alice: alice.add("food", metadata=metadata))


def test_metadata_may_spell_out_an_escape() -> None:
    alice, store = scope()
    alice.add("food", metadata={"pattern": r"\u0000", "path": "C:\\u0000"})
    assert store.calls == [("add", "u_alice")]


@pytest.mark.parametrize("option", ["agent_id", "run_id"])
@pytest.mark.parametrize("value", ["*", "", "a b", 7, ["chef"], "a" * 256])
def test_an_agent_or_run_that_mem0_reads_otherwise_is_refused(option: str, value: Any) -> None:
    refused_without_a_call(InvalidMessage, lambda alice: alice.add("food", **{option: value}))


def test_a_refusal_says_what_is_accepted() -> None:
    assert "2,000" in refused_without_a_call(InvalidQuery, lambda alice: alice.search("x" * 100_000))


@pytest.mark.parametrize(
    "messages", ["food", {"role": "user", "content": "food"}, [{"role": "user", "content": "food"}]]
)
def test_a_text_a_message_and_a_list_of_messages_are_added(messages: Any) -> None:
    alice, store = scope()
    alice.add(messages)
    assert store.calls == [("add", "u_alice")]


@pytest.mark.parametrize("day", ["2026-01-02", datetime(2026, 1, 2, tzinfo=UTC), 7, ""])
def test_an_expiration_that_is_no_day_is_refused(day: Any) -> None:
    refused_without_a_call(InvalidMessage, lambda alice: alice.add("food", expires_on=day))
