"""Which stretches of a text are words of what was searched for, whatever their case and accents."""

import re
import unicodedata
from collections.abc import Iterator

SHORTEST = 3
"""Letters of a word that is marked; shorter ones (a, is, of) only where nothing else was searched for."""

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that write no spaces between words, or endings onto them."""


def marked(text: str, query: str) -> Iterator[tuple[str, bool]]:
    """The whole text in stretches, each with whether it is the beginning of a word that was searched for."""
    folded, kept = _folded(text)
    pattern = _pattern(query)
    end = 0
    for found in pattern.finditer(folded) if pattern else ():
        start, after = kept[found.start()], kept[found.end() - 1] + 1
        while after < len(text) and unicodedata.combining(text[after]):
            after += 1
        if start > end:
            yield text[end:start], False
        if after > max(start, end):
            yield text[max(start, end) : after], True
        end = max(after, end)
    if end < len(text):
        yield text[end:], False


def _pattern(query: str) -> re.Pattern[str] | None:
    words = set(_WORD.findall(_folded(query)[0]))
    long = {word for word in words if len(word) >= SHORTEST or _UNSPACED.search(word)} or words
    # The longest first, so that "food" does not take what "foodstuff" would.
    told = [re.escape(word) if _UNSPACED.search(word) else rf"(?<!\w){re.escape(word)}" for word in long]
    return re.compile("|".join(sorted(told, key=len, reverse=True))) if told else None


def _folded(text: str) -> tuple[str, list[int]]:
    """Without case and accents, and where each character stood."""
    plain = [
        (letter, at)
        for at, character in enumerate(text)
        for letter in unicodedata.normalize("NFKD", character).casefold()
        if not unicodedata.combining(letter)
    ]
    return "".join(letter for letter, _ in plain), [at for _, at in plain]
