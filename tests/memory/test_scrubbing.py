"""Bytes, not rows: after an erasure and a scrub no file of the cluster and no history says a word of Alice."""

import hashlib
import math
import secrets
import sqlite3
import struct
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from memadmin.memory import Connection, ScopedMemory, Scrub, embedded
from memadmin.memory.stores import scrubbing
from memadmin.memory.stores.history_file import HistoryFile
from memadmin.memory.stores.pgvector import PgVectorStore
from memadmin.memory.stores.scrubbing import scrub_log, scrub_tables
from tests.memory.conftest import pgvector_config

ALICE, BOB = "u_alice", "u_bob"
VECTOR = [math.sin(number * 1.7) for number in range(256)]
LONG = b"".join(hashlib.sha256(bytes([number & 255, number >> 8])).digest() for number in range(320)).hex()
"""20 kB that cannot be packed: kept out of line, in pieces."""
TRACES = {
    "text": b"lives in LisbonMark",
    "lexeme": b"lisbonmark",
    "entity": b"CatarinaMark",
    "metadata": b"PassportMark",
    "chat": b"I sang FadoMark",
    "old wording": b"lived in PortoMark",
    "long text": LONG[9_000:9_040].encode(),
    "vector": struct.pack("<16f", *VECTOR[100:116]),
}


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of its own: other tests write to the shared one all the time."""
    folder = tmp_path_factory.mktemp("scrub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEMADMIN_VAR_DIR", str(folder))
        yield folder
        embedded.stop()


@pytest.fixture
def connection(var: Path) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(embedded.url(), autocommit=True) as opened:
        yield opened


@pytest.fixture
def store(var: Path, connection: psycopg.Connection[Any]) -> Iterator[PgVectorStore]:
    """Ten tenants with 100 memories each, Alice's among them; every kind of index that mem0 or the desk makes."""
    name = f"scrubbed_{secrets.token_hex(4)}"
    store = PgVectorStore(pgvector_config(name, var, hnsw=True), home=var / "mem0")
    ScopedMemory(BOB, store=store).add("I love steak.")
    store._history.index()
    plant(store, connection)
    yield store
    store.close()
    connection.execute(sql.SQL("DROP TABLE {}, {}").format(*store._tables.values()))
    Path(store._config["history_db_path"]).unlink()


def plant(store: PgVectorStore, connection: psycopg.Connection[Any]) -> None:
    crowd = sql.SQL(
        """INSERT INTO {} SELECT gen_random_uuid(),
            (SELECT array_agg(random() - 0.5) FROM generate_series(1, 256) WHERE n = n)::vector,
            jsonb_build_object('user_id', CASE n % 10 WHEN 0 THEN 'u_alice' ELSE 'u_' || n % 10 END,
                'data', CASE n % 10 WHEN 0 THEN 'lives in LisbonMark ' || n ELSE 'a fact ' || n END,
                'text_lemmatized', CASE n % 10 WHEN 0 THEN 'live lisbonmark' || n ELSE 'fact' || n END)
        FROM generate_series(1, 1000) AS n"""
    )
    with _without_hnsw(connection, store._collections[0]):
        connection.execute(crowd.format(store._tables["vectors"]))
    payload = {"user_id": ALICE, "data": LONG, "text_lemmatized": "long", "passport": "PassportMark"}
    store._vectors.insert([VECTOR], [payload], [str(uuid.uuid4())])
    ids = [row[0] for row in store._rows_of("SELECT id::text FROM {vectors} WHERE payload->>'user_id' = 'u_alice'")]
    for owner, name in ((ALICE, "CatarinaMark"), (BOB, "Anna"), (BOB, "Otto")):  # few: samples that are not packed
        entity = {"user_id": owner, "data": name, "entity_type": "PERSON", "linked_memory_ids": ids[: owner == ALICE]}
        store._entities.insert([VECTOR if owner == ALICE else VECTOR[::-1]], [entity], [str(uuid.uuid4())])
    mem0 = store._mem0()
    for memory_id in ids[:100]:
        mem0.db.add_history(memory_id, "lived in PortoMark", "lives in LisbonMark", "UPDATE")
    for number in range(15):  # mem0 drops all but the last ten, and overwrites none
        mem0.db.save_messages([{"role": "user", "content": f"I sang FadoMark {number}"}], "user_id=u_alice")
    for table in store._tables.values():
        connection.execute(sql.SQL("ANALYZE {}").format(table))  # copies samples into the catalogue
    connection.execute("CHECKPOINT")


