"""mem0's pgvector class with queries that take the tenant's rows first.

Import only after ``load_mem0``. Where mem0 writes ``payload->>%s = %s``, no expression index can match a prepared
statement; where it orders the whole table by distance, an HNSW index answers before the tenant is looked at.
"""

from typing import Any

from mem0.vector_stores.pgvector import OutputData, PGVector
from psycopg import Connection, sql

from memadmin.memory.errors import StoreError
from memadmin.memory.filters import as_text, comparisons
from memadmin.memory.stores.browsing import EXPIRED, browsed

OWNER = sql.SQL("(payload->>'user_id')")
CREATED = sql.SQL("(coalesce(payload->>'created_at', '') COLLATE \"C\")")
_TEXT = sql.SQL("to_tsvector('simple', payload->>'text_lemmatized')")
_NUMERIC = frozenset({"gt", "gte", "lt", "lte"})
_COMPARISONS = {
    "eq": "payload->>%s = %s",
    "ne": "payload->>%s <> %s",
    "in": "payload->>%s = ANY(%s)",
    "nin": "payload->>%s <> ALL(%s)",
    "contains": "strpos(payload->>%s, %s) > 0",
    "icontains": "strpos(lower(payload->>%s), lower(%s)) > 0",
    **{
        operator: f"CASE jsonb_typeof(payload->%s) WHEN 'number' THEN (payload->>%s)::numeric {sign} %s END"
        for operator, sign in {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}.items()
    },
}
UNEXPIRED = "$unexpired"
"""Key of a filter that no caller can write: leave out what mem0 would drop only after taking the nearest."""
BROWSE = "$browse"
"""Key of a ``Browse``, likewise."""
_CREATE_LOCK = 0x6D656D30  # "mem0": one creator of tables and indexes at a time


class TenantFirstPGVector(PGVector):  # type: ignore[misc]  # mem0 ships no types
    """One collection. Refuses to search or list without a tenant."""

    def ensure(self) -> None:
        """Create the collection with its indexes, unless it exists."""
        with self.connection_pool.connection() as guard:
            guard.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATE_LOCK])
            self._ensure_collection()

    def create_col(self) -> None:
        super().create_col()
        with self.connection_pool.connection() as connection:
            create_indexes(connection, self.collection_name)

    # psycopg quotes a list float by float, which costs more than the query; pgvector reads the list's own text.

    def insert(self, vectors: list[list[float]], payloads: Any = None, ids: Any = None) -> None:
        super().insert([str(vector) for vector in vectors], payloads, ids)

    def update(self, vector_id: str, vector: list[float] | None = None, payload: dict[str, Any] | None = None) -> None:
        super().update(vector_id, None if vector is None else str(vector), payload)

    def search(
        self, query: str, vectors: list[float], top_k: int | None = 5, filters: dict[str, Any] | None = None
    ) -> list[OutputData]:
        where, arguments = _where(filters)
        statement = sql.SQL(
            "WITH own AS MATERIALIZED (SELECT id, vector <=> %s::vector AS distance FROM {table} WHERE {where}),"
            " best AS (SELECT id, distance FROM own ORDER BY distance, id LIMIT %s)"
            " SELECT id, distance, payload FROM best JOIN {table} USING (id) ORDER BY distance, id"
        ).format(table=self._col(), where=where)
        with self._get_cursor() as cursor:
            rows = cursor.execute(statement, [str(vectors), *arguments, top_k]).fetchall()
        return [OutputData(id=str(row[0]), score=max(0.0, 1.0 - float(row[1])), payload=row[2]) for row in rows]

    def keyword_search(self, query: str, top_k: int = 5, filters: dict[str, Any] | None = None) -> list[OutputData]:
        where, arguments = _where(filters)
        statement = sql.SQL(
            "SELECT id, ts_rank_cd({text}, plainto_tsquery('simple', %s)) AS score, payload FROM {table}"
            " WHERE {where} AND {text} @@ plainto_tsquery('simple', %s) ORDER BY score DESC, id LIMIT %s"
        ).format(table=self._col(), where=where, text=_TEXT)
        with self._get_cursor() as cursor:
            rows = cursor.execute(statement, [query, *arguments, query, top_k]).fetchall()
        return [OutputData(id=str(row[0]), score=float(row[1]), payload=row[2]) for row in rows]

    def list(self, filters: dict[str, Any] | None = None, top_k: int | None = 100) -> list[list[OutputData]]:
        where, arguments = _where(filters)
        statement = sql.SQL("SELECT id, payload FROM {} WHERE {} ORDER BY id LIMIT %s").format(self._col(), where)
        with self._get_cursor() as cursor:
            rows = cursor.execute(statement, [*arguments, top_k]).fetchall()
        return [[OutputData(id=str(row[0]), score=None, payload=row[1]) for row in rows]]


def create_indexes(connection: Connection[Any], collection: str, *, concurrently: bool = False) -> None:
    """Index a collection by tenant, newest first: what every list, page, count and search goes through; and by time.

    The second is a BRIN, which says of every megabyte of the table from when to when: next to nothing to keep, and
    enough to find what is new (``newcomers.py``), since rows lie about in the order of their insertion.
    """
    indexes = {
        "tenant": sql.SQL("({}, {}, id)").format(OWNER, CREATED),
        "time": sql.SQL("USING brin ({}) WITH (autosummarize = on)").format(CREATED),
    }
    table, when = sql.Identifier(collection), sql.SQL("CONCURRENTLY" if concurrently else "")
    for kind, definition in indexes.items():
        name = f"{collection}_memadmin_{kind}"
        _drop_unfinished(connection, name)
        statement = sql.SQL("CREATE INDEX {} IF NOT EXISTS {} ON {} {}")
        connection.execute(statement.format(when, sql.Identifier(name), table, definition))
    connection.execute(sql.SQL("ANALYZE {}").format(table))


def _drop_unfinished(connection: Connection[Any], index: str) -> None:
    """An interrupted CREATE INDEX CONCURRENTLY leaves an index of that name which nothing uses."""
    query = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s)) AND NOT indisvalid"
    if connection.execute(query, [index]).fetchone():
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))


def conditions(owner: str, filters: dict[str, Any]) -> tuple[sql.Composable, list[Any]]:
    """A WHERE clause for one tenant and its arguments.

    Means the same as ``filters.matches``. mem0's own translation (``_build_filter_conditions``) compares ``true``
    with "True", and fails on a field that holds numbers in one memory and words in another.
    """
    clauses: list[sql.Composable] = [sql.SQL("{} = %s").format(OWNER)]
    arguments: list[Any] = [owner]
    content = dict(filters)
    if content.pop(UNEXPIRED, False):
        clauses.append(sql.SQL(f"NOT {EXPIRED}"))
    if browse := content.pop(BROWSE, None):
        narrowing, values = browsed(browse)
        clauses += narrowing
        arguments += values
    for field, condition in content.items():
        for operator, operand in comparisons(condition).items():
            clauses.append(sql.SQL(_COMPARISONS[operator]))
            arguments += [field, field, operand] if operator in _NUMERIC else [field, _operand(operand)]
    return sql.SQL(" AND ").join(clauses), arguments


def _operand(value: Any) -> Any:
    return [as_text(item) for item in value] if isinstance(value, list) else as_text(value)


def _where(filters: dict[str, Any] | None) -> tuple[sql.Composable, list[Any]]:
    content = dict(filters or {})
    owner = content.pop("user_id", None)
    if not isinstance(owner, str) or owner == "*":
        raise StoreError("mem0 asked for rows without naming a tenant.")
    return conditions(owner, content)
