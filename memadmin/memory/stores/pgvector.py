"""mem0 on PostgreSQL with pgvector, with direct SQL where mem0's own is wrong, slow or unbounded.

mem0 keeps a collection as ``<name>(id uuid, vector vector(n), payload jsonb)`` and finds a tenant through
``payload->>'user_id'`` without an index (``mem0/vector_stores/pgvector.py``). That reads the whole table per tenant,
and where an HNSW index exists it applies the tenant's filter after the approximate search, so that the tenant's own
memories drop out. Here the tenant's rows are always taken first, and an expression index finds them.
"""

import re
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from memadmin.memory.browse import Selection
from memadmin.memory.identity import UserId
from memadmin.memory.overview import Overview
from memadmin.memory.records import Holdings, Memory, Place, Position, Removal, Residue, Scrubbed, SearchHit
from memadmin.memory.stores import browsing, mentioning, newcomers, probing, restricting
from memadmin.memory.stores.base import Query
from memadmin.memory.stores.mem0_import import load_mem0
from memadmin.memory.stores.mem0_oss import Mem0OssStore, counted
from memadmin.memory.stores.payload import hit_from_payload, memory_from_payload
from memadmin.memory.stores.per_process import PerProcess
from memadmin.memory.stores.scrubbing import scrub_log, scrub_tables

WAIT = 5.0
"""Seconds to wait for a connection before the store counts as down."""

_OWNER = "(payload->>'user_id') = %(owner)s"
_LINKED = "payload->'linked_memory_ids'"


