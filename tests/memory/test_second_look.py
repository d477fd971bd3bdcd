"""The second look finds what the deletion's own patterns would miss."""

import sqlite3
from contextlib import closing

from memadmin.memory import Connection, Place
from memadmin.memory.stores.pgvector import PgVectorStore

ALICE = "u_alice&x=1%"


def test_it_finds_alice_in_every_place_and_nobody_else(pgvector_store: PgVectorStore) -> None:
    connection = Connection(pgvector_store)
    ids = connection.scope(ALICE).add("Alice is vegetarian.").ids
    connection.scope("u_alice").add("Another Alice.")
    with closing(sqlite3.connect(pgvector_store._history.path)) as file, file:
        scope = "agent_id=a&user_id=u_alice%26x%3D1%25"
        file.execute("INSERT INTO messages (id, session_scope, content) VALUES ('second-look', ?, 'Hello')", [scope])
    seen = connection.scope_for_erasure(ALICE).second_look(ids)
    assert (seen[Place.VECTORS], seen[Place.HISTORY], seen[Place.MESSAGES]) == (1, 1, 1)
    connection.scope(ALICE).delete_all()
    assert set(connection.scope_for_erasure(ALICE).second_look(ids).values()) == {0}


def test_it_does_not_depend_on_the_patterns_of_the_deletion(pgvector_store: PgVectorStore) -> None:
    (memory_id,) = Connection(pgvector_store).scope("u_bob").add("Bob rows.").ids
    scope = Connection(pgvector_store).scope_for_erasure("u_bob")
    assert scope.second_look([memory_id])[Place.VECTORS] == 1
    scope.erase([memory_id])
    assert scope.second_look([memory_id]) == {
        Place.VECTORS: 0,
        Place.ENTITIES: 0,
        Place.HISTORY: 0,
        Place.MESSAGES: 0,
    }
