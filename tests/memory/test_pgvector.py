"""What only the PostgreSQL store promises: indexes, exact search in a crowd, bounded deletion, and staying up."""

import json
import multiprocessing
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from memadmin.memory import (
    Finding,
    MemoryScopeError,
    Outcome,
    Place,
    ScopedMemory,
    Status,
    StoreUnavailable,
    UserId,
    embedded,
)
from memadmin.memory.browse import Selection
from memadmin.memory.embedding import OfflineEmbedder
from memadmin.memory.stores.history_file import HistoryFile
from memadmin.memory.stores.mem0_import import load_mem0
from memadmin.memory.stores.pgvector import WAIT, PgVectorStore
from tests.memory.conftest import Pair, add, everything, pair_in, pgvector_config, texts

OpenStore = Callable[..., PgVectorStore]
ALICE = "u_alice"


def run_sql(statement: str, **names: str) -> list[Any]:
    """Past the store, as the database's owner."""
    query = sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})
    with psycopg.connect(embedded.url(), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


# -- indexes and search ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", "_entities"])
def test_both_collections_are_indexed_by_tenant_from_creation(fresh_pgvector: OpenStore, suffix: str) -> None:
    store = fresh_pgvector()
    ScopedMemory(ALICE, store=store).count()
    table = store._collections[0] + suffix
    with psycopg.connect(embedded.url()) as connection:
        rows = connection.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table]).fetchall()
    assert any("((payload ->> 'user_id'::text)" in row[0] for row in rows)


def test_indexes_are_added_to_collections_that_mem0_made_alone(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    ScopedMemory(ALICE, store=store).count()
    index = f"{store._collections[0]}_memadmin_tenant"
    run_sql("DROP INDEX {index}", index=index)
    store.index()
    with psycopg.connect(embedded.url()) as connection:
        assert connection.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [index]).fetchall()


# Sums of two out of 200 random vectors: as good as random ones here, and drawn in no time.
CROWD = """
    SELECT setseed(0.5);
    WITH drawn AS MATERIALIZED (
        SELECT (n - 1) / 256 AS number, array_agg(random() - 0.5)::vector AS vector
        FROM generate_series(1, 200 * 256) AS n GROUP BY 1
    ), tenants AS (
        SELECT row_number() OVER () AS tenant, one.vector + other.vector AS vector
        FROM drawn AS one JOIN drawn AS other ON one.number <> other.number LIMIT 20000
    )
    INSERT INTO {table} SELECT gen_random_uuid(), vector,
        jsonb_build_object('user_id', 'u_' || tenant, 'data', 'A fact.', 'text_lemmatized', 'a fact') FROM tenants;
"""


@pytest.fixture(scope="module")
def crowd(folder: Path, worker_name: str) -> Iterator[PgVectorStore]:
    """20,000 tenants with one memory each, Alice with five, and mem0's HNSW index over all of them."""
    name = f"crowd_{worker_name}"
    store = PgVectorStore(pgvector_config(name, folder, hnsw=True), home=folder / "mem0")
    alice = ScopedMemory(ALICE, store=store)
    alice.delete_all()
    run_sql("DROP INDEX {index}", index=f"{name}_hnsw_idx")  # built at the end: quicker than row by row
    run_sql(CROWD, table=name)
    alice.add(
        [
            {"role": "user", "content": text}
            for text in ("I am vegetarian.", "I live in Lisbon.", "My bike is red.", "No nuts.", "Tea!")
        ]
    )
    run_sql(
        "CREATE INDEX {index} ON {table} USING hnsw (vector vector_cosine_ops) WITH (m = 8, ef_construction = 16)",
        index=f"{name}_hnsw_idx",
        table=name,
    )
    run_sql("ANALYZE {table}", table=name)
    yield store
    run_sql("DROP TABLE {table}", table=name)
    store.close()