class PgVectorStore(Mem0OssStore):
    """A mem0 configuration whose vector store is pgvector.

    Args:
        config: what ``mem0.Memory.from_config`` takes, with provider ``pgvector``.
        home: mem0's home directory, see ``mem0_import``.
    """

    def __init__(self, config: dict[str, Any], *, home: Path) -> None:
        super().__init__(config, home=home)
        self._options = config["vector_store"]["config"]
        name = self._options.get("collection_name") or "mem0"
        self._collections = (name, f"{name}_entities")
        self._tables = dict(zip(("vectors", "entities"), map(sql.Identifier, self._collections), strict=True))
        self._pool = PerProcess(lambda: _pool(self._options))

    # -- content: what mem0 does without order, bound or owner ------------------------------------

    def search(self, owner: UserId, query: Query) -> list[SearchHit]:
        self._mem0()
        from memadmin.memory.stores.tenant_first import BROWSE, UNEXPIRED  # noqa: PLC0415 - after load_mem0

        inner = {BROWSE: query.where.browse, UNEXPIRED: not query.include_expired}
        return self._ranked(owner, query, query.limit, **query.where.filters, **inner)

    def page(self, owner: UserId, *, after: Position | None, limit: int, where: Selection) -> list[Memory]:
        clause, arguments = self._conditions(owner, where)
        from memadmin.memory.stores.tenant_first import CREATED  # noqa: PLC0415 - after load_mem0

        if after is not None:
            clause = sql.SQL("{} AND ({}, id) < (%s, %s)").format(clause, CREATED)
            arguments += [after.created, _uuid_or_nil(after.id)]
        statement = sql.SQL("SELECT id, payload FROM {table} WHERE {where} ORDER BY {created} DESC, id DESC LIMIT %s")
        with self._transaction() as connection:
            rows = connection.execute(
                statement.format(table=self._tables["vectors"], where=clause, created=CREATED), [*arguments, limit]
            ).fetchall()
        return [memory_from_payload(*row) for row in rows]

    def count(self, owner: UserId, where: Selection) -> int:
        clause, arguments = self._conditions(owner, where)
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(self._tables["vectors"], clause)
        with self._transaction() as connection:
            return int(connection.execute(statement, arguments).fetchall()[0][0])

    def _conditions(self, owner: UserId, where: Selection) -> tuple[sql.Composable, list[Any]]:
        self._mem0()
        from memadmin.memory.stores.tenant_first import BROWSE, conditions  # noqa: PLC0415 - after load_mem0

        return conditions(owner, {**where.filters, BROWSE: where.browse})

    def overview(self, owner: UserId, *, today: date, soon: date) -> Overview:
        arguments = {"owner": owner, "today": today.isoformat(), "soon": soon.isoformat()}
        with self._transaction() as connection:
            rows = connection.execute(browsing.overview_of(self._tables["vectors"]), arguments).fetchall()
        return browsing.counted(rows)

    def similar(self, owner: UserId, memory: Memory, *, limit: int, include_expired: bool) -> list[SearchHit]:
        unexpired = sql.SQL("" if include_expired else f"AND NOT {browsing.EXPIRED}")
        statement = sql.SQL(_SIMILAR).format(**self._tables, unexpired=unexpired)
        arguments = {"owner": owner, "id": _uuid_or_nil(memory.id), "limit": limit}
        with self._transaction() as connection:
            rows = connection.execute(statement, arguments).fetchall()
        return [replace(hit_from_payload(*row[:2]), score=min(1.0, max(0.0, 1.0 - float(row[2])))) for row in rows]

    def get(self, owner: UserId, memory_id: str) -> Memory | None:
        # A malformed id takes the same road as an unknown or foreign one, and the same time.
        query = "SELECT id, payload FROM {vectors} WHERE id = %(id)s AND " + _OWNER
        rows = self._rows_of(query, owner=owner, id=_uuid_or_nil(memory_id))
        return memory_from_payload(*rows[0]) if rows and str(rows[0][0]) == memory_id else None

    # -- correction --------------------------------------------------------------------------------

    def _others_saying(self, owner: UserId, memory_id: str, wordings: frozenset[str]) -> int:
        patterns = probing.likely(wordings)
        rows = self._rows_of(_SAYING, owner=owner, id=_uuid_or_nil(memory_id), patterns=patterns) if patterns else []
        return sum(probing.says_any(row[0], wordings) for row in rows)

    def _entity_rows(self, owner: UserId, memory_id: str) -> list[Any]:
        rows = self._rows_of(_ENTITIES_OF, owner=owner, ids=[memory_id])
        return [_Row(str(row[0]), row[1]) for row in rows]

    def _unlink(self, touched: list[Any], gone: set[str]) -> int:
        rows = [row.id for row in touched]
        arguments = {"rows": rows, "ids": sorted(gone)}
        with self._transaction() as connection:
            dropped = connection.execute(self._sql(_DROP_ROWS), arguments).rowcount if rows else 0
            return dropped + (connection.execute(self._sql(_UNLINK_ROWS), arguments).rowcount if rows else 0)

    def _rewrite(self, owner: UserId, memory_id: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        arguments = {"owner": owner, "id": _uuid_or_nil(memory_id)}
        keys = [restricting.EXPIRY, restricting.MARKER]  # nothing else of the payload is written
        with self._transaction() as connection:
            row = connection.execute(self._sql(_LOCK_PAYLOAD), arguments).fetchone()
            if row is None or (payload := change(row[0])) == row[0]:
                return
            present = Jsonb({key: payload[key] for key in keys if key in payload})
            connection.execute(self._sql(_SET_KEYS), {**arguments, "keys": keys, "present": present})

    # -- deletion: one statement a place, the vectors last ----------------------------------------

    def delete(self, owner: UserId, memory_ids: Sequence[str]) -> Removal:
        query = "SELECT id FROM {vectors} WHERE id = ANY(%(ids)s) AND " + _OWNER
        rows = self._rows_of(query, owner=owner, ids=[_uuid_or_nil(memory_id) for memory_id in memory_ids])
        own = [str(row[0]) for row in rows]
        untold = self._history.untold(own)
        history = self._history.delete(own)
        messages = self._history.delete_messages(owner)
        with self._transaction() as connection:
            arguments = {"owner": owner, "ids": own}
            entities = connection.execute(self._sql(_DROP_ENTITIES), arguments).rowcount
            entities += connection.execute(self._sql(_UNLINK_ENTITIES), arguments).rowcount
            vectors = connection.execute(self._sql(_DELETE_SOME), arguments).rowcount
        history += self._history.delete(own)  # written while we deleted
        return Removal(_counts(vectors, entities, history, messages), tuple(own), untold=untold)

    def delete_all(self, owner: UserId) -> Removal:
        own = [row[0] for row in self._rows_of(_OWN, owner=owner)]
        known = {*own, *self._linked_alone(owner, own)}
        untold = self._history.untold(own)
        history = self._history.delete(known)
        messages = self._history.delete_messages(owner)
        with self._transaction() as connection:
            entities = connection.execute(self._sql(_DELETE_ENTITIES), {"owner": owner}).rowcount
            gone = connection.execute(self._sql(_DELETE_ALL), {"owner": owner}).fetchall()
        known |= {str(row[0]) for row in gone}
        if self._history.count(known):
            history += self._history.delete(known)
        return Removal(_counts(len(gone), entities, history, messages), tuple(sorted(known)), untold=untold)

    def holdings(self, owner: UserId) -> Holdings:
        rows = self._rows_of(_OWN, owner=owner)
        own = {row[0] for row in rows}
        known = own | self._linked_alone(owner, own)
        created = [row[1] for row in rows if row[1]]
        ((entities,),) = self._rows_of("SELECT count(*) FROM {entities} WHERE " + _OWNER, owner=owner)
        history, messages = self._history.count(known), self._history.count_messages(owner)
        return Holdings(
            memory_ids=tuple(sorted(known)),
            counts=_counts(len(own), entities, history, messages),
            oldest=min(created, default=""),
            newest=max(created, default=""),
            agents=tuple(sorted({row[2] for row in rows if row[2]})),
            untold=self._history.untold(list(own)),
        )

    def _linked_alone(self, owner: UserId, own: Collection[str]) -> set[str]:
        """Ids that the tenant's entities link to and that are no memory of anybody's (any more)."""
        rest = {row[0] for row in self._rows_of(_LINKED_IDS, owner=owner)}.difference(own)
        others = self._rows_of(_OF_OTHERS, owner=owner, ids=_uuid_array(rest)) if rest else []
        return rest.difference(row[0] for row in others)

    def erase(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[Place, int]:
        with self._transaction() as connection:
            others = connection.execute(
                self._sql(_FOREIGN), {"owner": owner, "ids": _uuid_array(memory_ids)}
            ).fetchall()
            ours = set(memory_ids).difference(row[0] for row in others)
            history = self._history.delete(ours)  # durable before the vectors are: they say whose the ids are
            vectors = connection.execute(self._sql(_ERASE), {"owner": owner, "ids": _uuid_array(ours)}).rowcount
        if self._history.count(ours):  # written while we deleted
            history += self._history.delete(ours)
        return {Place.HISTORY: history, Place.VECTORS: vectors}

    def scrub(self, tables: Sequence[str] = ()) -> tuple[Scrubbed, ...]:
        self._mem0()
        with self._errors(), Connection.connect(conninfo(self._options), autocommit=True) as connection:
            return (
                scrub_tables(connection, [*self._collections, *tables]),
                scrub_log(connection),
                self._history.scrub(),
            )

    # -- scan --------------------------------------------------------------------------------------

    def scan(self, owner: UserId, known_ids: Iterable[str], *, whole: bool) -> Residue:
        known = sorted({str(memory_id) for memory_id in known_ids})
        vectors = {str(row[0]) for row in self._rows_of(_SCAN_VECTORS, owner=owner, ids=known, whole=whole)}
        entities = self._rows_of(_SCAN_ENTITIES, owner=owner, ids=known, whole=whole)
        linked = self._linked_alone(owner, vectors) if whole else set()
        return self._judged(
            sorted(vectors),
            (
                counted(Place.VECTORS, len(vectors)),
                counted(Place.ENTITIES, len(entities)),
                self._scan_history(owner, {*known, *vectors, *linked}, whole=whole),
                counted(Place.MESSAGES, self._history.count_messages(owner)),
            ),
        )

    def _not_of_others(self, owner: UserId, memory_ids: Iterable[str]) -> set[str]:
        known = set(memory_ids)
        return known.difference(row[0] for row in self._rows_of(_FOREIGN, owner=owner, ids=_uuid_array(known)))

    def _unowned_history(self) -> int:
        return sum(self._missing(memory_ids) for memory_ids in self._history.memory_ids())

    def _missing(self, memory_ids: list[str]) -> int:
        return len(self._ghosts_among(memory_ids))

    def _ghosts_among(self, memory_ids: list[str]) -> list[str]:
        ids = [_uuid_or_nil(memory_id) for memory_id in memory_ids]
        there = {str(row[0]) for row in self._rows_of("SELECT id FROM {vectors} WHERE id = ANY(%(ids)s)", ids=ids)}
        return [memory_id for memory_id in memory_ids if memory_id not in there]

    # -- directory and indexes -----------------------------------------------------------------------

    def user_ids(self, *, after: str, limit: int) -> list[str]:
        return [row[0] for row in self._rows_of(_USER_IDS, after=after, limit=limit)]

    def mark(self) -> str | None:
        with self._transaction() as connection:
            return newcomers.mark(connection, self._tables["vectors"])

    def user_ids_since(self, mark: str, *, after: str, limit: int) -> list[str] | None:
        with self._transaction() as connection:
            return newcomers.user_ids_since(connection, self._tables["vectors"], mark, after=after, limit=limit)

    def mentions(self, terms: Sequence[str], *, excluding: UserId, limit: int) -> list[tuple[str, str]] | None:
        with self._transaction() as connection:
            return mentioning.look(connection, self._tables["vectors"], terms, excluding=excluding, limit=limit)

    def somebody(self, number: int) -> list[str]:
        # Neighbours of random points: ids are random, so that is one index descent a point.
        points = [uuid.uuid4() for _ in range(4 * number)]
        found = [row[0] for row in self._rows_of(_SOMEBODY, points=points, number=number)]
        few = self.user_ids(after="", limit=number) if len(found) < number else []  # somebody has nearly all of it
        return list(dict.fromkeys(found + few))[:number]

    def index(self) -> None:
        """Build the indexes by tenant and by time where mem0 made a collection without, while agents go on writing."""
        self._mem0()
        from memadmin.memory.stores.tenant_first import create_indexes  # noqa: PLC0415 - after load_mem0

        with self._errors(), Connection.connect(conninfo(self._options), autocommit=True) as connection:
            for collection in self._collections:
                create_indexes(connection, collection, concurrently=True)
        self._history.index()

    # -- mem0 and PostgreSQL -------------------------------------------------------------------------

    def close(self) -> None:
        super().close()
        if pool := self._pool.opened():
            self._pool.forget()
            pool.dispose()

    def _open(self) -> Any:
        load_mem0(self._home)
        with self._errors():  # tells at once that nobody listens, where a pool would try for seconds
            Connection.connect(conninfo(self._options), connect_timeout=int(WAIT)).close()
        from memadmin.memory.stores.tenant_first import TenantFirstPGVector  # noqa: PLC0415 - after load_mem0

        memory = super()._open()
        shape = {
            **_NO_ADDRESS,
            **memory.config.vector_store.config.model_dump(include=_SHAPE),
            "connection_pool": self._pool(),
        }
        memory.vector_store = TenantFirstPGVector(**shape)
        memory._entity_store = TenantFirstPGVector(  # noqa: SLF001 - else mem0 makes one without our queries
            **{**shape, "collection_name": f"{shape['collection_name']}_entities"}
        )
        with self._errors():
            memory.vector_store.ensure()
            memory._entity_store.ensure()  # noqa: SLF001
        return memory

    def _mem0_config(self) -> dict[str, Any]:
        config = super()._mem0_config()
        options = {key: value for key, value in config["vector_store"]["config"].items() if key in _SHAPE}
        return {
            **config,
            "vector_store": {"provider": "pgvector", "config": {**options, "connection_pool": self._pool()}},
        }

    def _sql(self, statement: str) -> sql.Composed:
        return sql.SQL(statement).format(**self._tables)

    def _rows_of(self, statement: str, **arguments: Any) -> list[Any]:
        with self._transaction() as connection:
            return connection.execute(self._sql(statement), arguments).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[Connection[Any]]:
        self._mem0()  # the collections exist from here on
        with self._errors(), self._pool().connection() as connection:
            yield connection


class _Row(NamedTuple):
    """A row as mem0's vector stores hand them out."""

    id: str
    payload: Any


class SharedPool(ConnectionPool[Connection[Any]]):
    """A pool that outlives mem0's own vector store objects, which close theirs when they are collected."""

    def close(self, timeout: float = WAIT) -> None:
        """Left to :meth:`dispose`; ``PGVector.__del__`` calls this."""

    def dispose(self) -> None:
        super().close(WAIT)


def conninfo(options: Mapping[str, Any]) -> str:
    """mem0's pgvector options as a libpq connection string."""
    address = options.get("connection_string")
    if callable(address):  # the embedded server starts when it is needed
        address = address()
    parts = {key: options[key] for key in _ADDRESS if options.get(key)}
    return make_conninfo(str(address), **parts) if address else make_conninfo(**parts)


def _pool(options: Mapping[str, Any]) -> SharedPool:
    return SharedPool(
        conninfo=conninfo(options),
        min_size=1,
        max_size=max(2, options.get("maxconn") or 8),  # creating a collection takes two at once
        timeout=WAIT,
        reconnect_timeout=WAIT,
        check=SharedPool.check_connection,  # a restarted server must not fail the next request
        kwargs={"connect_timeout": int(WAIT)},
        open=True,
    )


def _counts(vectors: int, entities: int, history: int, messages: int) -> dict[Place, int]:
    return {Place.VECTORS: vectors, Place.ENTITIES: entities, Place.HISTORY: history, Place.MESSAGES: messages}


def _uuid_array(values: Iterable[str]) -> str:
    """Those that are ids as mem0 and PostgreSQL spell them, as PostgreSQL's text of an array: quicker than a list."""
    return "{" + ",".join(value for value in values if _UUID.fullmatch(value)) + "}"


_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _uuid_or_nil(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        return uuid.UUID(int=0)


# What mem0's PGVector needs to know besides its pool.
_SHAPE = {"collection_name", "embedding_model_dims", "diskann", "hnsw"}
_ADDRESS = ("dbname", "user", "password", "host", "port", "sslmode")
_NO_ADDRESS = dict.fromkeys(_ADDRESS)

# A linked id that is somebody else's memory is not ours to touch, whatever an entity row says.
_OWN = f"SELECT id::text, payload->>'created_at', payload->>'agent_id' FROM {{vectors}} WHERE {_OWNER}"
_LINKED_IDS = f"""
    SELECT DISTINCT jsonb_array_elements_text(CASE jsonb_typeof({_LINKED}) WHEN 'array' THEN {_LINKED} ELSE '[]' END)
    FROM {{entities}} WHERE {_OWNER}
"""
_OF_OTHERS = """
    SELECT id::text FROM {vectors}
    WHERE id = ANY(%(ids)s::uuid[]) AND payload->>'user_id' IS DISTINCT FROM %(owner)s
"""
_FOREIGN = "SELECT id::text FROM {vectors} WHERE id = ANY(%(ids)s::uuid[]) AND payload->>'user_id' <> %(owner)s"
_DROP_ENTITIES = f"""
    DELETE FROM {{entities}} WHERE {_OWNER} AND {_LINKED} ?| %(ids)s AND {_LINKED} <@ to_jsonb(%(ids)s::text[])
"""
_UNLINK_ENTITIES = f"""
    UPDATE {{entities}} SET payload = jsonb_set(payload, '{{{{linked_memory_ids}}}}', ({_LINKED}) - %(ids)s::text[])
    WHERE {_OWNER} AND {_LINKED} ?| %(ids)s
"""
_ENTITIES_OF = f"""
    SELECT id, payload FROM {{entities}} WHERE {_OWNER}
    AND ({_LINKED} ?| %(ids)s OR {_LINKED} IS NULL OR {_LINKED} IN ('[]', 'null'))
"""
_DROP_ROWS = f"""
    DELETE FROM {{entities}} WHERE id = ANY(%(rows)s::uuid[])
    AND ({_LINKED} IS NULL OR {_LINKED} = 'null' OR {_LINKED} <@ to_jsonb(%(ids)s::text[]))
"""
_UNLINK_ROWS = f"""
    UPDATE {{entities}} SET payload = jsonb_set(payload, '{{{{linked_memory_ids}}}}', ({_LINKED}) - %(ids)s::text[])
    WHERE id = ANY(%(rows)s::uuid[]) AND {_LINKED} ?| %(ids)s
"""
_SAYING = f"""
    SELECT payload->>'data' FROM {{vectors}}
    WHERE {_OWNER} AND id <> %(id)s AND lower(payload->>'data' COLLATE "C") LIKE ANY(%(patterns)s)
"""
_LOCK_PAYLOAD = f"SELECT payload FROM {{vectors}} WHERE id = %(id)s AND {_OWNER} FOR UPDATE"
_SET_KEYS = f"""
    UPDATE {{vectors}} SET payload = (payload - %(keys)s::text[]) || %(present)s WHERE id = %(id)s AND {_OWNER}
"""
_SIMILAR = f"""
    WITH own AS MATERIALIZED (
        SELECT id, vector <=> (SELECT vector FROM {{vectors}} WHERE id = %(id)s AND {_OWNER}) AS distance
        FROM {{vectors}} WHERE {_OWNER} AND id <> %(id)s {{unexpired}}
    ), best AS (SELECT id, distance FROM own WHERE distance IS NOT NULL ORDER BY distance, id LIMIT %(limit)s)
    SELECT id, payload, distance FROM best JOIN {{vectors}} USING (id) ORDER BY distance, id
"""
_DELETE_ENTITIES = f"DELETE FROM {{entities}} WHERE {_OWNER}"
_DELETE_SOME = f"DELETE FROM {{vectors}} WHERE id = ANY(%(ids)s::uuid[]) AND {_OWNER}"
_ERASE = f"""
    DELETE FROM {{vectors}} WHERE id = ANY(%(ids)s::uuid[]) AND ({_OWNER} OR payload->>'user_id' IS NULL)
"""
_SOMEBODY = """
    SELECT DISTINCT user_id FROM unnest(%(points)s::uuid[]) AS point, LATERAL (
        SELECT payload->>'user_id' AS user_id FROM {vectors} WHERE id >= point ORDER BY id LIMIT 1) AS near
    WHERE user_id <> '' LIMIT %(number)s
"""
_DELETE_ALL = f"DELETE FROM {{vectors}} WHERE {_OWNER} RETURNING id"
_SCAN_VECTORS = f"""
    SELECT id FROM {{vectors}} WHERE {_OWNER} AND (%(whole)s OR id::text = ANY(%(ids)s))
    UNION
    SELECT id FROM {{vectors}} WHERE id::text = ANY(%(ids)s) AND payload->>'user_id' IS NULL
"""
_SCAN_ENTITIES = f"""
    SELECT id FROM {{entities}} WHERE {_OWNER} AND (%(whole)s OR {_LINKED} ?| %(ids)s)
"""
# A loose index scan: one index descent per tenant instead of reading every memory.
_USER_IDS = """
    WITH RECURSIVE tenants AS (
        (SELECT payload->>'user_id' AS user_id FROM {vectors}
         WHERE (payload->>'user_id') > %(after)s ORDER BY (payload->>'user_id') LIMIT 1)
        UNION ALL
        SELECT (SELECT payload->>'user_id' FROM {vectors}
                WHERE (payload->>'user_id') > tenants.user_id ORDER BY (payload->>'user_id') LIMIT 1)
        FROM tenants WHERE tenants.user_id IS NOT NULL
    )
    SELECT user_id FROM tenants WHERE user_id IS NOT NULL LIMIT %(limit)s
"""