@contextmanager
def _without_hnsw(connection: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Have the index made over all rows at once: a row at a time takes ten times as long."""
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%USING hnsw%%'"
    [(name, made_by)] = connection.execute(query, [table]).fetchall()
    connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    connection.execute(made_by)


def traces_below(folder: Path) -> dict[str, list[str]]:
    """What is found of Alice in the bytes of the files, letter case aside, and where."""
    contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found: dict[str, list[str]] = {}
    for kind, trace in TRACES.items():
        for path, content in contents.items():
            if trace in content or (kind != "vector" and trace.lower() in content.lower()):
                found.setdefault(kind, []).append(str(path.relative_to(folder)))
    return found


def erase(store: PgVectorStore) -> Connection:
    connection = Connection(store)
    scope = connection.scope_for_erasure(ALICE)
    ids = scope.holdings().memory_ids
    scope.erase(ids[:60])
    scope.erase(ids[60:])
    scope.erase_rest()
    assert not scope.residue(ids).found
    return connection


def test_after_a_scrub_no_file_has_a_byte_of_alice(store: PgVectorStore, var: Path) -> None:
    assert set(traces_below(var)) == set(TRACES)
    connection = erase(store)
    assert set(traces_below(var)) - {"chat", "old wording"}  # else this test could not fail
    answers = connection.scrub()
    assert [(answer.place, answer.status) for answer in answers] == [
        ("tables", Scrub.GONE), ("write-ahead log", Scrub.GONE), ("history file", Scrub.GONE),
    ], answers  # fmt: skip
    assert all(answer.at for answer in answers)
    assert traces_below(var) == {}
    assert len(ScopedMemory("u_1", store=store).search("a fact", limit=200)) == 100


def test_a_server_that_recycles_its_log_has_it_written_over(
    store: PgVectorStore, var: Path, connection: psycopg.Connection[Any]
) -> None:
    for setting in ("SET wal_recycle = on", "SET min_wal_size = '160MB'"):
        connection.execute(f"ALTER SYSTEM {setting}")  # type: ignore[arg-type]
    connection.execute("SELECT pg_reload_conf()")
    erase(store).scrub()
    assert traces_below(var) == {}
    connection.execute("ALTER SYSTEM SET wal_recycle = off")
    connection.execute("SELECT pg_reload_conf()")


def test_rows_that_an_old_transaction_still_sees_are_pending(
    store: PgVectorStore, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "PATIENCE", scrubbing.PATIENCE / 20)
    with psycopg.connect(embedded.url()) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1")
        erase(store)
        answer = scrub_tables(connection, store._collections)
    assert (answer.status, answer.at) == (Scrub.PENDING, None)
    assert "still see" in answer.note
    assert scrub_tables(connection, store._collections).status is Scrub.GONE


def test_a_table_in_use_is_pending_and_not_waited_for(
    store: PgVectorStore, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "PATIENCE", scrubbing.PATIENCE / 20)
    with psycopg.connect(embedded.url()) as reader:
        reader.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(store._tables["vectors"]))
        answer = scrub_tables(connection, store._collections)
    assert answer.status is Scrub.PENDING
    assert "could not be locked" in answer.note or "still see" in answer.note


def test_a_table_too_large_to_rewrite_stays_readable_and_is_pending(
    store: PgVectorStore, connection: psycopg.Connection[Any]
) -> None:
    erase(store)
    answer = scrub_tables(connection, store._collections, rewrite_limit=0)
    assert answer.status is Scrub.PENDING
    assert "VACUUM FULL" in answer.note
    invalid = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()
    assert invalid == (0,)


def test_what_the_server_forbids_is_named_with_the_way_out(
    store: PgVectorStore, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("DROP ROLE IF EXISTS tenant_app")
    connection.execute("CREATE ROLE tenant_app")
    with psycopg.connect(embedded.url(), autocommit=True) as poor:
        poor.execute("SET ROLE tenant_app")
        tables, log = scrub_tables(poor, store._collections), scrub_log(poor)
    connection.execute("DROP ROLE tenant_app")
    assert (tables.status, log.status) == (Scrub.FORBIDDEN, Scrub.FORBIDDEN)
    assert "VACUUM FULL" in tables.note
    assert "pg_checkpoint" in log.note


def test_further_tables_are_scrubbed_in_the_same_go(store: PgVectorStore, connection: psycopg.Connection[Any]) -> None:
    connection.execute('CREATE TABLE "Cases" (words text)')
    connection.execute("""INSERT INTO "Cases" VALUES ('lives in LisbonMark')""")
    connection.execute("""DELETE FROM "Cases" """)
    before = connection.execute("""SELECT pg_relation_filepath('"Cases"')""").fetchone()
    tables, *_ = Connection(store).scrub(tables=["Cases"])
    assert tables.status is Scrub.GONE
    assert connection.execute("""SELECT pg_relation_filepath('"Cases"')""").fetchone() != before
    connection.execute('DROP TABLE "Cases"')


# -- the history file --------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path, folder: Path) -> Path:
    from memadmin.memory.stores.mem0_import import load_mem0

    load_mem0(folder / "mem0")
    from mem0.memory.storage import SQLiteManager

    SQLiteManager(str(tmp_path / "history.db")).close()
    return tmp_path / "history.db"


@pytest.mark.parametrize("journal", ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
def test_rows_that_mem0_itself_deleted_leave_the_file_and_its_journals(path: Path, journal: str) -> None:
    with closing(sqlite3.connect(path)) as agent:  # stays connected, as mem0 does
        agent.execute(f"PRAGMA journal_mode = {journal}")
        for number in range(500):
            agent.execute("INSERT INTO history (id, memory_id) VALUES (?, ?)", (f"FadoMark {number}", "LisbonMark"))
        agent.commit()
        agent.execute("DELETE FROM history WHERE rowid <> 7")
        agent.commit()
        assert HistoryFile(path).scrub().status is Scrub.GONE
        content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert content.count(b"FadoMark 6") == 2  # what is kept: the row and its index
    assert (content.count(b"FadoMark"), content.count(b"LisbonMark")) == (2, 1)


def test_a_history_file_in_use_is_pending(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memadmin.memory.stores.history_file.WAIT", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        answer = HistoryFile(path).scrub()
    assert (answer.status, answer.at) == (Scrub.PENDING, None)
    assert "locked" in answer.note
    assert HistoryFile(path).scrub().status is Scrub.GONE
    assert [file.name for file in path.parent.iterdir()] == ["history.db"]
