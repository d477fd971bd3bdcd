"""What staff narrow a list by, and the overview, as SQL on mem0's payload. Means the same as ``browse.py``.

Times are compared as times: older mem0 versions wrote other offsets or none (meaning UTC). A payload is whatever an
application put there, so nothing is cast before a pattern has said that the cast cannot fail.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from psycopg import sql

from memadmin.memory.browse import Browse
from memadmin.memory.overview import MOST_NAMES, Overview
from memadmin.memory.records import parse_time
from memadmin.memory.stores.restricting import MARKER

# [0-9] and not \d, which takes other scripts' digits too.
_DAY = "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_TODAY = "to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD')"


def _moment(text: str) -> str:
    """A text as a time; NULL where it is none. The month says whether it has such a day."""
    month = f"to_date(left({text}, 7), 'YYYY-MM') + interval '1 month - 1 day'"
    return f"""CASE WHEN {_is_usual(text)} THEN {text}::timestamptz
        WHEN {text} ~ '^{_DAY}([T ]{_TIME}{_OFFSET}?)?$' THEN
        CASE WHEN substr({text}, 9, 2)::int > extract(day FROM {month}) THEN NULL
             WHEN {text} ~ ':.*{_OFFSET}$' THEN {text}::timestamptz
             ELSE {text}::timestamp AT TIME ZONE 'UTC' END END"""


def _is_usual(text: str) -> str:
    """Whether mem0 2 wrote it; the same as the patterns would say, at a third of their cost."""
    ranges = {1: ("1", "2"), 6: ("01", "12"), 9: ("01", "28"), 12: ("00", "23"), 15: ("00", "59"), 18: ("00", "59")}
    parts = [
        f"""substr({text}, {start}, {len(low)}) COLLATE "C" BETWEEN '{low}' AND '{high}'"""
        for start, (low, high) in ranges.items()
    ]
    shape = f"translate({text}, '123456789', '000000000') = '0000-00-00T00:00:00.000000+00:00'"
    return " AND ".join([shape, *parts])


_CREATED = _moment("(payload->>'created_at')")
_SHAPE_OF_DAY = "translate(payload->>'expiration_date', '123456789', '000000000') = '0000-00-00'"
_LAST_DAY = f"CASE WHEN {_SHAPE_OF_DAY} THEN payload->>'expiration_date' END"
EXPIRED = f"coalesce({_LAST_DAY} < {_TODAY}, false)"
_MARKED = f"""coalesce(starts_with(payload->>'{MARKER}', '["' || (payload->>'expiration_date') || '"'), false)"""
RESTRICTED = f"({EXPIRED} AND {_MARKED})"
# A text, or a list of texts; jsonb's "?" would take the keys of a mapping too.
_CATEGORIES = "jsonb_path_query_array(jsonb_build_array(payload->'category', payload->'categories'), '$[*][*]')"


def browsed(browse: Browse) -> tuple[list[sql.Composable], list[Any]]:
    """Conditions and their arguments."""
    wanted = [
        ("payload->>'agent_id' = %s", browse.agent_id),
        ("payload->>'run_id' = %s", browse.run_id),
        (f"{_CREATED} >= %s", browse.since),
        (f"{_CREATED} < %s", browse.until),
        (f"{EXPIRED} = %s", browse.expired),
        (f"{RESTRICTED} = %s", browse.restricted),
        (f"{_CATEGORIES} @> to_jsonb(%s::text)", browse.category),
    ]
    given = [(clause, value) for clause, value in wanted if value is not None]
    return [sql.SQL(clause) for clause, _ in given], [value for _, value in given]


def _named(kind: str, column: str, source: str = "own") -> str:
    return f"""
        (SELECT '{kind}', {column}, count(*) FROM {source} WHERE {column} IS NOT NULL
         GROUP BY {column} ORDER BY count(*) DESC, {column} COLLATE "C" LIMIT {MOST_NAMES})
        UNION ALL SELECT 'names', '{kind}', count(DISTINCT {column}) FROM {source}
    """


def _number(kind: str, condition: str = "true") -> str:
    return f"SELECT 'number', '{kind}', count(*) FILTER (WHERE {condition}) FROM own"


def _at(kind: str, moment: str) -> str:
    return (
        f"""SELECT '{kind}', to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), 0 FROM own"""
    )


_OVERVIEW = f"""
    WITH texts AS MATERIALIZED (  -- taken out of the payload once: that costs more than what follows
        SELECT id, payload->>'created_at' AS created_at, payload->>'updated_at' AS updated_at,
            nullif(payload->>'agent_id', '') AS agent, nullif(payload->>'run_id', '') AS run,
            {_LAST_DAY} AS last_day, {RESTRICTED} AS restricted, {_CATEGORIES} AS categories
        FROM <vectors> WHERE (payload->>'user_id') = %(owner)s
    ), own AS MATERIALIZED (
        SELECT *, {_moment("created_at")} AS created, {_moment("updated_at")} AS updated FROM texts
    ), months AS (
        SELECT to_char(created AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS number
        FROM own WHERE created IS NOT NULL GROUP BY 1
    ), categories AS (
        SELECT DISTINCT id, name #>> '{{}}' AS name
        FROM own, jsonb_array_elements(own.categories) AS name WHERE jsonb_typeof(name) = 'string'
    )
    SELECT 'month', month, number FROM months
    UNION ALL {_named("agent", "agent")}
    UNION ALL {_named("run", "run")}
    UNION ALL {_named("category", "name", "categories")}
    UNION ALL {_number("total")}
    UNION ALL {_number("expired", "last_day < %(today)s")}
    UNION ALL {_number("soon", "last_day BETWEEN %(today)s AND %(soon)s")}
    UNION ALL {_number("restricted", "restricted")}
    UNION ALL {_at("first", "min(created)")}
    UNION ALL {_at("last", "greatest(max(created), max(updated))")}
"""


def overview_of(vectors: sql.Identifier) -> sql.Composed:
    """The statement for :func:`counted`; its arguments are owner, today and soon."""
    before, after = _OVERVIEW.split("<vectors>")
    return sql.SQL(before) + vectors + sql.SQL(after)


def counted(rows: Iterable[tuple[str, str | None, int]]) -> Overview:
    """What the database counted, put together."""
    kinds: dict[str, Counter[str]] = {
        kind: Counter() for kind in ("month", "agent", "run", "category", "number", "names", "first", "last")
    }
    for kind, name, number in rows:
        kinds[kind][name or ""] = number
    first, last = (parse_time(next(iter(kinds[kind]))) for kind in ("first", "last"))
    return Overview.counted(kinds["number"], kinds, kinds["names"], first=first, last=last)
