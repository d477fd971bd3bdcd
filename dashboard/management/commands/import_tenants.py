"""``manage.py import_tenants FILE``: e-mail addresses, names and references of tenants, from a CSV file."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from dashboard.audit import AuditUnavailable
from dashboard.importing import Imported, import_tenants
from dashboard.management.progress import ProgressBar
from dashboard.tenant_files import BadRow, NotATenantFile, Row, read

DONE, BAD_ROWS, NOT_DONE = 0, 1, 2

_ROWS_BETWEEN_DRAWINGS = 5_000


class Command(BaseCommand):
    help = (
        "Insert or update tenants of the directory from a CSV file: UTF-8, with a header of user_id and optionally "
        "email, display_name and references (separated by semicolons). An empty cell leaves what is there. "
        "One bad row keeps the whole file out, unless --skip-bad. "
        "Exit 1 if there were bad rows, 2 if the file could not be read or taken in at all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--skip-bad", action="store_true", help="take the good rows although there are bad ones")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, file: Path, skip_bad: bool, json: bool, **_: Any) -> None:
        try:
            with file.open(encoding="utf-8-sig", newline="") as opened:
                done = import_tenants(_with_progress(opened), actor="command: import_tenants", skip_bad=skip_bad)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.", returncode=NOT_DONE) from error
        except (NotATenantFile, AuditUnavailable) as error:
            raise CommandError(f"{error} Nothing was written.", returncode=NOT_DONE) from error
        except Error as error:  # its message may quote the row
            raise CommandError(f"Nothing was written: {type(error).__name__}.", returncode=NOT_DONE) from None
        self.stdout.write(_json(done) if json else _sentence(done))
        if done.bad_rows:
            if not json:
                self.stderr.write(_problems(done))
            sys.exit(BAD_ROWS)


def _with_progress(file: TextIO) -> Iterator[Row | BadRow]:
    bar, size = ProgressBar("bytes"), os.fstat(file.fileno()).st_size
    try:
        for number, row in enumerate(read(file)):
            if number % _ROWS_BETWEEN_DRAWINGS == 0:
                bar(file.buffer.tell(), size)
            yield row
        bar(size, size)
    finally:
        bar.close()


def _json(done: Imported) -> str:
    bad = [asdict(row) for row in done.bad]
    return json.dumps({"written": done.written, **done.counts, "bad": bad}, indent=2)


def _sentence(done: Imported) -> str:
    if not done.written:
        return "Nothing was written."
    return (
        f"{done.rows:,} rows: {done.added:,} new tenants, {done.changed:,} changed; "
        f"{done.references_added:,} references added, {done.references_removed:,} removed."
    )


def _problems(done: Imported) -> str:
    lines = [f"Row {row.number}, {row.column}: {row.reason.rstrip('.')}." for row in done.bad]
    if (unlisted := done.bad_rows - len(done.bad)) > 0:
        lines.append(f"... and {unlisted:,} more bad rows.")
    advice = "They were left out." if done.written else "Mend them, or leave them out with --skip-bad."
    return "\n".join([*lines, f"{done.bad_rows:,} bad rows. {advice}"])
