"""Correcting a memory takes what was wrong out of every place, says what it could not, and touches nobody else."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memadmin.memory import Finding, Outcome, Place, Rectification, ScopedMemory, Status, StoreError, TenantBeingErased
from memadmin.memory.stores import probing
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.pgvector import PgVectorStore
from memadmin.memory.stores.platform import PlatformStore
from tests.memory.conftest import NOT_HERS, Pair, add, everything, pair_in, texts
from tests.memory.test_isolation_properties import BOUNDED, sentences

OSS = pytest.mark.parametrize("any_store", ["pgvector", "qdrant"], indirect=True)


def entity(store: Mem0OssStore, user_id: str, name: str, *memory_ids: str) -> None:
    """An entity row as mem0 writes it where spaCy is installed."""
    for memory_id in memory_ids:
        store._mem0()._upsert_entity(name, "PROPER", memory_id, {"user_id": user_id})


def entities_of(store: Mem0OssStore, user_id: str) -> dict[str, list[str]]:
    rows = store._rows(store._entities, {"user_id": user_id})
    return {row.payload["data"]: row.payload["linked_memory_ids"] for row in rows}


def chat(store: Mem0OssStore, user_id: str, text: str) -> None:
    """Raw chat as mem0 keeps it when it extracts facts."""
    store._mem0().db.save_messages([{"role": "user", "content": text}], f"agent_id=chef&user_id={user_id}")


def rectified(scope: ScopedMemory, memory_id: str, text: str) -> Rectification:
    rectification = scope.rectify(memory_id, text)
    assert rectification is not None
    return rectification


def told(scope: ScopedMemory, memory_id: str) -> list[tuple[str, str | None, str | None]]:
    return [(change.event, change.old_text, change.new_text) for change in scope.history(memory_id) or []]


def found(rectification: Rectification) -> dict[Place, Finding]:
    return {finding.place: finding for finding in rectification.residue.findings}


def test_the_text_is_replaced_and_the_rest_stays(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon.", metadata={"topic": "home"}, agent_id="chef")
    before = alice.get(memory_id)
    after = rectified(alice, memory_id, "I live in Oslo.").memory
    assert before is not None
    assert after == alice.get(memory_id)
    assert (after.text, after.created, after.agent_id) == ("I live in Oslo.", before.created, "chef")
    assert after.metadata["topic"] == "home"
    assert texts(alice.search("Where do I live?")) == ["I live in Oslo."]


@OSS
def test_the_history_keeps_what_happened_and_loses_every_earlier_wording(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon.")
    alice.update(memory_id, "I live in Porto.")
    before = alice.history(memory_id) or []
    rectification = rectified(alice, memory_id, "I live in Oslo.")
    assert told(alice, memory_id) == [
        ("ADD", None, None),
        ("UPDATE", None, None),
        ("UPDATE", None, "I live in Oslo."),
    ]
    after = alice.history(memory_id) or []
    assert [(change.id, change.at) for change in after][:2] == [(change.id, change.at) for change in before]
    assert [change.forgotten for change in after] == [True, True, False]
    assert rectification.outcome is Outcome.VERIFIED
    assert rectification.scrubbed[Place.HISTORY] == 3


@OSS
def test_entities_that_only_the_old_wording_named_go(any_store: Mem0OssStore, people: Pair) -> None:
    wrong, other = add(people.alice, "Ana lives in Lisbon."), add(people.alice, "Porto is not Lisbon's rival.")
    entity(any_store, people.alice_id, "Ana", wrong)
    entity(any_store, people.alice_id, "Lisbon", wrong, other)
    entity(any_store, people.alice_id, "Atlantis", wrong)
    rectification = rectified(people.alice, wrong, "ana lives in Oslo.")
    kept = entities_of(any_store, people.alice_id)
    assert kept.get("Lisbon") == [other]
    assert "Atlantis" not in kept
    assert found(rectification)[Place.ENTITIES].status is Status.CLEAN


@OSS
def test_an_entity_that_mem0_left_behind_goes_too(any_store: Mem0OssStore, people: Pair) -> None:
    wrong = add(people.alice, "I live in Lisbon.")
    people.alice.update(wrong, "I live in Oslo.")  # by an agent whose mem0 had not opened its entities
    entity(any_store, people.alice_id, "Lisbon", wrong)
    entity(any_store, people.alice_id, "Oslo", wrong)
    rectification = rectified(people.alice, wrong, "I live in Oslo.")
    assert rectification.scrubbed[Place.ENTITIES] == 1
    assert entities_of(any_store, people.alice_id) == {"Oslo": [wrong]}


@OSS
def test_the_raw_chat_goes_and_bobs_stays(any_store: Mem0OssStore, people: Pair) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    for user_id in (people.alice_id, people.bob_id):
        chat(any_store, user_id, "I live in Lisbon.")
    assert rectified(people.alice, memory_id, "I live in Oslo.").scrubbed[Place.MESSAGES] == 1
    assert any_store._history.count_messages(people.bob_id) == 1  # type: ignore[arg-type]


def test_another_tenants_memory_is_not_corrected(people: Pair) -> None:
    bobs = add(people.bob, "I love steak.")
    people.bob.update(bobs, "I love tofu.")
    add(people.alice, "I love steak.")
    before = everything(people.alice), everything(people.bob)
    for memory_id in (bobs, *NOT_HERS):
        assert people.alice.rectify(memory_id, "I hate steak.") is None
        assert people.alice.forget_history(memory_id) is None
    assert (everything(people.alice), everything(people.bob)) == before


def test_correcting_alice_leaves_bob_exactly_as_he_was(people: Pair) -> None:
    alices, bobs = (add(scope, "I live in Lisbon.") for scope in (people.alice, people.bob))
    people.bob.update(bobs, "I live in Lisbon!")
    before = everything(people.bob)
    people.alice.rectify(alices, "I live in Oslo.")
    assert everything(people.bob) == before


def test_the_same_wording_in_another_memory_is_named_and_not_changed(alice: ScopedMemory) -> None:
    wrong = add(alice, "I live in Lisbon.")
    add(alice, "Since May  i live in LISBON. It is sunny.")
    rectification = rectified(alice, wrong, "I live in Oslo.")
    vectors = found(rectification)[Place.VECTORS]
    assert (vectors.status, vectors.count) == (Status.RESIDUE, 1)
    assert "1 other" in vectors.note
    assert rectification.outcome is Outcome.RESIDUE
    assert alice.count() == 2


def test_the_old_wording_in_the_metadata_is_found(alice: ScopedMemory) -> None:
    wrong = add(alice, "I live in Lisbon.", metadata={"source": {"quote": ["Ana: i live in lisbon. OK?"]}})
    assert found(rectified(alice, wrong, "I live in Oslo."))[Place.VECTORS].status is Status.RESIDUE


@OSS
def test_a_wording_that_is_part_of_the_new_one_is_no_residue(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon")
    assert rectified(alice, memory_id, "I live in Lisbon, Maine").outcome is Outcome.VERIFIED


@OSS
def test_the_present_wording_again_takes_out_what_earlier_updates_left(any_store: Store, people: Pair) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    people.alice.update(memory_id, "I live in Oslo.")
    rectification = rectified(people.alice, memory_id, "I live in Oslo.")
    assert rectification.scrubbed == {Place.VECTORS: 0, Place.ENTITIES: 0, Place.HISTORY: 2, Place.MESSAGES: 0}
    assert told(people.alice, memory_id) == [("ADD", None, None), ("UPDATE", None, "I live in Oslo.")]


@OSS
def test_after_a_crash_the_same_call_takes_the_rest(
    any_store: Mem0OssStore, people: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    chat(any_store, people.alice_id, "I live in Lisbon.")
    with monkeypatch.context() as patched:
        patched.setattr(type(any_store), "_forget_entities", lambda *_: 1 / 0)
        with pytest.raises(StoreError):
            people.alice.rectify(memory_id, "I live in Oslo.")
    assert rectified(people.alice, memory_id, "I live in Oslo.").outcome is Outcome.VERIFIED


@OSS
def test_a_history_file_that_knows_nothing_of_the_memory_is_never_called_clean(
    any_store: Mem0OssStore, people: Pair
) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    any_store._history.delete([memory_id])  # as if the agent wrote another file
    rectification = rectified(people.alice, memory_id, "I live in Oslo.")
    assert {finding.place for finding in rectification.residue.unchecked} == {Place.HISTORY, Place.MESSAGES}
    assert rectification.outcome is Outcome.PARTLY_VERIFIED


@OSS
def test_an_agent_that_says_it_again_meanwhile_is_found_out(
    any_store: Mem0OssStore, people: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    rectify = type(any_store).rectify

    def and_back(store: Mem0OssStore, *arguments: Any) -> Any:
        correction = rectify(store, *arguments)
        store._mem0().update(memory_id, text="I live in Lisbon.")
        return correction

    monkeypatch.setattr(type(any_store), "rectify", and_back)
    rectification = rectified(people.alice, memory_id, "I live in Oslo.")
    assert {place for place, finding in found(rectification).items() if finding.count} == {
        Place.VECTORS,
        Place.HISTORY,
    }


@OSS
def test_a_stale_search_text_is_found(any_store: Mem0OssStore, people: Pair) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    correction = any_store.rectify(people.alice_id, memory_id, "I live in Oslo.")  # type: ignore[arg-type]
    row = any_store._vectors.get(vector_id=memory_id)
    payload = {**row.payload, "text_lemmatized": "I live in Lisbon."}
    any_store._vectors.update(vector_id=memory_id, vector=None, payload=payload)
    residue = any_store.probe(people.alice_id, memory_id, "I live in Oslo.", correction)  # type: ignore[arg-type]
    assert residue.found


@OSS
def test_the_old_wording_is_not_in_the_history_file_any_more(any_store: Mem0OssStore, people: Pair) -> None:
    secret = f"My code is {secrets.token_hex(8)}."
    memory_id = add(people.alice, secret)
    chat(any_store, people.alice_id, secret)
    people.alice.rectify(memory_id, "I have no code.")
    assert any_store.scrub()[-1].at is not None
    assert secret.encode() not in any_store._history.path.read_bytes()


@OSS
def test_forgetting_the_history_leaves_the_memory_as_it_is(alice: ScopedMemory) -> None:
    memory_id = add(alice, "I live in Lisbon.")
    assert alice.forget_history(memory_id) == 0
    alice.update(memory_id, "I live in Oslo.")
    before = alice.get(memory_id)
    assert alice.forget_history(memory_id) == 2
    assert alice.forget_history(memory_id) == 0
    assert alice.get(memory_id) == before
    assert told(alice, memory_id) == [("ADD", None, None), ("UPDATE", None, "I live in Oslo.")]


def test_a_person_who_is_being_erased_is_not_corrected(any_store: Store) -> None:
    class Closed:
        @contextmanager
        def writing(self, _: str) -> Iterator[None]:
            raise TenantBeingErased("later")
            yield

    people = pair_in(any_store)
    memory_id = add(people.alice, "I live in Lisbon.")
    closed = ScopedMemory(people.alice_id, store=any_store, gate=Closed())
    before = everything(people.alice)
    for call in (lambda: closed.rectify(memory_id, "Oslo"), lambda: closed.restrict(memory_id)):
        with pytest.raises(TenantBeingErased):
            call()
    assert everything(people.alice) == before


class TestPlatform:
    @pytest.fixture
    def alice(self, platform_store: PlatformStore) -> ScopedMemory:
        return pair_in(platform_store).alice

    def test_the_history_that_it_keeps_is_called_residue(self, alice: ScopedMemory) -> None:
        memory_id = add(alice, "I live in Lisbon.")
        rectification = rectified(alice, memory_id, "I live in Oslo.")
        findings = found(rectification)
        assert rectification.scrubbed == {Place.VECTORS: 1}
        assert (findings[Place.HISTORY].status, findings[Place.HISTORY].count) == (Status.RESIDUE, 2)
        assert "no call" in findings[Place.HISTORY].note
        assert {finding.place for finding in rectification.residue.unchecked} == {Place.ENTITIES, Place.COPIES}

    def test_what_it_cannot_forget_is_refused_and_what_never_was_is_not(self, alice: ScopedMemory) -> None:
        memory_id = add(alice, "I live in Lisbon.")
        assert alice.forget_history(memory_id) == 0
        alice.update(memory_id, "I live in Oslo.")
        with pytest.raises(StoreError, match="delete the memory"):
            alice.forget_history(memory_id)


# -- whatever was written ----------------------------------------------------------------------------------


@BOUNDED
@given(wordings=st.lists(sentences, min_size=1, max_size=4), text=sentences)
@example(wordings=["0"], text="1")
@example(wordings=["A", "B", "A"], text="A")
@example(wordings=["%", "_", "\\"], text="'")
def test_no_earlier_wording_is_found_anywhere(wordings: list[str], text: str, pgvector_store: PgVectorStore) -> None:
    people = pair_in(pgvector_store)
    alices, bobs = (add(scope, wordings[0]) for scope in (people.alice, people.bob))
    for wording in wordings[1:]:
        people.alice.update(alices, wording)
        people.bob.update(bobs, wording)
    for wording in wordings:
        chat(pgvector_store, people.alice_id, wording)
        entity(pgvector_store, people.alice_id, wording, alices)
    before = everything(people.bob)
    rectification = rectified(people.alice, alices, text)
    assert rectification.outcome is Outcome.VERIFIED
    assert {told for change in people.alice.history(alices) or [] for told in (change.old_text, change.new_text)} <= {
        None,
        text,
    }
    assert all(probing.says(text, name) for name in entities_of(pgvector_store, people.alice_id))
    assert everything(people.bob) == before
    people.alice.delete_all(), people.bob.delete_all()


@pytest.mark.parametrize(
    ("text", "wording", "expected"),
    [
        ("I live in Lisbon.", "i  LIVE in lisbon.", True),
        ("I live in Lisbon.", "live in Lis", False),
        ("I live in Lisbon.", "ve in Lisbon.", False),
        ("Lissabon, Lisbon", "lisbon", True),
        ("Caf\u00e9", "Cafe\u0301", True),
        ("私は東京に住んでいます", "東京", True),
        ("team", "tea", False),
        ("anything", "", False),
        ("anything", " ", False),
    ],
)
def test_a_wording_is_said_as_a_whole_or_not_at_all(text: str, wording: str, expected: bool) -> None:  # noqa: FBT001
    assert probing.says(text, wording) is expected
