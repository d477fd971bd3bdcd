"""Words as people write them: to find who mentions somebody, and to take the mention out."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_NO_WORD = "[^A-Za-z0-9_]"


class Wording:
    """Whole words, whatever their case and however their accents are composed.

    Args:
        terms: names, e-mail addresses, ids; white space in them stands for any white space.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        words = [form.split() for term in terms for form in _composed(term)]
        self._words = sorted((word for word in words if word), key=lambda word: -len("".join(word)))  # longest first
        self._pattern = re.compile("|".join(map(_whole, self._words)) or r"(?!)")

    def __bool__(self) -> bool:
        return bool(self._words)

    def is_in(self, text: str) -> bool:
        """Whether any of the terms stands in the text."""
        return self._pattern.search(text) is not None

    def replace(self, text: str, replacement: str) -> str:
        """The text with each mention replaced."""
        return self._pattern.sub(lambda _: replacement, text)

    def likely(self) -> list[str]:
        """LIKE patterns for a text in lower case, of which one matches whatever ``coarse`` finds: faster."""
        return [f"%{'%'.join(map(_ascii, word))}%" for word in self._words]

    def coarse(self) -> str:
        """A regular expression for PostgreSQL that finds at least what ``is_in`` finds.

        It leans on no collation: that of the database may know no letters but ASCII's.
        """
        return "|".join(
            _edge(word[0][0], f"(?:^|{_NO_WORD})")
            + f"{_NO_WORD}+".join(map(_any_case, word))
            + _edge(word[-1][-1], f"(?:{_NO_WORD}|$)")
            for word in self._words
        )

    def __repr__(self) -> str:
        return f"<Wording of {len(self._words)} terms>"


def _composed(term: str) -> Iterator[str]:
    """An accent is part of its letter, or a character of its own: both are written."""
    yield from dict.fromkeys(unicodedata.normalize(form, term) for form in ("NFC", "NFD"))


def _whole(word: Sequence[str]) -> str:
    return _edge(word[0][0], r"(?<!\w)") + r"\s+".join(map(_any_case, word)) + _edge(word[-1][-1], r"(?!\w)")


def _edge(character: str, boundary: str) -> str:
    """Chinese and Japanese put no space between words, so nothing there tells where one ends."""
    return "" if unicodedata.east_asian_width(character) in {"W", "F"} else boundary


def _any_case(text: str) -> str:
    return "".join(map(_letter, text))


def _ascii(text: str) -> str:
    """What stays the same in every spelling: ASCII letters in lower case, digits and signs."""
    return re.sub(r"[^\x00-\x7f]+", "%", re.sub(r"[\\%_]", r"\\\g<0>", text)).lower()


def _letter(character: str) -> str:
    forms = dict.fromkeys([character, character.lower(), character.upper(), character.title(), character.casefold()])
    written = [re.escape(form) for form in forms]
    return written[0] if len(written) == 1 else f"(?:{'|'.join(written)})"
