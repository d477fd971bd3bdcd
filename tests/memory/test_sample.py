"""The sample: what is in it, and that mem0 itself has remembered it."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from memadmin.memory import Connection, Outcome, Place, ScopedMemory, embedded
from memadmin.memory.identity import UserId
from memadmin.memory.sample import Conversation, Fact, SampleTenant, tenants
from memadmin.memory.sample_loading import load
from memadmin.memory.stores.history_file import HistoryFile
from memadmin.memory.stores.pgvector import PgVectorStore

TODAY = date(2026, 3, 14)
SAMPLE = tenants(TODAY)
CONVERSATIONS = [conversation for tenant in SAMPLE for conversation in tenant.conversations]

NINA = SampleTenant(
    user_id="nina%of&sample=1",
    display_name="Nina Sample",
    email="nina@example.com",
    conversations=(
        Conversation(
            messages=({"role": "user", "content": "I moved."}, {"role": "assistant", "content": "Where to?"}),
            facts=(Fact("Lives in Ghent", (("PROPER", "Ghent"),), "Lives in Bruges, left Ghent"), Fact("Has a cat")),
            agent_id="home-assistant",
            run_id="run-1",
            metadata={"category": "home"},
            at=datetime(2025, 5, 4, 9, 30, tzinfo=UTC),
            expires_on=date(2025, 9, 1),
        ),
    ),
)


def test_the_same_day_gives_the_same_sample() -> None:
    assert tenants(TODAY) == SAMPLE


def test_another_day_moves_the_times_and_no_text() -> None:
    later = tenants(TODAY + timedelta(days=30))
    assert [_texts(tenant) for tenant in later] == [_texts(tenant) for tenant in SAMPLE]
    assert later[0].conversations[0].at - SAMPLE[0].conversations[0].at == timedelta(days=30)


def test_forty_tenants_have_3_to_400_memories_each() -> None:
    sizes = [tenant.size for tenant in SAMPLE]
    assert (len(sizes), min(sizes), max(sizes)) == (40, 3, 400)
    assert 2_000 <= sum(sizes) <= 2_600


def test_every_user_id_is_accepted_and_names_one_tenant() -> None:
    user_ids = {UserId.parse(tenant.user_id) for tenant in SAMPLE}
    assert len(user_ids) == len(SAMPLE)
    assert user_ids.isdisjoint({"u_alice", "u_bob"})  # those belong to the isolation proof


def test_no_tenant_is_told_the_same_twice() -> None:
    assert all(len(set(_texts(tenant))) == tenant.size for tenant in SAMPLE)


def test_no_phrase_is_left_unfilled() -> None:
    texts = [text for tenant in SAMPLE for text in _texts(tenant)]
    assert not [text for text in texts if set(text) & set("{}[]")]


def test_two_tenants_differ_only_in_the_case_of_their_user_id() -> None:
    assert {"maria.lopez", "Maria.Lopez"} <= {tenant.user_id for tenant in SAMPLE}


def test_some_memories_have_expired_and_some_will_soon() -> None:
    days = [(conversation.expires_on - TODAY).days for conversation in CONVERSATIONS if conversation.expires_on]
    assert sum(day < 0 for day in days) > 10
    assert sum(0 <= day <= 14 for day in days) > 5
    assert len(days) < len(CONVERSATIONS) / 3


def test_no_conversation_lies_in_the_future_or_before_the_period() -> None:
    moments = [conversation.at.date() for conversation in CONVERSATIONS]
    assert TODAY - timedelta(days=540) <= min(moments) <= max(moments) < TODAY


def test_memories_are_written_in_several_scripts() -> None:
    letters = {char for tenant in SAMPLE for text in _texts(tenant) for char in text if char.isalpha()}
    scripts = {unicodedata.name(char).split()[0] for char in letters}
    assert {"LATIN", "ARABIC", "HIRAGANA", "CJK"} <= scripts


def test_a_tenant_speaks_of_another_tenant_by_name_and_address() -> None:
    anna = next(tenant for tenant in SAMPLE if tenant.user_id == "anna.schmidt@example.com")
    assert any("Jonas Weber" in text and "jonas.weber@example.com" in text for text in _texts(anna))


@pytest.fixture
def store(tmp_path: Path, worker_name: str) -> Iterator[PgVectorStore]:
    options = {
        "collection_name": f"sample_{worker_name}",
        "embedding_model_dims": 256,
        "hnsw": False,
        "connection_string": embedded.url,
    }
    config = {
        "vector_store": {"provider": "pgvector", "config": options},
        "embedder": {"provider": "offline"},
        "history_db_path": str(tmp_path / "history.db"),
    }
    store = PgVectorStore(config, home=tmp_path)
    yield store
    ScopedMemory(NINA.user_id, store=store).delete_all()
    store.close()


def test_loading_reaches_every_place_that_an_agent_reaches(store: PgVectorStore) -> None:
    assert load(Connection(store), [NINA]) == 2
    found = {finding.place: finding.count for finding in ScopedMemory(NINA.user_id, store=store).residue().findings}
    assert found == {Place.VECTORS: 2, Place.ENTITIES: 1, Place.HISTORY: 3, Place.MESSAGES: 2}


def test_a_loaded_memory_keeps_its_time_agent_run_and_expiry(store: PgVectorStore) -> None:
    load(Connection(store), [NINA])
    memory = next(item for item in ScopedMemory(NINA.user_id, store=store).get_all() if item.text == "Has a cat")
    assert (memory.agent_id, memory.run_id, memory.metadata["category"]) == ("home-assistant", "run-1", "home")
    assert (memory.created_at, memory.expires_on) == (NINA.conversations[0].at, date(2025, 9, 1))


def test_a_correction_stands_in_the_history_as_an_update(store: PgVectorStore, tmp_path: Path) -> None:
    load(Connection(store), [NINA])
    scope = ScopedMemory(NINA.user_id, store=store)
    memory = next(item for item in scope.get_all() if item.text.startswith("Lives in Bruges"))
    changes = HistoryFile(tmp_path / "history.db").changes(memory.id)
    assert [(change.event, change.old_text) for change in changes] == [("ADD", None), ("UPDATE", "Lives in Ghent")]


def test_an_interrupted_load_is_repeated_from_the_start(store: PgVectorStore) -> None:
    scope = ScopedMemory(NINA.user_id, store=store)
    scope.add("left over from an interrupted load")
    load(Connection(store), [NINA])
    assert sorted(item.text for item in scope.get_all()) == ["Has a cat", "Lives in Bruges, left Ghent"]


def test_progress_ends_with_everything(store: PgVectorStore) -> None:
    seen: list[tuple[int, int]] = []
    load(Connection(store), [NINA], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2)]


def test_a_loaded_tenant_can_be_erased_without_residue(store: PgVectorStore) -> None:
    load(Connection(store), [NINA])
    deletion = ScopedMemory(NINA.user_id, store=store).delete_all()
    assert deletion.outcome is Outcome.VERIFIED
    assert sum(deletion.removed.values()) == 8


def test_mem0_is_left_as_it_was_found(store: PgVectorStore) -> None:
    memory = store._mem0()
    import mem0.memory.main as pipeline

    before = (memory.llm, pipeline.extract_entities, pipeline.extract_entities_batch)
    load(Connection(store), [NINA])
    assert (memory.llm, pipeline.extract_entities, pipeline.extract_entities_batch) == before
    pragmas = [memory.db.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    assert pragmas == [2, "delete"]


def _texts(tenant: SampleTenant) -> list[str]:
    return [fact.text for conversation in tenant.conversations for fact in conversation.facts]
