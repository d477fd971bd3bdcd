"""One tenant among many on pgvector: ScopedMemory, mem0's own calls and the bare SQL, in one run on the same rows.

``.venv/bin/python -m tests.benchmarks.memory [ROWS]``; 100,000 rows by default, 5 memories a tenant.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from memadmin.memory import Connection, ScopedMemory, embedded
from memadmin.memory.stores.mem0_import import load_mem0
from memadmin.memory.stores.pgvector import PgVectorStore

ROWS = 100_000
A_TENANT = 5
SAMPLES = 40
BIG = 10_000
"""Memories of the tenant that is deleted."""
A_BATCH = 1_000
FEW = 300
"""Memories that mem0 deletes of a tenant; it is slow."""

_FILL = """
INSERT INTO {table} (id, vector, payload)
SELECT gen_random_uuid(),
       (SELECT array_agg(random() - 0.5) FROM generate_series(1, 256) WHERE row = row)::vector,
       jsonb_build_object('user_id', {owner}, 'data', 'fact ' || row, 'text_lemmatized', 'fact ' || row,
                          'created_at', '2026-01-01T00:00:00+00:00', 'hash', md5(row::text))
FROM generate_series(1, %(rows)s) AS row
"""


def main(rows: int = ROWS) -> None:
    with tempfile.TemporaryDirectory(prefix="memadmin-bench-") as folder:
        address = embedded.url()
        ours = _store("bench_ours", folder, hnsw=False, address=address)
        peers = _store("bench_peer", folder, hnsw=True, address=address)  # mem0's default
        try:
            _compare(ours, peers, rows, address, folder)
        finally:
            ours.close()
            peers.close()
            with psycopg.connect(address) as connection:
                for name in ("bench_ours", "bench_peer"):
                    connection.execute(f"DROP TABLE IF EXISTS {name}, {name}_entities")


def _compare(ours: PgVectorStore, peers: PgVectorStore, rows: int, address: str, folder: str) -> None:
    Connection(ours).scope("nobody").count()
    peer = _plain_mem0("bench_peer", folder, address)
    peer.vector_store._ensure_collection()
    with psycopg.connect(address, autocommit=True) as connection:
        for name in ("bench_ours", "bench_peer"):
            _fill(connection, name, rows, f"'u_' || (row / {A_TENANT})")
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))
        people = [f"u_{number * (rows // A_TENANT // SAMPLES) + 1}" for number in range(SAMPLES)]
        print(f"{rows:,} rows, {A_TENANT} a tenant, {SAMPLES} tenants asked; p50 in milliseconds")
        _row("list one tenant", "ScopedMemory", people, lambda who: ScopedMemory(who, store=ours).get_all())
        _row(
            "", "mem0 get_all", people, lambda who: peer.get_all(filters={"user_id": who}, show_expired=True)["results"]
        )
        _row("", "bare SQL", people, lambda who: _bare_list(connection, who))
        _row("search one tenant", "ScopedMemory", people, lambda who: ScopedMemory(who, store=ours).search("a fact"))
        _row(
            "",
            "mem0 search",
            people,
            lambda who: peer.search("a fact", filters={"user_id": who}, threshold=0.0)["results"],
        )
        _deletions(ours, peer, connection)
        _erasures(ours, peers, peer, connection)


def _deletions(ours: PgVectorStore, peer: object, connection: psycopg.Connection) -> None:
    print(f"\ndelete {BIG:,} memories of one tenant; memories a second")
    for name in ("bench_ours", "bench_peer"):
        _fill(connection, name, BIG, "'u_big'")
    with _timed() as seconds:
        deletion = ScopedMemory("u_big", store=ours).delete_all()
    print(f"  ScopedMemory.delete_all, scan included  {BIG / seconds():>12,.0f}   {deletion.outcome}")
    _fill(connection, "bench_ours", BIG, "'u_big'")
    with _timed() as seconds:
        connection.execute("DELETE FROM bench_ours WHERE payload->>'user_id' = 'u_big'")
    print(f"  bare SQL DELETE of the vectors          {BIG / seconds():>12,.0f}")
    with _timed() as seconds:
        peer.delete_all(user_id="u_big")  # type: ignore[attr-defined]
    print(f"  mem0 delete_all                         {BIG / seconds():>12,.0f}   texts left in its history")


def _erasures(ours: PgVectorStore, peers: PgVectorStore, peer: Any, connection: psycopg.Connection) -> None:
    """History, entities and messages included; everybody else's rows stand in every place."""
    print(f"\nerase {BIG:,} memories of one tenant, history, entities and chat included; memories a second")
    for store in (ours, peers):
        _fill_history(store, connection, "payload->>'user_id' <> 'u_big'")
    ours.index()
    rates = {}
    for name, erase in (
        ("bare SQL, one statement a place", _erase_bare),
        ("bare SQL, 1,000 at a time", _erase_bare_in_batches),
        ("ErasureScope, 1,000 at a time", _erase_ours),
    ):
        best = 0.0
        for _ in range(3):
            _fill_everywhere(ours, connection, BIG)
            with _timed() as seconds:
                erase(ours, connection)
            best = max(best, BIG / seconds())
        assert Connection(ours).scope_for_erasure("u_big").holdings().memory_ids == ()
        rates[name] = best
        print(f"  {name:<40}{best:>12,.0f}")
    _fill_everywhere(peers, connection, FEW)
    _ = peer.entity_store  # else it would leave them out
    with _timed() as seconds:
        peer.delete_all(user_id="u_big")
    print(f"  {'mem0 delete_all':<40}{FEW / seconds():>12,.0f}   of {FEW:,}; history and chat left")
    whole, bare, own = rates.values()
    print(f"  {own / (FEW / seconds()):,.0f} times mem0's rate")
    print(f"  {bare / own:.2f} times the time of the bare SQL in batches, {whole / own:.2f} of that in one go")


