"""Who is mentioned: whole words, in any case, however accents are composed."""

import unicodedata
from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memadmin.memory import embedded
from memadmin.memory.wording import Wording

FOUND = """SELECT lower(%s COLLATE "C") LIKE ANY(%s) AND %s ~ %s"""
words = st.text(st.characters(categories=["L", "N", "P", "Zs", "Mn"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Alice", "My sister ALICE moved."),
        ("Alice", "I met Alice's cat."),
        ("alice@example.org", "Write to Alice@Example.org."),
        ("Alice Smith", "It was Alice\n  Smith who called."),
        ("Émile", "émile cooks."),
        ("Émile", unicodedata.normalize("NFD", "Émile cooks.")),
        ("Weiß", "Frau WEISS rief an."),
        ("c++", "She likes C++, and tea."),
        ("王小明", "我昨天见了王小明先生。"),
    ],
)
def test_a_mention_is_found(term: str, text: str) -> None:
    assert Wording([term]).is_in(text)


@pytest.mark.parametrize(
    ("term", "text"),
    [("Ann", "The annual meeting."), ("Ann", "Joann called."), ("a.ice", "alice"), ("Émile", "Émilée"), ("", "x")],
)
def test_a_part_of_a_word_is_no_mention(term: str, text: str) -> None:
    assert not Wording([term]).is_in(text)


def test_every_mention_is_replaced_the_longest_first() -> None:
    text = "Alice Smith and alice know \\1."
    assert Wording(["Alice", "Alice Smith"]).replace(text, "[removed]") == "[removed] and [removed] know \\1."


def test_its_repr_says_nothing_of_the_terms() -> None:
    assert "alice" not in repr(Wording(["alice"]))


@pytest.fixture(scope="module")
def database() -> "Iterator[psycopg.Connection[tuple[bool]]]":
    with psycopg.connect(embedded.url()) as connection:
        yield connection


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(term=words, before=words, after=words, case=st.sampled_from([str, str.upper, str.title]))
def test_postgresql_finds_at_least_what_counts(
    database: "psycopg.Connection[tuple[bool]]", term: str, before: str, after: str, case: Callable[[str], str]
) -> None:
    text = f"{before} {case(term)} {after}"
    wording = Wording([term])
    found = database.execute(FOUND, [text, wording.likely(), text, wording.coarse()]).fetchone()
    assert found
    assert found[0] or not wording.is_in(text)
