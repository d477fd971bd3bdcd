"""A page cursor is good for the tenant it was made for, unaltered, and for nobody else."""

import base64
from typing import Any

import pytest

from memadmin.memory import InvalidCursor, UserId
from memadmin.memory.cursors import _check, decode, encode
from memadmin.memory.records import Position

ALICE, BOB = UserId("u_alice"), UserId("u_bob")
POSITION = Position("2026-01-02T03:04:05.678901+00:00", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")


def test_a_cursor_comes_back_as_it_went() -> None:
    assert decode(ALICE, encode(ALICE, POSITION)) == POSITION


def test_a_memory_without_a_time_has_a_cursor_too() -> None:
    assert decode(ALICE, encode(ALICE, Position("", POSITION.id))) == Position("", POSITION.id)


def test_a_cursor_does_not_show_whose_it_is() -> None:
    raw = base64.urlsafe_b64decode(encode(ALICE, POSITION) + "==")
    assert b"u_alice" not in raw


def test_another_tenants_cursor_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        decode(BOB, encode(ALICE, POSITION))


def test_a_cursor_of_other_filters_is_refused() -> None:
    cursor = encode(ALICE, POSITION, b"one")
    assert decode(ALICE, cursor, b"one") == POSITION
    for under in (b"", b"other"):
        with pytest.raises(InvalidCursor):
            decode(ALICE, cursor, under)


@pytest.mark.parametrize("place", range(0, len(encode(ALICE, POSITION)), 7))
def test_a_cursor_with_one_changed_character_is_refused(place: int) -> None:
    cursor = encode(ALICE, POSITION)
    changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
    with pytest.raises(InvalidCursor):
        decode(ALICE, changed)


def _signed(body: bytes) -> str:
    return base64.urlsafe_b64encode(_check(ALICE, body) + body).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "=", "not a cursor", "\N{GRINNING FACE}", "a\0b", "A" * 100_000, encode(ALICE, POSITION)[:-1],
        _signed(b""), _signed(b"{}"), _signed(b'["one"]'), _signed(b"[1,2,3]"), _signed(b"null"), _signed(b"\xff"),
        _signed(b"[" * 100_000), 7, b"bytes", ["list"],
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_what_is_no_cursor_is_refused_with_what_to_do(cursor: Any) -> None:
    with pytest.raises(InvalidCursor, match="first page"):
        decode(ALICE, cursor)
