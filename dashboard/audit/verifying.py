"""``verify``: the whole log as it is now, against itself and against what was signed.

What is appended meanwhile is left for the next run. The log is read in slices, not in one long snapshot, which would
keep PostgreSQL from cleaning up behind the head that every append rewrites. What is lawfully dropped or erased
meanwhile looks like a break, therefore: then it is looked at again.
"""

import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max

from dashboard.audit import delivery, encoding, erasing, marks, notes, reading, segments, triggers, trust
from dashboard.audit.actions import Action
from dashboard.audit.chain import Break, Fault, Link, Walk, diagnose
from dashboard.audit.encoding import FIELDS
from dashboard.audit.marks import Mark
from dashboard.audit.reading import StoredLog, last_seq, link, slices
from dashboard.audit.trust import Keys
from dashboard.models import AuditCheckpoint, AuditEvent, AuditHead, AuditSegment

Progress = Callable[[int, int], None]
"""Told events done and events in all."""

_ID, _AT, _ACTION, _TENANT, _COUNTS, _COMMITMENT = (
    FIELDS.index(name) for name in ("id", "at", "action", "tenant_digest", "counts", "commitment")
)

_ERASURE = Action.NOTES_ERASED.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What was found."""

    events: int  # followed and found right
    archived: int  # events in archived segments, known by their signed summary
    checkpoints: int  # signatures found right, delivered copies included
    delivered: int  # of these, read from copies outside the database
    notes_erased: int
    seconds: float
    not_proven: tuple[str, ...]  # sentences: what could have been done without this run noticing
    found: Break | None

    @property
    def intact(self) -> bool:
        return self.found is None

    def as_dict(self) -> dict[str, Any]:
        found = self.found and {
            "position": self.found.position,
            "through": self.found.through,
            "reason": self.found.fault.value,
            "explanation": self.found.explanation,
        }
        return {
            "intact": self.intact,
            "events": self.events,
            "archived": self.archived,
            "checkpoints": self.checkpoints,
            "delivered_checkpoints": self.delivered,
            "notes_erased": self.notes_erased,
            "seconds": round(self.seconds, 3),
            "not_proven": list(self.not_proven),
            "break": found,
        }


def verify(*, delivered: Iterable[Path] = (), progress: Progress | None = None) -> Verification:
    """Walk the chain and the checkpoints to the first break.

    Args:
        delivered: files of checkpoints that were kept outside the database.
        progress: told now and then how far it is.

    Raises:
        NotACheckpoint: a delivered file holds something else. OSError: it cannot be read.
    """
    began = time.monotonic()
    read_copies = [read(path) for path in delivered]
    copies = [mark for kept, _ in read_copies for mark in kept]
    found, walker = _run(copies, progress or (lambda _done, _total: None))
    walker.cut_off = sum(cut for _, cut in read_copies)
    return Verification(
        events=walker.events,
        archived=walker.archived,
        checkpoints=walker.checkpoints,
        delivered=walker.delivered,
        notes_erased=walker.notes_erased,
        seconds=time.monotonic() - began,
        not_proven=() if found else tuple(walker.not_proven()),
        found=found,
    )


def read(path: Path) -> tuple[list[Mark], int]:
    """The checkpoints in a delivered file, and how many of its lines were cut off."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return marks.parse_lines(lines)


def _run(copies: list[Mark], progress: Progress) -> tuple[Break | None, "_Walker"]:
    while True:
        before, walker = _departures(), _Walker(copies)
        found = walker.run(progress)
        if found is None or _departures() == before:
            return found, walker


def _departures() -> tuple[int | None, int | None]:
    """Another value than before, if something left the log meanwhile as it may: by archiving or by an erasure."""
    erasures = AuditEvent.objects.filter(action=Action.NOTES_ERASED)
    return (
        AuditSegment.objects.aggregate(newest=Max("last_seq"))["newest"],
        erasures.aggregate(newest=Max("seq"))["newest"],
    )


