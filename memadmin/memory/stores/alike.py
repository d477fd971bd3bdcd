"""What is like a given memory, where the vector store does not hand out the vector: its text is searched for."""

from memadmin.memory.browse import Selection
from memadmin.memory.records import Memory
from memadmin.memory.stores.base import Query

_LONGEST = 2_000
"""Characters of the text that are searched for; more says nothing more to an embedder."""
_MOST = 1_000
"""Hits in one search; the hosted platform's most."""


def by_text(memory: Memory, limit: int, *, include_expired: bool) -> Query | None:
    """A search for this memory's text, one hit more than wanted, since it finds the memory too; None without a text."""
    text = memory.text[:_LONGEST].strip()
    if not text:
        return None
    return Query(
        text=text,
        limit=min(limit + 1, _MOST),
        threshold=0.0,
        where=Selection(),
        include_expired=include_expired,
    )
