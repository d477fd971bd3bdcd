"""Looking for earlier wordings of a memory after a correction.

A wording is found where it stands as a whole, whatever the case, the composition of accents and the white space; single
words of it may well stay. What mem0 derives from the text (``text_lemmatized``, ``hash``) is compared with what it
derives from the present one (``mem0/memory/main.py``, ``_update_memory``).
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from memadmin.memory.wording import Wording

_BOOKKEEPING = frozenset(
    {
        "id", "user_id", "agent_id", "run_id", "actor_id", "role", "created_at", "updated_at", "expiration_date",
        "memadmin_restricted",
    }
)  # fmt: skip
_LIKELY_LENGTH = 200
"""Characters of a wording that PostgreSQL compares; the rest is compared here."""


def says(text: str, wording: str) -> bool:
    """Whether a wording stands in a text as a whole."""
    whole, part = _plain(text), _plain(wording)
    start = whole.find(part) if part else -1
    while start >= 0:
        end = start + len(part)
        if _breaks(whole[:start], part) and _breaks(part, whole[end:]):
            return True
        start = whole.find(part, start + 1)
    return False


def says_any(text: str, wordings: Iterable[str]) -> bool:
    return any(says(text, wording) for wording in wordings)


def lingers(payload: Mapping[str, Any], text: str, wordings: Collection[str]) -> bool:
    """Whether the row of a memory with this text still tells any of these wordings, in whatever field.

    Import mem0 with ``load_mem0`` before.
    """
    from mem0.utils.lemmatization import lemmatize_for_bm25  # noqa: PLC0415

    rest = {key: value for key, value in payload.items() if key not in _BOOKKEEPING}
    if rest.get("hash") in {_digest(wording) for wording in wordings}:
        return True
    if rest.get("data") == text:
        del rest["data"]
    lemmatized = rest.pop("text_lemmatized", None)
    if isinstance(lemmatized, str) and lemmatized != lemmatize_for_bm25(text):
        forms = {form for wording in wordings for form in (wording, lemmatize_for_bm25(wording))}
        if says_any(lemmatized, forms):
            return True
    return any(says_any(value, wordings) for value in _texts(rest))


def told_by(own: int, others: int) -> str:
    """Where earlier wordings are still found beside the text of a memory; "" if nowhere.

    Args:
        own: 1 if another field of the memory tells one. others: memories of the same person that say one.
    """
    itself = "This memory's own metadata still tells it." if own else ""
    elsewhere = f"{others} other memories of this person say the same in their text." if others else ""
    return f"{itself} {elsewhere}".strip()


def outlived(entity: Mapping[str, Any], memory_id: str, *, names: Collection[str], text: str, wordings: Any) -> bool:
    """Whether an entity row tells of this memory what only its earlier wordings said.

    Args:
        entity: its payload. names: what mem0 finds in the present text. text: the present text.
        wordings: the earlier ones; an entity that links to no memory (any more) is theirs if one of them names it.
    """
    name = str(entity.get("data") or "")
    if says(text, name) or _plain(name) in {_plain(other) for other in names}:
        return False
    linked = entity.get("linked_memory_ids") or []
    return memory_id in linked or (not linked and any(says(wording, name) for wording in wordings))


def names_in(text: str) -> list[str]:
    """The entities that mem0 finds in a text; none without spaCy. Import mem0 with ``load_mem0`` before."""
    import mem0.memory.main as pipeline  # noqa: PLC0415

    return [name for _, name in pipeline.extract_entities(text)]


def likely(wordings: Iterable[str]) -> list[str]:
    """LIKE patterns for a text in lower case, of which one matches whatever ``says_any`` finds."""
    return [pattern for wording in wordings for pattern in Wording([wording[:_LIKELY_LENGTH]]).likely()]


def _breaks(before: str, after: str) -> bool:
    """Whether a word may end between two texts."""
    if not before or not after:
        return True
    wide = unicodedata.east_asian_width(before[-1]) in {"W", "F"}  # no spaces between words there
    return wide or not (before[-1].isalnum() and after[0].isalnum())


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # mem0's own key for the same text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
