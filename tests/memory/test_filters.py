"""Filters say something about content and nothing about whose it is."""

from typing import Any

import pytest

from memadmin.memory import InvalidFilter
from memadmin.memory.filters import OPERATORS, checked, matches

REFUSED: dict[str, Any] = {
    "names the tenant": {"user_id": "u_bob"},
    "names a key of the desk's own": {"memadmin_restricted": {"contains": "2026"}},
    "names everybody": {"user_id": "*"},
    "names the tenant in capitals": {"USER_ID": "u_bob"},
    "names the tenant with blanks": {" user_id ": "u_bob"},
    "AND": {"AND": [{"user_id": "u_bob"}]},
    "or, in small letters": {"or": [{"user_id": "u_bob"}]},
    "NOT": {"NOT": [{"topic": "food"}]},
    "mem0's inner OR": {"$or": [{"user_id": "u_bob"}]},
    "an inner key of our own": {"$unexpired": False},
    "everything as a value": {"topic": "*"},
    "everything with blanks": {"topic": " * "},
    "everything in a list": {"topic": ["food", "*"]},
    "everything in an operator": {"topic": {"eq": "*"}},
    "an unknown operator": {"topic": {"like": "food"}},
    "no operator": {"topic": {}},
    "a nested mapping": {"topic": {"eq": {"user_id": "u_bob"}}},
    "in without a list": {"topic": {"in": "food"}},
    "more than a word": {"weight": {"gt": "3"}},
    "more than a truth": {"weight": {"gt": True}},
    "a list in a list": {"topic": [["food"]]},
    "nothing as a value": {"topic": None},
    "a field that is no text": {7: "food"},
    "an empty field": {"": "food"},
    "NUL in a field": {"to\0pic": "food"},
    "NUL in a value": {"topic": "fo\0od"},
    "NUL in a list": {"topic": ["fo\0od"]},
    "a lone surrogate in a value": {"topic": "fo\ud800od"},
    "a lone surrogate in a field": {"to\ud800pic": "food"},
    "not a number": {"weight": float("nan")},
    "infinity": {"weight": {"lt": float("inf")}},
    "bytes": {"topic": b"food"},
    "several agents": {"agent_id": ["chef", "guide"]},
    "not this agent": {"agent_id": {"ne": "chef"}},
    "an agent with a blank": {"agent_id": "chef guide"},
    "an agent without a name": {"run_id": ""},
    "too long": {"topic": "x" * 10_001},
    "not a mapping": [("topic", "food")],
    "text": "topic=food",
}


@pytest.mark.parametrize("filters", REFUSED.values(), ids=REFUSED)
def test_a_filter_that_could_reach_beyond_content_is_refused(filters: Any) -> None:
    with pytest.raises(InvalidFilter):
        checked(filters)


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_is_accepted(operator: str) -> None:
    operand: Any = {"in": [1], "nin": [1]}.get(operator, 1)
    assert checked({"weight": {operator: operand}}) == {"weight": {operator: operand}}


def test_no_filter_is_an_empty_one() -> None:
    assert checked(None) == checked({}) == {}


def test_what_was_checked_is_a_copy() -> None:
    mine: dict[str, Any] = {"topic": ["food"]}
    clean = checked(mine)
    mine["topic"].append("*")
    mine["user_id"] = "u_bob"
    assert clean == {"topic": ["food"]}


def test_a_missing_field_never_matches() -> None:
    assert not matches({"topic": {"ne": "food"}}, {})
    assert not matches({"topic": {"nin": ["food"]}}, {"topic": None})


def test_all_conditions_must_hold() -> None:
    payload = {"topic": "food", "weight": 3}
    assert matches({"topic": "food", "weight": {"gt": 2, "lt": 4}}, payload)
    assert not matches({"topic": "food", "weight": {"gt": 2, "lt": 3}}, payload)


def test_values_are_compared_as_text() -> None:
    assert matches({"weight": "3", "urgent": "true"}, {"weight": 3, "urgent": True})
    assert not matches({"urgent": "True"}, {"urgent": True})
