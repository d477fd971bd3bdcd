"""Tenants in a CSV file, as other systems export them: read row by row, and refused row by row. Pure."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from memadmin.memory.identity import refusal

COLUMNS = ("user_id", "email", "display_name", "references")
BETWEEN_REFERENCES = ";"
_LONGEST = {"email": 254, "display_name": 255, "references": 128}  # as in models/tenant.py
# What nearly all cells are, in one look: nothing to object to. The others are looked at closely.
_PLAIN = {
    "user_id": re.compile(r"[!-)+-~]{1,255}").fullmatch,
    "email": re.compile(r"[!-?A-~]{1,120}@[!-?A-~]{1,120}").fullmatch,
    "display_name": re.compile(r"[ -~]{1,255}").fullmatch,
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class NotATenantFile(ValueError):
    """The whole file is unusable; the message says why."""


class Row(NamedTuple):  # made faster than a frozen dataclass, millions of times
    """One tenant; "" and () where the file says nothing."""

    number: int  # line of the file, from 1
    user_id: str
    email: str = ""
    display_name: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRow:
    """Why a row cannot be taken. Never what it says: that is personal data, and this is printed."""

    number: int
    column: str
    reason: str


def read(file: TextIO) -> Iterator[Row | BadRow]:
    """The rows after the header, one by one; blank lines are passed over.

    Args:
        file: opened with ``newline=""``; UTF-8, a byte order mark does no harm (``utf-8-sig``).

    Raises:
        NotATenantFile: no header with ``user_id``, not UTF-8, or no CSV; maybe in the middle of the file.
    """
    lines = csv.reader(file, strict=True)
    try:
        columns = _columns(next(lines, []))
        yield from (_row(lines.line_num, columns, cells) for cells in lines if any(cells))
    except UnicodeDecodeError:
        raise NotATenantFile("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from None
    except csv.Error as error:
        raise NotATenantFile(f"The file is not CSV at line {lines.line_num}: {error}.") from None


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip().casefold() for name in header]
    if "user_id" not in columns:
        raise NotATenantFile("The first line has to name the columns, with commas between them; user_id is missing.")
    for position, name in enumerate(columns, start=1):
        if name not in COLUMNS or name in columns[: position - 1]:  # not quoted: it may be somebody's data
            raise NotATenantFile(f"Column {position} is unknown or a repetition. Known ones: {', '.join(COLUMNS)}.")
    return columns


def _row(number: int, columns: list[str], cells: list[str]) -> Row | BadRow:
    if len(cells) != len(columns):
        count = f"the row has {len(cells)} cells, the header {len(columns)}"
        return BadRow(number=number, column="all", reason=count)
    values = dict(zip(columns, [cell.strip(" ") for cell in cells], strict=True))
    references = _apart(values.pop("references", ""))
    for column, value in values.items():
        if value and not _PLAIN[column](value) and (reason := _problem(column, value)):
            return BadRow(number=number, column=column, reason=reason)
    for reference in references:
        if reason := _problem("references", reference):
            return BadRow(number=number, column="references", reason=reason)
    if not values["user_id"]:
        return BadRow(number=number, column="user_id", reason="is empty")
    return Row(number=number, references=references, **values)


def _apart(references: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in references.split(BETWEEN_REFERENCES) if part.strip()) if references else ()


def _problem(column: str, value: str) -> str | None:
    if column == "user_id":
        return refusal(value)
    if len(value) > _LONGEST[column]:
        return f"is {len(value):,} characters long; at most {_LONGEST[column]} are accepted"
    if not value.isprintable() and any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        return "contains control characters"
    if column == "email" and not _EMAIL.fullmatch(value):
        return "is no e-mail address"
    return None
