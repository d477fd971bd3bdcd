"""Events with their proof, for somebody who does not trust this desk.

Between two checkpoints the export has every event: the wanted ones in full, of the others only the content hash, which
says nothing about them but lets the chain be followed to the signed checkpoint. ``memadmin/verify_audit_export.py``
checks it. An export ends at a checkpoint, since nothing proves what comes later. Lines, in order:

    header       what this is: the filter, the last event considered, how many came later and are left out
    start        sequence number and hash that the next line continues
    event        the fields of ``encoding.FIELDS`` as they were hashed, both hashes; the note where it was asked for
    withheld     sequence number and content hash
    checkpoint   signed: the chain up to here is what the desk had written then
    end          numbers of events and checkpoints; a file without it was cut off
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils import timezone

from dashboard import spreadsheets
from dashboard.audit import checkpoints, notes, signing
from dashboard.audit.checkpoints import ChainBroken
from dashboard.audit.encoding import FIELDS, GENESIS, content_hash
from dashboard.audit.reading import last_seq, link, slices
from dashboard.audit.search import Wanted, described, matching
from dashboard.models import AuditCheckpoint, AuditEvent

FORMAT = "memadmin audit export 1"
COLUMNS = (
    "kind", *FIELDS, "previous_hash", "hash", "content_hash", "note", "salt", "key", "public_key", "signature",
    "format", "made_at", "filter", "ends_at", "left_out", "events", "checkpoints",
)  # fmt: skip

Line = dict[str, Any]


def seal() -> int:
    """Sign the log as it ends now, if this process has the key; returns up to which event to export.

    That is the last signed one, but the last one of a log that is broken: what somebody did to it is to be seen.
    """
    try:
        checkpoints.take_and_queue()
    except ChainBroken:
        return last_seq()
    except ImproperlyConfigured:
        pass  # left to the worker, which has the key
    return _last_signed()


def left_out() -> int:
    """How many events at the end of the log an export made now would not have, for lack of a signature."""
    try:
        signing.signing_key()
    except ImproperlyConfigured:
        return _after(_last_signed())
    return 0


def lines(wanted: Wanted, *, through: int | None = None, with_notes: bool = False) -> Iterator[Line]:
    """The wanted events and what proves them. See the module's docstring.

    Args:
        through: event to end at; default the last signed one.
        with_notes: also what staff typed, in the clear, with the salt that lets it be checked.
    """
    return _ended(_lines(wanted, _last_signed() if through is None else through, with_notes=with_notes))


def archive(first_seq: int, last_seq: int) -> Iterator[Line]:
    """A whole stretch that ends at a checkpoint, without notes."""
    return _ended(_archive(first_seq, last_seq))


def json_lines(exported: Iterable[Line]) -> Iterator[str]:
    """As JSON Lines."""
    return (json.dumps(line, ensure_ascii=False) + "\n" for line in exported)


def csv_lines(exported: Iterable[Line]) -> Iterator[str]:
    """As CSV with one header row. What a spreadsheet would take for a formula gets an apostrophe before it."""
    return spreadsheets.rows(COLUMNS, ([line.get(column, "") for column in COLUMNS] for line in exported))


def _lines(wanted: Wanted, through: int, *, with_notes: bool) -> Iterator[Line]:
    yield _header(wanted, through)
    events = matching(wanted).order_by("seq")
    after = 0
    while (found := events.filter(seq__gt=after, seq__lte=through).values_list("seq", flat=True).first()) is not None:
        before = AuditCheckpoint.objects.filter(seq__lt=found).last()
        end = AuditCheckpoint.objects.filter(seq__gte=found).first()
        after = end.seq if end else through
        start = before.seq if before else 0
        yield {"kind": "start", "seq": str(start), "hash": before.hash if before else GENESIS}
        yield from _stretch(start, after, None if wanted.everything else events, with_notes=with_notes)
        if end:
            yield _checkpoint(end.seq)


def _archive(first_seq: int, last_seq: int) -> Iterator[Line]:
    yield _header(Wanted(), last_seq)
    previous = AuditEvent.objects.get(seq=first_seq).previous_hash
    yield {"kind": "start", "seq": str(first_seq - 1), "hash": previous}
    yield from _stretch(first_seq - 1, last_seq, None, with_notes=False)
    yield _checkpoint(last_seq)


def _ended(exported: Iterator[Line]) -> Iterator[Line]:
    counts = Counter[str]()
    for line in exported:
        counts[line["kind"]] += 1
        yield line
    yield {"kind": "end", "events": str(counts["event"]), "checkpoints": str(counts["checkpoint"])}


def _stretch(after: int, through: int, wanted: QuerySet[AuditEvent] | None, *, with_notes: bool) -> Iterator[Line]:
    for rows in slices(after, through):
        shown = None
        if wanted is not None:
            shown = set(wanted.filter(seq__gte=rows[0][0], seq__lte=rows[-1][0]).values_list("seq", flat=True))
        for row in rows:
            event = link(row)
            if shown is not None and event.seq not in shown:
                yield {"kind": "withheld", "seq": str(event.seq), "content_hash": content_hash(event.values)}
                continue
            line = dict(zip(FIELDS, event.values, strict=True))
            note = _note(line["id"], *row[-2:]) if with_notes else {}
            yield {"kind": "event", **line, "previous_hash": event.previous_hash, "hash": event.hash, **note}


def _note(event_id: str, salt: str | None, sealed: str | None) -> Line:
    if salt is None or sealed is None:
        return {}
    try:
        return {"note": notes.unseal(event_id, sealed), "salt": salt}
    except notes.NoteUnreadable:
        return {}


def _header(wanted: Wanted, through: int) -> Line:
    return {
        "kind": "header",
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "filter": described(wanted),
        "ends_at": str(through),
        "left_out": str(_after(through)),
    }


def _last_signed() -> int:
    newest = AuditCheckpoint.objects.last()
    return newest.seq if newest else 0


def _after(seq: int) -> int:
    return max(last_seq() - seq, 0)


def _checkpoint(seq: int) -> Line:
    values: Line = json.loads(checkpoints.stored(seq).as_line())
    return {**values, "seq": str(values["seq"]), "at": str(values["at"])}
