"""Which user_ids are accepted, and which are refused."""

import enum
import pickle
from typing import Any

import pytest

from memadmin.memory import InvalidUserId, MemoryScopeError, UserId

ACCEPTED = {
    "plain": "u_alice",
    "an e-mail address": "alice@example.org",
    "one character": "a",
    "a number in text": "0",
    "looks like a scope": "alice&user_id=bob",
    "a LIKE pattern": "%",
    "an escaped star": "%2A",
    "two stars": "**",
    "a star and more": "*alice",
    "SQL": "';DROP/**/TABLE/**/memories;--",
    "a path": "../../etc/passwd",
    "a word of JSON": "null",
    "an emoji": "\N{GRINNING FACE}",
    "a joined emoji": "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}",
    "another script": "\u0645\u0631\u06cc\u0645",
    "the longest": "\N{GRINNING FACE}" * 255,
}

REFUSED: dict[str, Any] = {
    "everybody": "*",
    "everybody, with blanks": " * ",
    "empty": "",
    "blank": " ",
    "only tabs": "\t\t",
    "a blank before": " alice",
    "a blank after": "alice ",
    "a blank within": "al ice",
    "a no-break space": "al\u00a0ice",
    "an ideographic space": "al\u3000ice",
    "a line break": "alice\n",
    "NUL": "al\0ice",
    "a control character": "al\x1bice",
    "a C1 control character": "al\x85ice",
    "a lone surrogate": "al\ud800ice",
    "a right-to-left override": "al\u202eice",
    "a right-to-left mark": "alice\u200f",
    "an isolate": "al\u2066ice",
    "a zero-width space": "al\u200bice",
    "a byte order mark": "\ufeffalice",
    "a soft hyphen": "al\u00adice",
    "too long by one": "a" * 256,
    "nothing": None,
    "a number": 7,
    "zero": 0,
    "true": True,
    "bytes": b"alice",
    "a list": ["alice"],
    "a mapping": {"user_id": "alice"},
}


@pytest.mark.parametrize("value", ACCEPTED.values(), ids=ACCEPTED)
def test_an_id_that_names_one_person_is_taken_as_it_is(value: str) -> None:
    assert UserId.parse(value) == value


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_an_id_that_does_not_name_one_person_is_refused(value: Any) -> None:
    with pytest.raises(InvalidUserId):
        UserId.parse(value)


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_the_type_itself_cannot_be_made_around_the_check(value: Any) -> None:
    with pytest.raises(InvalidUserId):
        UserId(value)


def test_ids_that_differ_in_case_or_composition_are_different_people() -> None:
    assert len({UserId.parse(value) for value in ("alice", "Alice", "\u00e9", "e\u0301")}) == 4


def test_an_id_out_of_an_enumeration_is_its_value() -> None:
    class Person(str, enum.Enum):  # noqa: UP042 - this one prints as "Person.ALICE"
        ALICE = "u_alice"

    assert str(UserId.parse(Person.ALICE)) == "u_alice"


def test_a_string_that_prints_as_everybody_does_not_become_everybody() -> None:
    class Chameleon(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "*"

    assert UserId.parse(Chameleon("u_alice")) == "u_alice"


def test_an_accepted_id_stays_checked_through_a_pickle() -> None:
    again = pickle.loads(pickle.dumps(UserId.parse("u_alice")))  # noqa: S301 - our own
    assert type(again) is UserId
    assert again == "u_alice"


def test_a_refusal_says_what_to_do_and_does_not_repeat_the_id() -> None:
    with pytest.raises(ValueError, match=r"pasting") as caught:
        UserId.parse("al\u202eice-secret")
    assert isinstance(caught.value, MemoryScopeError)
    assert "secret" not in str(caught.value)
