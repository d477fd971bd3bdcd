"""Filters on content. Identity belongs to the scope, so a filter that names it is refused.

mem0 merges nested ``AND`` conditions over the top-level ones (``_process_metadata_filters`` in
``mem0/memory/main.py``): a nested ``user_id`` would replace the scope's own. Filters here are flat.
"""

import json
import operator as operators
import re
from collections.abc import Callable, Mapping
from typing import Any

from memadmin.memory.errors import InvalidFilter
from memadmin.memory.records import RESERVED

OPERATORS = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "contains", "icontains"})
"""mem0's own comparison operators (``mem0.Memory.search``)."""

MAX_LENGTH = 10_000
"""Longest accepted filter, as JSON, in characters."""

Filters = Mapping[str, Any]

_IDENTITY = "user_id"


def checked(filters: Filters | None) -> dict[str, Any]:
    """Return a copy of a filter that stays inside one tenant.

    Args:
        filters: field -> value, list of values, or ``{operator: value}``; all must hold.
            ``agent_id``, ``run_id``, ``role`` and any metadata key may be named.

    Raises:
        InvalidFilter: names ``user_id`` or a key of the desk's own, uses a wildcard, a nested condition or an
            unknown operator.
    """
    if filters is None:
        return {}
    if not isinstance(filters, Mapping):
        raise InvalidFilter(f"A filter is a mapping of field to value, not {type(filters).__name__}.")
    if len(_as_json(filters)) > MAX_LENGTH:
        raise InvalidFilter(f"The filter is too long; at most {MAX_LENGTH} characters are accepted.")
    clean = {_checked_field(field): _checked_value(value) for field, value in filters.items()}
    if not all(_is_one_word(clean.get(field, "-")) for field in ("agent_id", "run_id")):
        raise InvalidFilter("agent_id and run_id are compared with one value without white space, as mem0 keeps them.")
    return clean


def matches(filters: Filters, payload: Mapping[str, Any]) -> bool:
    """Whether a memory's payload fulfils a checked filter, for stores that cannot filter by themselves.

    Values are compared as text; ``gt`` to ``lte`` compare numbers with numbers. A missing field never matches.
    """
    return all(
        _matches(operator, operand, payload.get(field))
        for field, condition in filters.items()
        for operator, operand in comparisons(condition).items()
    )


def comparisons(condition: Any) -> Mapping[str, Any]:
    """A checked condition as ``{operator: operand}``; every one of them must hold."""
    if isinstance(condition, Mapping):
        return condition
    return {"in": condition} if isinstance(condition, list) else {"eq": condition}


def as_text(value: Any) -> str:
    """A JSON value as PostgreSQL's ``->>`` gives it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(operator: str, operand: Any, kept: Any) -> bool:
    if kept is None:
        return False
    match operator:
        case "in":
            return as_text(kept) in map(as_text, operand)
        case "nin":
            return as_text(kept) not in map(as_text, operand)
        case "gt" | "gte" | "lt" | "lte":
            return is_number(kept) and _TEXT_OR_NUMBER[operator](kept, operand)
    return _TEXT_OR_NUMBER[operator](as_text(kept), as_text(operand))


_TEXT_OR_NUMBER: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operators.eq,
    "ne": operators.ne,
    "gt": operators.gt,
    "gte": operators.ge,
    "lt": operators.lt,
    "lte": operators.le,
    "contains": operators.contains,
    "icontains": lambda kept, operand: operand.lower() in kept.lower(),
}


def _is_one_word(value: object) -> bool:
    return isinstance(value, str | int) and re.fullmatch(r"\S+", str(value)) is not None


def _as_json(filters: Filters) -> str:
    try:
        text = json.dumps(dict(filters), ensure_ascii=False, allow_nan=False)
        text.encode()  # a lone surrogate is no text to any store
    except (TypeError, ValueError) as error:
        raise InvalidFilter("A filter holds plain JSON values only.") from error
    return text


def _checked_field(field: object) -> str:
    if not isinstance(field, str) or not field or "\0" in field:
        raise InvalidFilter("A filter's field is a name.")
    if field.strip().lower() == _IDENTITY:
        raise InvalidFilter("The scope already says whose memories these are; a filter may not name user_id.")
    if field.strip().lower().startswith(RESERVED):
        raise InvalidFilter(f"Names that begin with {RESERVED} are the desk's own; use Browse(restricted=...).")
    if field.startswith("$") or field.upper() in {"AND", "OR", "NOT"}:
        raise InvalidFilter("Nested conditions are not accepted; every field of a filter must hold.")
    return field


def _checked_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        if not value or not OPERATORS.issuperset(value):
            raise InvalidFilter(f"A comparison is one of: {', '.join(sorted(OPERATORS))}.")
        return {operator: _checked_operand(operator, operand) for operator, operand in value.items()}
    return _checked_list(value) if isinstance(value, list | tuple) else _checked_scalar(value)


def _checked_operand(operator: str, operand: Any) -> Any:
    if operator in {"in", "nin"}:
        if not isinstance(operand, list | tuple):
            raise InvalidFilter(f"“{operator}” takes a list of values.")
        return _checked_list(operand)
    if operator in {"gt", "gte", "lt", "lte"} and not is_number(operand):
        raise InvalidFilter(f"“{operator}” compares with a number.")
    return _checked_scalar(operand)


def _checked_list(values: Any) -> list[Any]:
    return [_checked_scalar(value) for value in values]


def _checked_scalar(value: Any) -> Any:
    if value is None or not isinstance(value, str | int | float | bool):
        raise InvalidFilter("A filter compares with text, numbers, true or false.")
    if isinstance(value, str) and (value.strip() == "*" or "\0" in value):
        raise InvalidFilter("“*” matches everything to mem0 and is refused as a filter value.")
    return value
