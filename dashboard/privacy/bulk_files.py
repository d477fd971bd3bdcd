"""A list of people to erase, as a CSV file: read row by row, and refused row by row. Pure."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from memadmin.memory.identity import refusal

LARGEST = 5_000_000
"""Bytes of a file."""
MOST_ROWS = 10_000
COLUMNS = ("user_id", "ticket", "received_on", "note")
_LONGEST_TICKET = 64
_LONGEST_NOTE = 500


class NotAList(ValueError):
    """The whole file is unusable; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One person of a list."""

    number: int  # line of the file, from 1
    user_id: str
    ticket: str = ""
    received_on: date | None = None  # default: today
    note: str = ""
    problem: str = ""  # why it cannot be taken; "" if it can

    def refused(self, problem: str) -> "Row":
        """The same row with a reason against it; an earlier reason stands."""
        return self if self.problem else replace(self, problem=problem)


def parse(data: bytes, today: date) -> list[Row]:
    """The rows of a CSV file (UTF-8): one column without a header, or the columns that its header names.

    Raises:
        NotAList: too large, not UTF-8, no CSV, without ``user_id``, or without rows.
    """
    if len(data) > LARGEST:
        raise NotAList("The file is larger than 5 MB. Split it.")
    lines = _lines(data)
    columns = _columns(lines)
    rows = [_row(number, dict(zip(columns, cells, strict=False)), today) for number, cells in lines if any(cells)]
    if not rows:
        raise NotAList("There is no user_id in the file.")
    if len(rows) > MOST_ROWS:
        raise NotAList(f"The file has {len(rows):,} rows; at most {MOST_ROWS:,} are taken at once. Split it.")
    return list(_without_repetition(rows))


def _lines(data: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAList("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from None
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [(reader.line_num, [cell.strip(" ") for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise NotAList(f"The file is not CSV: {error}.") from None


def _columns(lines: list[tuple[int, list[str]]]) -> list[str]:
    """The header's columns, which it takes off; ``user_id`` alone where there is no header."""
    first = [name.casefold() for name in lines[0][1]] if lines else []
    if "user_id" not in first:
        if any(len(cells) > 1 for _, cells in lines):
            raise NotAList("A file with several columns needs a header: user_id, and what else there is.")
        return ["user_id"]
    if unknown := [name for name in first if name not in COLUMNS]:
        raise NotAList(f"There is no column “{unknown[0][:40]}”. Known ones: {', '.join(COLUMNS)}.")
    del lines[0]
    return first


_FIRST_PRINTABLE = 0x20


def _row(number: int, cells: dict[str, str], today: date) -> Row:
    values: dict[str, Any] = {"number": number, "user_id": cells.get("user_id", "")}
    problem = refusal(values["user_id"]) or ""
    values["ticket"], values["note"] = cells.get("ticket", ""), cells.get("note", "")
    if len(values["ticket"]) > _LONGEST_TICKET or len(values["note"]) > _LONGEST_NOTE:
        problem = problem or f"A ticket has at most {_LONGEST_TICKET} characters, a note {_LONGEST_NOTE}."
    if any(ord(character) < _FIRST_PRINTABLE for character in values["ticket"] + values["note"]):
        problem = problem or "Ticket and note may hold no control characters."
    try:
        values["received_on"] = date.fromisoformat(cells["received_on"]) if cells.get("received_on") else None
    except ValueError:
        problem = problem or "received_on is a date like 2026-03-01."
    if (received := values.get("received_on")) and received > today:
        problem = problem or "received_on lies in the future."
    return Row(**values, problem=problem)


def _without_repetition(rows: list[Row]) -> Iterator[Row]:
    first: dict[str, int] = {}
    for row in rows:
        seen = first.setdefault(row.user_id, row.number)
        yield row if seen == row.number else row.refused(f"The same person as in row {seen}.")