def _erase_ours(store: PgVectorStore, _: psycopg.Connection) -> None:
    scope = Connection(store).scope_for_erasure("u_big")
    ids = scope.holdings().memory_ids
    for start in range(0, len(ids), A_BATCH):
        scope.erase(ids[start : start + A_BATCH])
    scope.erase_rest()


def _erase_bare(store: PgVectorStore, connection: psycopg.Connection, size: int = BIG) -> None:
    """The DELETEs alone: no look whose the ids are, no second look for what was written meanwhile."""
    vectors, entities = map(sql.Identifier, store._collections)
    owned = "FROM {} WHERE payload->>'user_id' = 'u_big'"
    ids = [row[0] for row in connection.execute(sql.SQL("SELECT id::text " + owned + " ORDER BY 1").format(vectors))]
    with closing(sqlite3.connect(store._history.path)) as history:
        history.execute("PRAGMA secure_delete = ON")
        for start in range(0, len(ids), size):
            batch = ids[start : start + size]
            with history:
                query = "DELETE FROM history WHERE memory_id IN (SELECT value FROM json_each(?))"
                history.execute(query, [json.dumps(batch)])
            connection.execute(sql.SQL("DELETE FROM {} WHERE id = ANY(%s::uuid[])").format(vectors), [batch])
        with history:
            history.execute("DELETE FROM messages WHERE session_scope = 'user_id=u_big'")
    connection.execute(sql.SQL("DELETE " + owned).format(entities))


def _erase_bare_in_batches(store: PgVectorStore, connection: psycopg.Connection) -> None:
    _erase_bare(store, connection, A_BATCH)


def _fill_everywhere(store: PgVectorStore, connection: psycopg.Connection, rows: int) -> None:
    vectors, entities = store._collections
    _fill(connection, vectors, rows, "'u_big'")
    linked = sql.SQL(
        "INSERT INTO {} SELECT gen_random_uuid(), vector, jsonb_build_object('user_id', 'u_big', 'data', 'Lisbon',"
        " 'linked_memory_ids', jsonb_build_array(id)) FROM {} WHERE payload->>'user_id' = 'u_big'"
    )
    connection.execute(linked.format(sql.Identifier(entities), sql.Identifier(vectors)))
    _fill_history(store, connection, "payload->>'user_id' = 'u_big'")
    connection.execute(sql.SQL("VACUUM ANALYZE {}, {}").format(*map(sql.Identifier, store._collections)))


def _fill_history(store: PgVectorStore, connection: psycopg.Connection, condition: str) -> None:
    query = sql.SQL("SELECT id::text, payload->>'data' FROM {} WHERE " + condition)
    rows = connection.execute(query.format(sql.Identifier(store._collections[0]))).fetchall()
    with closing(sqlite3.connect(store._history.path)) as history, history:
        history.executemany(
            "INSERT INTO history (id, memory_id, new_memory, event) VALUES (hex(randomblob(16)), ?, ?, 'ADD')", rows
        )
        history.executemany(
            "INSERT INTO messages (id, session_scope, content) VALUES (hex(randomblob(16)), 'user_id=u_big', ?)",
            [("I live in Lisbon.",)] * 10,
        )


def _fill(connection: psycopg.Connection, name: str, rows: int, owner: str) -> None:
    statement = sql.SQL(_FILL).format(table=sql.Identifier(name), owner=sql.SQL(owner))
    connection.execute(statement, {"rows": rows})


def _row(what: str, who: str, people: list[str], call: Callable[[str], list[object]]) -> None:
    times, found = [], 0
    for person in people:
        with _timed() as seconds:
            found += len(call(person))
        times.append(seconds() * 1_000)
    print(f"  {what:<20}{who:<16}{statistics.median(times):>9.2f}   {found} of {len(people) * A_TENANT} found")


def _bare_list(connection: psycopg.Connection, who: str) -> list[object]:
    query = (
        "SELECT id, payload FROM bench_ours WHERE payload->>'user_id' = %s"
        " ORDER BY payload->>'created_at' DESC, id DESC"
    )
    return connection.execute(query, [who]).fetchall()


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    start = end = time.perf_counter()
    yield lambda: end - start
    end = time.perf_counter()


def _store(name: str, folder: str, *, hnsw: bool, address: str) -> PgVectorStore:
    return PgVectorStore(_config(name, folder, hnsw=hnsw, address=address), home=Path(folder))


def _config(name: str, folder: str, *, hnsw: bool, address: str) -> dict:
    options = {"collection_name": name, "embedding_model_dims": 256, "hnsw": hnsw, "connection_string": address}
    return {
        "vector_store": {"provider": "pgvector", "config": options},
        "embedder": {"provider": "offline"},
        "history_db_path": f"{folder}/{name}.db",
    }


def _plain_mem0(name: str, folder: str, address: str) -> object:
    """mem0 as it comes, but with the same embedder."""
    from memadmin.memory.embedding import OfflineEmbedder

    mem0 = load_mem0(Path(folder))
    keyless = {"provider": "openai", "config": {"api_key": "unused"}}
    memory = mem0.Memory.from_config(
        {**_config(name, folder, hnsw=True, address=address), "llm": keyless, "embedder": keyless}
    )
    memory.embedding_model = OfflineEmbedder()
    return memory


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
