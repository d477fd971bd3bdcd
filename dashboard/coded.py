"""Codes that are stored, each with a sentence for readers."""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A stored value with its sentence: ``DONE = "done", "It is done."``"""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """For form fields: value and sentence."""
        return [(member.value, member.sentence) for member in cls]
