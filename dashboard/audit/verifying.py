"""``verify``: the whole log as it is now, against itself and against what was signed.

What is appended meanwhile is left for the next run.
"""

import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from dashboard.audit import encoding, marks, notes, segments, signing
from dashboard.audit.chain import Break, Fault, Link, Walk, diagnose
from dashboard.audit.encoding import FIELDS
from dashboard.audit.marks import Mark
from dashboard.audit.reading import StoredLog, last_seq, link, slices
from dashboard.models import AuditCheckpoint, AuditHead, SigningKey

ROTATION = timedelta(days=1)
"""How long after a new key's first use the one before may still sign: workers are not restarted at one moment."""

Progress = Callable[[int, int], None]
"""Told events done and events in all."""

_ID, _COMMITMENT = FIELDS.index("id"), FIELDS.index("commitment")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What was found."""

    events: int  # followed and found right
    archived: int  # events in archived segments, known by their signed summary
    checkpoints: int  # signatures found right, delivered copies included
    delivered: int  # of these, read from copies outside the database
    notes_erased: int
    seconds: float
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
    walker = _Walker([mark for path in delivered for mark in read(path)])
    found = walker.run(progress or (lambda _done, _total: None))
    return Verification(
        events=walker.events,
        archived=walker.archived,
        checkpoints=walker.checkpoints,
        delivered=walker.delivered,
        notes_erased=walker.notes_erased,
        seconds=time.monotonic() - began,
        found=found,
    )


def read(path: Path) -> Iterator[Mark]:
    """The checkpoints in a delivered file."""
    with path.open(encoding="utf-8") as lines:
        yield from (marks.parse(line) for line in lines if line.strip())


class _Walker:
    """One run."""

    def __init__(self, delivered: list[Mark]) -> None:
        self.events = self.archived = self.checkpoints = self.delivered = self.notes_erased = 0
        self._walk = Walk()
        self._vouched = 0  # last event covered by a checkpoint that was found right
        self._keys = _Keys()
        self._delivered = sorted(delivered)
        newest = AuditCheckpoint.objects.last()  # read before the head, which is therefore not behind it
        self._marks = heapq.merge(_kept_marks(self._keys, newest.seq if newest else 0), self._delivered)
        self._mark = next(self._marks, None)

    def run(self, progress: Progress) -> Break | None:
        head = AuditHead.objects.first()
        return (
            self._start()
            or self._follow(head.seq if head else last_seq(), progress)
            or self._end(head)
            or self._removed_checkpoint()
        )

    def _start(self) -> Break | None:
        kept = list(segments.dropped())
        for segment in kept:
            if problem := segments.problem(segment, self._walk, self._keys.public(segment.key), self._keys.believed):
                return problem
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
                self.events += 1
                while self._mark and self._mark.seq == event.seq:
                    if problem := self._check(self._mark, event.hash):
                        return problem
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
        if (beyond := _beyond_the_head()) is not None:
            return Break.at(beyond, Fault.INSERTED, f"Event {beyond} was added without being chained.")
        return None

    def _removed_checkpoint(self) -> Break | None:
        kept = AuditCheckpoint.objects.in_bulk([mark.seq for mark in self._delivered])
        for mark in self._delivered:
            if mark.seq not in kept:
                return Break.at(mark.seq, Fault.CHECKPOINT, f"The checkpoint of event {mark.seq} was removed.")
        return None

    def _note(self, event: Link, salt: str | None, sealed: str | None) -> Break | None:
        if salt is None or sealed is None:
            self.notes_erased += 1
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

    def _check(self, mark: Mark, event_hash: str | None) -> Break | None:
        name = f"The checkpoint of event {mark.seq}"
        if mark.key not in self._keys.believed:
            advice = "If it is an earlier key of yours, add its fingerprint to MEMADMIN_TRUSTED_KEYS."
            text = f"{name} is signed with the key {mark.key}, which is not trusted. {advice}"
            return Break.at(mark.seq, Fault.KEY, text)
        if not mark.is_genuine:
            return Break.at(mark.seq, Fault.CHECKPOINT, f"{name} is not what was signed.")
        if self._keys.retired(mark):
            return Break.at(mark.seq, Fault.KEY, f"{name} is signed with a retired key.")
        if event_hash is not None and event_hash != mark.hash:
            return Break.at(
                self._vouched + 1,
                Fault.REWRITTEN,
                f"Events up to {mark.seq} were rewritten after {self._vouched}: a signed checkpoint has another hash.",
                through=mark.seq,
            )
        self._vouched = mark.seq
        self.checkpoints += 1
        self.delivered += mark.delivered
        self._mark = next(self._marks, None)
        return None

    def _remaining_marks(self) -> Iterator[Mark]:
        if self._mark:
            yield self._mark
            yield from self._marks

    @staticmethod
    def _hash_in(kept: list[Any], seq: int) -> str | None:
        return next((segment.last_hash for segment in kept if segment.last_seq == seq), None)


class _Keys:
    """Public keys as the database has them, and the fingerprints that are believed."""

    def __init__(self) -> None:
        self._kept = list(SigningKey.objects.order_by("first_used_at"))
        self.believed = signing.trusted()

    def public(self, key: str) -> str:
        """The public key with this fingerprint; "" if there is none."""
        return next((kept.public_key for kept in self._kept if kept.fingerprint == key), "")

    def retired(self, mark: Mark) -> bool:
        """Whether a newer key had long been in use by then."""
        own = next((kept for kept in self._kept if kept.fingerprint == mark.key), None)
        at = encoding.from_microseconds(mark.at)
        return own is not None and any(
            own.first_used_at < kept.first_used_at < at - ROTATION
            for kept in self._kept
            if kept.fingerprint in self.believed
        )


def _kept_marks(keys: _Keys, through: int) -> Iterator[Mark]:
    for row in AuditCheckpoint.objects.filter(pk__lte=through).order_by("seq").iterator():
        yield Mark(
            seq=row.seq,
            hash=row.hash,
            at=encoding.microseconds(row.at),
            key=row.key,
            public_key=keys.public(row.key),
            signature=row.signature,
        )


def _beyond_the_head() -> int | None:
    with connection.cursor() as cursor:  # one statement sees one state, whatever is appended meanwhile
        cursor.execute(
            "SELECT min(event.seq) FROM dashboard_auditevent AS event, dashboard_audithead AS head"
            " WHERE event.seq > head.seq OR event.seq < 1"
        )
        first: int | None = cursor.fetchone()[0]
        return first
