"""Which words of a memory a search is shown to have matched."""

import pytest

from dashboard.marking import marked


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("Alice likes tea.", "TEA", "Alice likes [tea]."),
        ("Alice likes teapots.", "tea", "Alice likes [tea]pots."),
        ("Alice steals.", "tea", "Alice steals."),
        ("Une crème brûlée.", "creme brulee", "Une [crème] [brûlée]."),
        ("Un cafe\u0301 noir.", "café", "Un [cafe\u0301] noir."),
        ("Wohnt in der Hauptstraße.", "HAUPTSTRASSE", "Wohnt in der [Hauptstraße]."),
        ("Is it a is?", "is vegetarian", "Is it a is?"),
        ("It is.", "is", "It [is]."),
        ("今日は寿司を食べた", "寿司", "今日は[寿司]を食べた"),
        ("a+b (c", "(c", "a+b ([c]"),
        ("Tea, <b>tea</b>", "tea", "[Tea], <b>[tea]</b>"),
        ("Nothing.", "", "Nothing."),
        ("Nothing.", "!?", "Nothing."),
        ("", "tea", ""),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(text: str, query: str, shown: str) -> None:
    assert "".join(f"[{piece}]" if wanted else piece for piece, wanted in marked(text, query)) == shown


def test_nothing_is_lost() -> None:
    text = "ﬁne İstanbul ŉ e\u0301\u0301e ß" * 50
    assert "".join(piece for piece, _ in marked(text, "istanbul fine e ss s n")) == text
