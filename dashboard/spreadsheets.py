"""CSV that a spreadsheet shows and does not run. Knows nothing of the desk."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

BYTE_ORDER_MARK = "\ufeff"
"""Without it, spreadsheets take UTF-8 for something else."""

_CELL_BEGINS = r"(^|[,;\t\r\n])([\s\"]*)"  # also behind what a spreadsheet with other habits takes for a separator
_RUNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"  # and their fullwidth forms
_DANGEROUS = re.compile(rf"^(?=[\t\r\n])|{_CELL_BEGINS}(?=['{_RUNS}])")


def defused(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could take it for the beginning of a formula.

    Source of the rule: OWASP, "CSV Injection". An apostrophe that stands there already gets another one, so that all
    can be taken off again (``memadmin/verify_audit_export.py`` does).
    """
    return _DANGEROUS.sub(lambda found: f"{found[0]}'", text)


def rows(header: Iterable[str], cells: Iterable[Iterable[str]]) -> Iterator[str]:
    """Lines of CSV (RFC 4180), every cell defused and in quotes; the first is the header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    for row in cells:
        writer.writerow([defused(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()
