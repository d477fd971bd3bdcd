"""The one place where a user_id is accepted or refused.

mem0 treats ``*`` as everybody, trims ends, turns numbers into strings and refuses white space
(``mem0/memory/main.py``, ``_validate_and_trim_entity_id``). Two spellings of one id would be one
tenant to mem0 and two to an auditor, so nothing is repaired here: an id is taken as it is, or refused.
"""

import unicodedata
from typing import Self

from memadmin.memory.errors import InvalidUserId

MAX_LENGTH = 255
"""Longest accepted user_id, in characters."""

# Cc control, Cs lone surrogate, Zs/Zl/Zp any white space: unusable in mem0 or in a text column.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zs", "Zl", "Zp"})
# Marks and letters that show nothing, or reorder what is shown, so that two ids look the same to a reader (Unicode's
# Default_Ignorable_Code_Point and the blank letters). The zero-width (non-)joiner and the variation selectors stay
# allowed: emoji and several scripts need them.
_INVISIBLE = frozenset(
    chr(code)
    for first, last in (
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
        (0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164),
        (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xE0000, 0xE00FF), (0xE01F0, 0xE0FFF),
    )
    for code in range(first, last + 1)
)  # fmt: skip


class UserId(str):
    """A user_id that names exactly one tenant: there is no other way to make one than through the check."""

    __slots__ = ()

    def __new__(cls, value: object) -> Self:
        """As :meth:`parse`."""
        if not isinstance(value, str):
            raise InvalidUserId(f"A user_id is a string, not {type(value).__name__}.")
        plain = str.__str__(value)  # a subclass, such as an enum, may print as something else
        if problem := refusal(plain):
            raise InvalidUserId(problem)
        return super().__new__(cls, plain)

    @classmethod
    def parse(cls, value: object) -> "UserId":
        """Accept a user_id as it stands.

        Args:
            value: what mem0 calls ``user_id``; 1 to 255 characters, case-sensitive.

        Raises:
            InvalidUserId: not a string, empty, longer than 255 characters, ``*``, or with white
                space, control characters, lone surrogates or invisible marks.
        """
        return cls(value)


def refusal(value: str) -> str | None:
    """Why this string is no user_id, as a sentence; ``None`` if it is one."""
    if not value.strip():
        return "The user_id is empty. Enter the id of one person."
    if value.strip() == "*":
        return "“*” means everybody to mem0 and is refused. Enter the id of one person."
    if len(value) > MAX_LENGTH:
        return f"The user_id is {len(value)} characters long; at most {MAX_LENGTH} are accepted."
    if any(char in _INVISIBLE for char in value):
        return "The user_id contains an invisible or text-reordering character. Type the id instead of pasting it."
    if any(unicodedata.category(char) in _REFUSED_CATEGORIES for char in value):
        return "The user_id contains white space or control characters, which mem0 does not accept."
    return None


DRILL, PROOF = "memadmin-drill-", "memadmin-proof-"
"""How the user_ids of made-up people begin, who are written and removed to prove something of a real store."""


def is_made_up(user_id: str) -> bool:
    """Whether this id is nobody's: such people are in no directory, and nobody's neighbours."""
    return user_id.startswith((DRILL, PROOF))