def test_a_broad_search_among_20000_tenants_returns_all_of_ones_own(crowd: PgVectorStore) -> None:
    alice = ScopedMemory(ALICE, store=crowd)
    for _ in range(12):  # past the point where the driver prepares the statement and the server plans it for anybody
        assert len(alice.search("anything at all", limit=10)) == 5


def test_mem0s_own_search_loses_hits_in_the_same_crowd(crowd: PgVectorStore) -> None:
    """Else the test above could not fail: this is the query that it protects from (mem0/vector_stores/pgvector.py).

    mem0's placeholder for the field keeps a prepared statement off the tenant's index, so HNSW answers first.
    """
    from mem0.vector_stores.pgvector import PGVector
    from psycopg_pool import ConnectionPool

    options = {"options": "-c plan_cache_mode=force_generic_plan", "prepare_threshold": 0}
    vector = OfflineEmbedder().embed("anything at all")
    with ConnectionPool(embedded.url(), min_size=1, max_size=1, kwargs=options) as pool:
        nobody = dict.fromkeys(("dbname", "user", "password", "host", "port"))
        theirs = PGVector(
            **nobody,
            collection_name=crowd._collections[0],
            embedding_model_dims=256,
            diskann=False,
            hnsw=True,
            connection_pool=pool,
        )
        assert len(theirs.search("", vector, top_k=60, filters={"user_id": ALICE})) < 5


# -- deletion ----------------------------------------------------------------------------------------------


@pytest.fixture
def people(pgvector_store: PgVectorStore) -> Pair:
    return pair_in(pgvector_store)


def entity(store: PgVectorStore, user_id: str, name: str, *memory_ids: str) -> None:
    """An entity row as mem0 writes it where spaCy is installed."""
    for memory_id in memory_ids:
        store._mem0()._upsert_entity(name, "PROPER", memory_id, {"user_id": user_id})


def chat(store: PgVectorStore, **scope: str) -> None:
    """Raw chat as mem0 keeps it when it extracts facts."""
    from mem0.memory.main import _build_session_scope

    store._mem0().db.save_messages([{"role": "user", "content": "I am vegetarian."}], _build_session_scope(scope))


def entities_of(store: PgVectorStore, user_id: str) -> dict[str, list[str]]:
    rows = store._entities.list(filters={"user_id": user_id})[0]
    return {row.payload["data"]: row.payload["linked_memory_ids"] for row in rows}


def test_a_malformed_id_is_absent_and_no_database_error(people: Pair) -> None:
    assert people.alice.get("not-a-uuid") is None
    assert not people.alice.residue(["not-a-uuid"]).found