class _Walker:
    """One run."""

    def __init__(self, delivered: list[Mark]) -> None:
        self.events = self.archived = self.checkpoints = self.delivered = self.notes_erased = 0
        self.cut_off = 0  # lines of delivered checkpoints
        self._out_of_reach: list[AuditSegment] = []  # archived segments whose files are
        self._walk = Walk()
        self._at = 0  # when the last event followed was written, in microseconds
        self._vouched = 0  # last event covered by a checkpoint that was found right
        self._vouched_outside = 0  # and by one kept outside the database
        self._erasures = erasing.Ledger()
        self._keys = Keys()
        self._delivered = sorted(delivered)
        newest = AuditCheckpoint.objects.last()  # read before the head, which is therefore not behind it
        self._marks = heapq.merge(_kept_marks(self._keys, newest.seq if newest else 0), self._delivered)
        self._mark = next(self._marks, None)

    def run(self, progress: Progress) -> Break | None:
        head = reading.head()
        return (
            self._start()
            or self._follow(head.seq if head else last_seq(), progress)
            or self._end(head)
            or self._clock(head)
            or self._removed_checkpoint()
            or self._removed_notes()
            or self._keys.problem(self._walk.seq + 1)
            or self._open_door()
        )

    def not_proven(self) -> Iterator[str]:
        """What could have been done without this run noticing."""
        last = self._walk.seq
        if not last:
            yield "The log is empty: that there never was an event is not proven."
        elif not self.checkpoints:
            yield "Nothing is signed, so whoever holds the database could have rewritten everything."
        elif not self.delivered:
            yield (
                "No checkpoint kept outside the database was compared, so whoever holds the database and the signing "
                "key could have rewritten everything."
            )
        if self.checkpoints and not self.delivered and delivery.is_awaited():
            yield "No checkpoint was delivered yet to the file that MEMADMIN_CHECKPOINT_FILE names."
        if self.cut_off:
            yield f"Of the delivered checkpoints, {self.cut_off} were cut off: what they said was not compared."
        for segment in self._out_of_reach:
            yield (
                f"The archived events {segment.first_seq:,} to {segment.last_seq:,} are known by their signed summary "
                f"only: the file {segment.file_name} is not in MEMADMIN_AUDIT_ARCHIVE."
            )
        if self.checkpoints and (tail := last - self._vouched):
            yield f"{_newest(tail)} came after the newest checkpoint: only the head of the log vouches for that end."
        if self.delivered and (inside := self._vouched - self._vouched_outside):
            yield (
                f"Of the signed events, {_newest(inside).lower()} came after the newest checkpoint kept outside the "
                "database: whoever holds the signing key too could have rewritten that part."
            )

    def _start(self) -> Break | None:
        kept = list(segments.dropped())
        for segment in kept:
            if problem := segments.problem(segment, self._walk, self._keys) or segments.file_problem(segment):
                return problem
            if segments.file_of(segment) is None:
                self._out_of_reach.append(segment)
            self._walk = Walk(segment.last_seq, segment.last_hash)
            self.archived += segment.last_seq - segment.first_seq + 1
        while self._mark and self._mark.seq <= self._walk.seq:
            if problem := self._check(self._mark, self._hash_in(kept, self._mark.seq)):
                return problem
        return None

    def _follow(self, through: int, progress: Progress) -> Break | None:
        for rows in slices(self._walk.seq, through):
            for row in rows:
                event = link(row)
                if not self._walk.step(event):
                    return diagnose(self._walk, event, StoredLog())
                if event.values[_COMMITMENT] and (problem := self._note(event, *row[-2:])):
                    return problem
                if event.values[_ACTION] == _ERASURE:
                    self._erasures.erased(event.values[_TENANT], event.values[_COUNTS])
                self.events += 1
                while self._mark and self._mark.seq == event.seq:
                    if problem := self._check(self._mark, event.hash, int(event.values[_AT])):
                        return problem
            self._at = int(event.values[_AT])
            progress(self.archived + self.events, through)
        return None

    def _end(self, head: AuditHead | None) -> Break | None:
        last = self._walk.seq
        if head is None:
            return Break.at(last + 1, Fault.TRUNCATED, "The record of where the log ends is missing.")
        known = max([head.seq, *(mark.seq for mark in self._remaining_marks())])
        if last < known:
            by = "the head of the log" if head.seq > last else "a signed checkpoint"
            return Break.at(
                last + 1, Fault.TRUNCATED, f"The log ends at {last}, but {by} knows of event {known}.", through=known
            )
        if head.hash != self._walk.hash:
            return Break.at(last, Fault.EDITED, f"The head of the log names another hash for event {last}.")
        if AuditHead.objects.count() > 1:
            return Break.at(last + 1, Fault.INSERTED, "There is more than one record of where the log ends.")
        if (beyond := _beyond_the_head()) is not None:
            return Break.at(beyond, Fault.INSERTED, f"Event {beyond} was added without being chained.")
        return None

    def _clock(self, head: AuditHead | None) -> Break | None:
        """Later events are never dated before the head: put ahead, it would date all of them wrong."""
        if head is None or not self.events:
            return None
        if encoding.microseconds(head.at) != self._at:
            return Break.at(head.seq, Fault.EDITED, f"The head of the log names another time for event {head.seq}.")
        if (at := encoding.from_microseconds(self._at)) > datetime.now(UTC) + trust.AHEAD:
            return Break.at(head.seq, Fault.EDITED, f"Event {head.seq} is dated in the future: {at:%Y-%m-%d %H:%M}.")
        return None

    def _removed_checkpoint(self) -> Break | None:
        kept = AuditCheckpoint.objects.in_bulk([mark.seq for mark in self._delivered])
        for mark in self._delivered:
            if mark.seq not in kept:
                return Break.at(mark.seq, Fault.CHECKPOINT, f"The checkpoint of event {mark.seq} was removed.")
        return None

    def _removed_notes(self) -> Break | None:
        if (unaccounted := self._erasures.unaccounted) is None:
            return None
        first, count = unaccounted
        text = f"Of one person's notes, from event {first} on, {count} were removed without an erasure on record."
        return Break.at(first, Fault.NOTE, text)

    def _open_door(self) -> Break | None:
        if (problem := triggers.problem()) is None:
            return None
        text = f"The log is whole, but its door is open: {problem}. The migrations audit_* say what it was."
        return Break.at(self._walk.seq + 1, Fault.TRIGGER, text)

    def _note(self, event: Link, salt: str | None, sealed: str | None) -> Break | None:
        if salt is None or sealed is None:
            self.notes_erased += 1
            self._erasures.gone(event.seq, event.values[_TENANT])
            return None
        try:
            text = notes.unseal(event.values[_ID], sealed)
            if notes.commitment(salt, text) == event.values[_COMMITMENT]:
                return None
        except (notes.NoteUnreadable, ValueError):
            pass
        return Break.at(
            event.seq,
            Fault.NOTE,
            f"The note beside event {event.seq} is not what was written, or MEMADMIN_AUDIT_KEY is another one.",
        )

    def _check(self, mark: Mark, event_hash: str | None, event_at: int = 0) -> Break | None:
        if problem := trust.problem(mark, self._keys) or trust.antedated(mark, event_at):
            return problem
        if event_hash is not None and event_hash != mark.hash:
            return Break.at(
                self._vouched + 1,
                Fault.REWRITTEN,
                f"Events up to {mark.seq} were rewritten after {self._vouched}: a signed checkpoint has another hash.",
                through=mark.seq,
            )
        self._vouched = mark.seq
        self.checkpoints += 1
        if mark.delivered:
            self.delivered += 1
            self._vouched_outside = mark.seq
        self._mark = next(self._marks, None)
        return None

    def _remaining_marks(self) -> Iterator[Mark]:
        if self._mark:
            yield self._mark
            yield from self._marks

    @staticmethod
    def _hash_in(kept: list[Any], seq: int) -> str | None:
        return next((segment.last_hash for segment in kept if segment.last_seq == seq), None)


def _kept_marks(keys: Keys, through: int) -> Iterator[Mark]:
    yield from map(keys.mark, AuditCheckpoint.objects.filter(pk__lte=through).order_by("seq").iterator())


def _newest(count: int) -> str:
    return "The newest event" if count == 1 else f"The newest {count:,} events"


def _beyond_the_head() -> int | None:
    with connection.cursor() as cursor:  # one statement sees one state, whatever is appended meanwhile
        cursor.execute(
            "SELECT min(event.seq) FROM dashboard_auditevent AS event, dashboard_audithead AS head"
            " WHERE head.id = 1 AND (event.seq > head.seq OR event.seq < 1)"
        )
        first: int | None = cursor.fetchone()[0]
        return first
