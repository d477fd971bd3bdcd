"""Who is new in a PostgreSQL store: by the times that memories carry, whatever is written there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from memadmin.memory import embedded
from memadmin.memory.stores import newcomers
from memadmin.memory.stores.pgvector import PgVectorStore

OpenStore = Callable[..., PgVectorStore]
PACIFIC = timezone(timedelta(hours=-8))
LONG_AGO = "2020-02-02T20:20:20+00:00"


def wrote(store: PgVectorStore, user_id: Any, created: Any) -> None:
    """A memory as an agent may have written it, past the store."""
    payload = {"user_id": user_id, "data": "A fact.", "created_at": created}
    with store._transaction() as connection:
        statement = sql.SQL("INSERT INTO {} (id, payload) VALUES (gen_random_uuid(), %s)")
        connection.execute(statement.format(store._tables["vectors"]), [Jsonb(payload)])


def marked(store: PgVectorStore) -> str:
    mark = store.mark()
    assert mark is not None
    return mark


def new_since(store: PgVectorStore, mark: str) -> list[str] | None:
    return store.user_ids_since(mark, after="", limit=100)


def test_who_was_there_before_is_not_looked_at(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    wrote(store, "u_alice", LONG_AGO)
    mark = marked(store)
    wrote(store, "u_bob", datetime.now(UTC).isoformat())
    assert new_since(store, mark) == ["u_bob"]
    assert store.user_ids(after="", limit=100) == ["u_alice", "u_bob"]


WAYS: dict[str, Callable[[datetime], Any]] = {
    "as mem0 does": datetime.isoformat,
    "by a clock that is behind": lambda now: (now - timedelta(minutes=50)).isoformat(),
    "as mem0 did before it wrote UTC": lambda now: now.astimezone(PACIFIC).isoformat(),
    "east of UTC": lambda now: now.astimezone(timezone(timedelta(hours=14))).isoformat(),
    "with Z": lambda now: now.isoformat().replace("+00:00", "Z"),
    "without a zone": lambda now: now.replace(tzinfo=None).isoformat(),
    "far ahead": lambda _now: "9999-12-31T23:59:59+00:00",
    "in words": lambda _now: "yesterday",
    "as no text": lambda _now: {"no": "time"},
    "in no letters": lambda _now: "\N{GRINNING FACE}" * 9,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_new_memory_is_found_however_its_time_is_written(fresh_pgvector: OpenStore, way: str) -> None:
    store = fresh_pgvector()
    mark = marked(store)
    wrote(store, "u_alice", WAYS[way](datetime.now(UTC)))
    assert new_since(store, mark) == ["u_alice"]


@pytest.mark.parametrize("created", [LONG_AGO, None, "", 1_700_000_000, " now", []])
def test_what_is_older_or_sorts_before_every_time_is_left_to_the_full_walk(
    fresh_pgvector: OpenStore, created: Any
) -> None:
    store = fresh_pgvector()
    mark = marked(store)
    wrote(store, "u_alice", created)
    wrote(store, None, datetime.now(UTC).isoformat())
    wrote(store, "", datetime.now(UTC).isoformat())
    found = new_since(store, mark)
    assert found == (["u_alice"] if created == [] else [])  # "[" sorts behind digits


def test_nothing_that_is_written_moves_the_mark(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    wrote(store, "u_mallory", "9999-12-31T23:59:59+00:00")
    mark = marked(store)
    assert mark.split()[1] <= datetime.now(UTC).isoformat()
    wrote(store, "u_alice", datetime.now(UTC).isoformat())
    assert new_since(store, mark) == ["u_alice", "u_mallory"]


def test_pages_follow_each_other_without_gaps_or_repeats(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    mark = marked(store)
    for number in (3, 1, 2, 1):
        wrote(store, f"u_{number}", datetime.now(UTC).isoformat())
    assert store.user_ids_since(mark, after="", limit=2) == ["u_1", "u_2"]
    assert store.user_ids_since(mark, after="u_2", limit=2) == ["u_3"]
    assert store.user_ids_since(mark, after="u_3", limit=2) == []


@pytest.mark.parametrize("mark", ["", "x", "0123456789abcdef 2020-01-01T00:00:00"])
def test_a_mark_of_another_store_is_not_usable(fresh_pgvector: OpenStore, mark: str) -> None:
    assert new_since(fresh_pgvector(), mark) is None


def test_a_mark_is_not_usable_when_the_table_was_made_anew(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    mark = marked(store)
    with store._transaction() as connection:
        connection.execute(store._sql("CREATE TABLE copied (LIKE {vectors}); DROP TABLE {vectors}"))
        connection.execute(store._sql("ALTER TABLE copied RENAME TO {vectors}"))
    assert new_since(store, mark) is None


def test_a_mark_from_the_future_is_not_usable(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    place = marked(store).split()[0]
    assert new_since(store, f"{place} 2999-01-01T00:00:00") is None
    assert new_since(store, f"{place} 2026-01-01T00:00:00") == []


# -- the index -------------------------------------------------------------------------------------------


CROWD = """
    INSERT INTO {vectors} (id, payload) SELECT gen_random_uuid(), jsonb_build_object('user_id', 'u_' || n,
        'data', 'A fact.', 'created_at', to_char(now() - (20000 - n) * interval '5 minutes', %s))
    FROM generate_series(1, 20000) AS n
"""
ISO = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'


def plan(store: PgVectorStore) -> str:
    """How PostgreSQL would look for who is new."""
    store.mark()
    from memadmin.memory.stores.tenant_first import CREATED

    since = datetime.now(UTC) - newcomers.MARGIN
    texts = {"since": since.isoformat(), "anywhere": (since - newcomers.WESTERNMOST).isoformat()}
    statement = sql.SQL("EXPLAIN " + newcomers._SINCE).format(vectors=store._tables["vectors"], created=CREATED)
    with store._transaction() as connection:
        rows = connection.execute(statement, {**texts, "after": "", "limit": 100}).fetchall()
    return "\n".join(row[0] for row in rows)


def drop_index(store: PgVectorStore) -> None:
    with store._transaction() as connection:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(f"{store._collections[0]}_memadmin_time")))


def test_in_a_crowd_the_index_finds_who_is_new_and_without_it_the_answer_is_the_same(fresh_pgvector: OpenStore) -> None:
    store = fresh_pgvector()
    mark = marked(store)
    with store._transaction() as connection:
        connection.execute("SET LOCAL timezone = 'UTC'")
        connection.execute(store._sql(CROWD.replace("%s", f"'{ISO}'")))
    store.index()
    assert "_memadmin_time" in plan(store)
    found = new_since(store, mark)
    assert found is not None
    assert 10 < len(found) < 20  # five minutes apart, in the hour before
    drop_index(store)
    assert new_since(store, mark) == found


@pytest.mark.parametrize("built", ["at creation", "later"])
def test_the_table_is_indexed_by_time_and_kept_so_by_the_server(fresh_pgvector: OpenStore, built: str) -> None:
    store = fresh_pgvector()
    store.mark()
    if built == "later":
        drop_index(store)
        store.index()
    with psycopg.connect(embedded.url()) as connection:
        name = f"{store._collections[0]}_memadmin_time"
        (definition,) = connection.execute("SELECT pg_get_indexdef(to_regclass(%s))", [name]).fetchall()[0]
    assert "USING brin" in definition
    assert "autosummarize='on'" in definition
