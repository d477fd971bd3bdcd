"""Differences between two wordings, word by word."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import wording
from dashboard.wording import Piece, changes

TEXTS = st.lists(st.sampled_from(["tea", "milk", "Émile", " ", "\n", ".", "-", "🍵"])).map("".join) | st.text()


def shown(old: str, new: str) -> str:
    marks = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(marks[piece.change].format(piece.text) for piece in changes(old, new))


@given(old=TEXTS, new=TEXTS)
def test_what_stayed_and_went_is_the_old_text_and_what_stayed_and_came_the_new(old: str, new: str) -> None:
    pieces = changes(old, new)
    assert "".join(piece.text for piece in pieces if piece.change != "added") == old
    assert "".join(piece.text for piece in pieces if piece.change != "removed") == new


@given(old=TEXTS, new=TEXTS)
def test_neighbouring_pieces_differ_in_kind_and_none_is_empty(old: str, new: str) -> None:
    pieces = changes(old, new)
    assert all(piece.text for piece in pieces)
    assert all(left.change != right.change for left, right in pairwise(pieces))


@given(text=TEXTS)
def test_an_unchanged_text_is_one_piece(text: str) -> None:
    assert changes(text, text) == ((Piece(text, "same"),) if text else ())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Lives in Lyon now.", "Lives in Nice now.", "Lives in [-Lyon-][+Nice+] now."),
        ("Likes tea", "Likes tea and milk", "Likes tea[+ and milk+]"),
        ("Likes tea and milk", "Likes milk", "Likes [-tea and -]milk"),
        ("drives a red car", "drives a blue bus", "drives a [-red car-][+blue bus+]"),
        ("vegetarian", "Vegetarian", "[-vegetarian-][+Vegetarian+]"),
        ("one  space", "one space", "one[-  -][+ +]space"),
        ("", "new", "[+new+]"),
        ("old", "", "[-old-]"),
    ],
)
def test_changes_are_told_in_whole_words(old: str, new: str, expected: str) -> None:
    assert shown(old, new) == expected


def test_long_texts_that_repeat_themselves_take_less_than_two_seconds() -> None:
    old, new = "tea milk " * 11_000, "milk tea cake " * 7_000
    start = time.process_time()
    changes(old, new)
    assert time.process_time() - start < 2


def test_beyond_the_limit_all_between_first_and_last_difference_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "LIMIT", 10)
    assert (
        shown("I like red tea a lot", "I love red tea so much a lot")
        == "I [-like red tea-][+love red tea so much+] a lot"
    )


def test_the_text_is_not_in_the_repr_of_a_piece() -> None:
    assert "Lyon" not in repr(changes("Lyon", "Nice"))