def test_what_another_process_wrote_is_found_and_erased(tmp_path: Path, fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    config = store._config | {
        "vector_store": {"provider": "pgvector", "config": store._options | {"connection_string": embedded.url()}}
    }
    done = subprocess.run(
        [sys.executable, "-c", WRITER, json.dumps(config), str(tmp_path / "mem0")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alice = ScopedMemory(ALICE, store=store)
    assert alice.residue().findings == tuple(
        Finding(place, Status.RESIDUE, count)
        for place, count in ((Place.VECTORS, 1), (Place.ENTITIES, 1), (Place.HISTORY, 2), (Place.MESSAGES, 2))
    )
    assert alice.delete_all().residue.clean
    assert alice.residue([done.stdout.strip()]).clean


WRITER = """
import json, sys
from pathlib import Path
from memadmin.memory.stores.history_file import HistoryFile
from memadmin.memory.stores.mem0_import import load_mem0
from memadmin.memory.stores.pgvector import WAIT, PgVectorStore
memory = PgVectorStore(json.loads(sys.argv[1]), home=Path(sys.argv[2]))._mem0()
(item,) = memory.add("I live in Lisbon.", user_id="u_alice", infer=False)["results"]
memory.update(item["id"], text="I live in Oslo.")
memory._upsert_entity("Lisbon", "PROPER", item["id"], {"user_id": "u_alice"})
memory.db.save_messages([{"role": "user", "content": "I live in Lisbon."}], "user_id=u_alice")
memory.db.save_messages([{"role": "user", "content": "I live in Lisbon."}], "agent_id=chef&run_id=r1&user_id=u_alice")
print(item["id"])
"""


def test_deleting_one_memory_takes_its_chat_and_entities_too(pgvector_store: PgVectorStore, people: Pair) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    entity(pgvector_store, people.alice_id, "Lisbon", memory_id)
    chat(pgvector_store, user_id=people.alice_id, agent_id="chef")
    deletion = people.alice.delete(memory_id)
    assert deletion is not None
    assert deletion.removed == {Place.VECTORS: 1, Place.ENTITIES: 1, Place.HISTORY: 1, Place.MESSAGES: 1}
    assert deletion.residue.clean


def test_an_entity_of_a_deleted_and_a_kept_memory_keeps_the_kept_one(
    pgvector_store: PgVectorStore, people: Pair
) -> None:
    gone, kept = add(people.alice, "I live in Lisbon."), add(people.alice, "Lisbon is sunny.")
    entity(pgvector_store, people.alice_id, "Lisbon", gone, kept)
    people.alice.delete(gone)
    assert entities_of(pgvector_store, people.alice_id) == {"Lisbon": [kept]}


@pytest.mark.parametrize("delete", ["delete", "delete_all"])
def test_deleting_alice_leaves_bobs_entities_chat_and_history(
    pgvector_store: PgVectorStore, people: Pair, delete: str
) -> None:
    alices, bobs = add(people.alice, "I live in Lisbon."), add(people.bob, "I moved to Lisbon.")
    for user_id, memory_id in ((people.alice_id, alices), (people.bob_id, bobs)):
        entity(pgvector_store, user_id, "Lisbon", memory_id)
        chat(pgvector_store, user_id=user_id)
    before = people.bob.residue(), everything(people.bob)
    getattr(people.alice, delete)(*[alices][: delete == "delete"])
    assert (people.bob.residue(), everything(people.bob)) == before
    assert entities_of(pgvector_store, people.bob_id) == {"Lisbon": [bobs]}


def test_an_entity_of_alice_that_names_bobs_memory_does_not_cost_bob_his_history(
    pgvector_store: PgVectorStore, people: Pair
) -> None:
    bobs = add(people.bob, "I moved to Lisbon.")
    entity(pgvector_store, people.alice_id, "Lisbon", add(people.alice, "I live in Lisbon."), bobs)
    before = everything(people.bob)
    deletion = people.alice.delete_all()
    assert everything(people.bob) == before
    assert deletion.removed[Place.HISTORY] == 1
    assert not deletion.residue.found


def test_history_of_memories_that_mem0_deleted_is_found_by_their_ids(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    alice = ScopedMemory(ALICE, store=store)
    memory_id = add(alice, "I live in Lisbon.")
    store._mem0().delete_all(user_id=ALICE)  # leaves the text in the history twice, says it is gone
    history = {finding.place: finding for finding in alice.residue([memory_id]).findings}[Place.HISTORY]
    assert (history.status, history.count) == (Status.RESIDUE, 2)


def test_history_that_nobody_owns_is_named_and_not_taken_for_clean(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    alice = ScopedMemory(ALICE, store=store)
    add(alice, "I live in Lisbon.")
    store._mem0().delete_all(user_id=ALICE)
    residue = alice.residue()
    assert [finding.place for finding in residue.unchecked] == [Place.HISTORY]
    assert not residue.clean
    assert not residue.found


def test_history_written_while_we_delete_is_erased_too(
    pgvector_store: PgVectorStore, people: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    write = pgvector_store._mem0().db.add_history

    def an_agent_updates(history: HistoryFile, owner: UserId) -> int:  # called after the history was erased
        write(memory_id, "I live in Lisbon.", "I live in Oslo.", "UPDATE")
        return 0

    monkeypatch.setattr(HistoryFile, "delete_messages", an_agent_updates)
    assert people.alice.delete_all().removed[Place.HISTORY] == 2
    assert not people.alice.residue([memory_id]).found


def fill(store: PgVectorStore, user_id: str, number: int) -> None:
    """Memories with a history row and an entity each, written straight into the places."""
    ids = [str(uuid.uuid4()) for _ in range(number)]
    vectors, entities = store._tables["vectors"], store._tables["entities"]
    with psycopg.connect(embedded.url()) as connection:
        copy = sql.SQL(
            "INSERT INTO {} SELECT {}, array_fill(0.1, ARRAY[256])::vector, jsonb_build_object("
            "'user_id', %s::text, 'data', 'A fact.', 'linked_memory_ids', jsonb_build_array(id))"
            " FROM unnest(%s::uuid[]) AS id"
        )
        for table, row_id in ((vectors, "id"), (entities, "gen_random_uuid()")):
            connection.execute(copy.format(table, sql.SQL(row_id)), [user_id, ids])  # type: ignore[arg-type]
    with sqlite3.connect(store._history.path) as history:
        history.executemany(
            "INSERT INTO history (id, memory_id, event) VALUES (?, ?, 'ADD')", [(key, key) for key in ids]
        )
    history.close()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is sent to PostgreSQL or SQLite from now on."""
    sent: list[str] = []
    execute, connect = psycopg.Cursor.execute, sqlite3.connect

    def noting_execute(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append("postgresql")
        return execute(cursor, query, *arguments, **options)

    def noting_connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(lambda _: sent.append("sqlite"))
        return connection

    monkeypatch.setattr(psycopg.Cursor, "execute", noting_execute)
    monkeypatch.setattr(sqlite3, "connect", noting_connect)
    return sent


def test_erasing_10000_memories_takes_no_more_statements_than_erasing_one(
    fresh_pgvector: OpenStore, statements: list[str]
) -> None:
    store = fresh_pgvector()
    alice, bob = ScopedMemory(ALICE, store=store), ScopedMemory("u_bob", store=store)
    taken = []
    for scope, user_id, number in ((bob, "u_bob", 1), (alice, ALICE, 10_000)):
        scope.count()
        fill(store, user_id, number)
        statements.clear()
        deletion = scope.delete_all()
        taken.append(sorted(statements))
        assert deletion.removed == {
            Place.VECTORS: number,
            Place.ENTITIES: number,
            Place.HISTORY: number,
            Place.MESSAGES: 0,
        }
        assert deletion.residue.clean
    assert taken[0] == taken[1]
    assert len(taken[1]) < 40


# -- outages and processes ---------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_store_that_is_down_says_so_quickly_and_what_to_do(tmp_path: Path, folder: Path) -> None:
    load_mem0(folder / "mem0")  # importing it is no part of what is timed
    address = f"postgresql://desk:secret@127.0.0.1:{closed_port()}/memories"
    store = PgVectorStore(pgvector_config("down", tmp_path, connection_string=address), home=tmp_path)
    start = time.monotonic()
    with pytest.raises(StoreUnavailable, match=r"Check that it runs and is reachable, then retry") as caught:
        ScopedMemory(ALICE, store=store).get_all()
    assert time.monotonic() - start < WAIT / 2
    assert "secret" not in str(caught.value)


def test_a_store_that_was_down_works_once_it_is_up(fresh_pgvector: OpenStore) -> None:
    addresses = [embedded.url(), f"postgresql://127.0.0.1:{closed_port()}/memories"]
    alice = ScopedMemory(ALICE, store=fresh_pgvector(connection_string=addresses.pop))
    with pytest.raises(StoreUnavailable):
        alice.count()
    addresses += [embedded.url()] * 5
    assert alice.count() == 0


def test_a_connection_lost_between_calls_is_replaced(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    alice = ScopedMemory(ALICE, store=store)
    add(alice, "I am vegetarian.")
    ((backend,),) = store._rows_of("SELECT pg_backend_pid()")
    with psycopg.connect(embedded.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [backend])
    assert texts(alice.get_all()) == texts(alice.search("food")) == ["I am vegetarian."]


def test_a_connection_lost_within_a_call_is_an_outage_and_the_next_call_works(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    alice = ScopedMemory(ALICE, store=store)
    assert alice.count() == 0
    with pytest.raises(StoreUnavailable):
        store._rows_of("SELECT pg_terminate_backend(pg_backend_pid())")
    assert alice.count() == 0


def test_a_database_error_becomes_one_of_ours(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    ScopedMemory(ALICE, store=store).count()
    run_sql("DROP TABLE {table}", table=store._collections[0])
    for call in ("get_all", "count", "delete_all"):
        with pytest.raises(MemoryScopeError):
            getattr(ScopedMemory(ALICE, store=store), call)()


FORK = multiprocessing.get_context("fork")


def _open_at_once(store: PgVectorStore, start: Any, answers: Any) -> None:
    start.wait(10)
    try:
        answers.put(ScopedMemory(ALICE, store=store).count())
    except MemoryScopeError as error:
        answers.put(repr(error))


def test_processes_that_open_a_new_store_at_once_do_not_fail(fresh_pgvector: OpenStore, worker_name: str) -> None:
    ScopedMemory(ALICE, store=fresh_pgvector()).count()  # imports mem0 here once instead of in every child
    database = f"at_once_{worker_name}_{uuid.uuid4().hex[:8]}"  # new, so that the extension is missing too
    store = fresh_pgvector(connection_string=embedded.url(database))
    store._config["history_db_path"] += ".new"
    start, answers = FORK.Barrier(6), FORK.Queue()
    children = [FORK.Process(target=_open_at_once, args=(store, start, answers)) for _ in range(6)]
    for child in children:
        child.start()
    assert [answers.get(timeout=30) for _ in children] == [0] * 6
    for child in children:
        child.join(10)


def _backend(store: PgVectorStore) -> int:
    return int(store._rows_of("SELECT pg_backend_pid()")[0][0])


def _answer_backend(store: PgVectorStore, answers: Any) -> None:
    answers.put((_backend(store), ScopedMemory(ALICE, store=store).count()))


def test_after_a_fork_the_child_opens_a_connection_of_its_own(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    alice = ScopedMemory(ALICE, store=store)
    add(alice, "I am vegetarian.")
    answers = FORK.Queue()
    child = FORK.Process(target=_answer_backend, args=(store, answers))
    child.start()
    backend, count = answers.get(timeout=30)
    child.join(10)
    assert count == 1
    assert backend != _backend(store)
    assert alice.count() == 1


def test_a_wildcard_that_gets_past_the_scope_still_reaches_nobody(people: Pair, pgvector_store: PgVectorStore) -> None:
    add(people.bob, "I love steak.")
    everybody = str.__new__(UserId, "*")
    assert pgvector_store.count(everybody, Selection()) == 0
    with pytest.raises(MemoryScopeError):
        pgvector_store._vectors.list(filters={"user_id": "*"})
    with pytest.raises(MemoryScopeError):
        pgvector_store._vectors.search("", [0.0] * 256, filters={})


def test_a_history_file_that_is_not_the_agents_is_never_called_clean(tmp_path: Path, worker_name: str) -> None:
    settings = pgvector_config(f"two_files_{worker_name}", tmp_path)
    agent = PgVectorStore(settings, home=tmp_path)
    desk = PgVectorStore({**settings, "history_db_path": str(tmp_path / "desk.db")}, home=tmp_path)
    ScopedMemory("u_alice", store=agent).add("I am vegetarian.")
    before = ScopedMemory("u_alice", store=desk).residue()
    deletion = ScopedMemory("u_alice", store=desk).delete_all()
    assert {finding.place for finding in before.unchecked} == {Place.HISTORY, Place.MESSAGES}
    assert deletion.outcome is Outcome.PARTLY_VERIFIED
    agent.close()
    desk.close()
