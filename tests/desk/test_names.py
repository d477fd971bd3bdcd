"""How names are folded for the look-up. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models.names import LONGEST, MOST_WORDS, fold, name_keys, spellings


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("José  MÜLLER", "jose muller"),
        ("Straße", "strasse"),
        ("O´Brien-Søndergaard", "obrien sondergaard"),
        ("Ngô Thị Ánh", "ngo thi anh"),
        ("İpek Işık", "ipek isik"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}my", "amy"),
        ("Παπαδόπουλος", "παπαδοπουλοσ"),
        ("100%", "100"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_a_name_is_compared_without_case_accents_and_punctuation(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text(max_size=LONGEST))
def test_every_key_of_any_name_fits_its_column_and_is_one_line(name: str) -> None:
    keys = name_keys(name)
    assert len(keys) <= MOST_WORDS * 4  # two letters like ü, each as u or as ue
    assert all(key and len(key) <= LONGEST and "\n" not in key for key in keys)


@given(st.text(max_size=80))
def test_upper_and_lower_case_of_any_ascii_name_are_one(name: str) -> None:
    plain = name.encode("ascii", "ignore").decode()
    assert fold(plain.upper()) == fold(plain.lower())


def test_a_name_can_be_begun_at_each_of_its_words_once() -> None:
    assert name_keys("Anna Maria Anna") == ["anna maria anna", "maria anna anna", "anna anna maria"]
    assert name_keys("Anna Anna") == ["anna anna"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Jörg Müller", ["jorg muller", "joerg muller", "jorg mueller", "joerg mueller"]),
        ("Mu\u0308ller", ["muller", "mueller"]),
        ("Søndergaard", ["sondergaard", "soendergaard"]),
        ("\N{ANGSTROM SIGN}se", ["ase", "aase"]),
        ("Ödön Ülkü Åse", ["odon ulku ase", "oedoen uelkue aase"]),
        ("Weiß", ["weiss"]),
        ("Joel Aaron", ["joel aaron"]),
        ("José", ["jose"]),
    ],
)
def test_letters_that_are_also_written_as_two_have_two_spellings(name: str, written: list[str]) -> None:
    assert spellings(name) == written


def test_a_name_can_be_begun_at_each_word_of_each_spelling() -> None:
    assert name_keys("Anna Müller") == ["anna muller", "muller anna", "anna mueller", "mueller anna"]
