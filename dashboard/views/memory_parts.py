"""A memory's page in parts, numbered from its text through its metadata to its history.

What is veiled is revealed by its number, one part at a time.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from dashboard import rectification
from dashboard.templatetags.memories import as_text, shown_parts, unlinked
from dashboard.veiling import Part
from memadmin.memory import Change, Memory

LONGEST_VALUE = 1_000
"""Characters of a value of metadata that are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A part on the page."""

    number: int
    part: Part
    revealed: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in the history, and what is veiled in it, each stretch once."""

    change: Change
    veiled: list[Shown]


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryParts:
    """What the page of a memory shows."""

    text: list[Shown]
    metadata: list[tuple[list[Shown], list[Shown]]]  # names and values
    history: list[Entry]
    older: int  # changes in the history that are left out
    seen: str  # tells whether all of it is still as it was seen

    def revealed(self) -> Shown | None:
        """The part that is revealed; None if nothing is, or if that was not veiled."""
        pairs = (side for pair in self.metadata for side in pair)
        everything = (self.text, *pairs, *(entry.veiled for entry in self.history))
        return next((one for some in everything for one in some if one.revealed and one.part.kind), None)


def parts_of(
    memory: Memory, history: Sequence[Change], *, most: int | None = None, revealed: int | None = None
) -> MemoryParts:
    """Cut a memory into parts. The newest changes have the lowest numbers, the same ones however many are shown.

    Args:
        most: the newest changes that are shown; the default shows all.
        revealed: number of the part that is shown as it is; the default veils all.
    """
    newest_first = history[::-1][:most]
    numbers = count()

    def numbered(parts: Iterable[Part]) -> list[Shown]:
        return [Shown(number, part, number == revealed) for part, number in zip(parts, numbers, strict=False)]

    return MemoryParts(
        text=numbered(shown_parts(memory.text)),
        metadata=[
            (numbered(shown_parts(name, LONGEST_VALUE)), numbered(shown_parts(as_text(value), LONGEST_VALUE)))
            for name, value in sorted(unlinked(memory.metadata).items())
        ],
        history=[Entry(change, numbered(_veiled_in(change))) for change in newest_first][::-1],
        older=len(history) - len(newest_first),
        seen=_fingerprint(memory, history),
    )


def _veiled_in(change: Change) -> Iterator[Part]:
    parts = [part for text in (change.old_text, change.new_text) if text for part in shown_parts(text)]
    return (part for part in dict.fromkeys(parts) if part.kind)


def _fingerprint(memory: Memory, history: Sequence[Change]) -> str:
    changes = [[change.id, change.old_text, change.new_text] for change in history]
    told = [rectification.fingerprint(memory), dict(memory.metadata), changes]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
