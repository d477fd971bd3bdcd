"""Retention: the oldest part of the log, whole and up to a signed checkpoint, goes to a signed file and is dropped.

The file is an export like any other (see ``export.py``) and is checked by the same script. The segment's row, signed,
stays: it says what the rest of the log is chained to. Notes are not archived: a file cannot be erased by halves.
"""

import gzip
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from dashboard.audit import delivery, encoding, export, signing, trust
from dashboard.audit.actions import Action
from dashboard.audit.chain import Break, Fault, Walk
from dashboard.audit.checkpoints import ChainBroken, publish_key
from dashboard.audit.reading import follow
from dashboard.audit.recording import record
from dashboard.audit.trust import Keys
from dashboard.models import AuditCheckpoint, AuditEvent, AuditSegment


@dataclass(frozen=True, kw_only=True, slots=True)
class Archived:
    """What was archived."""

    first_seq: int
    last_seq: int
    file: Path


def archive_old(*, keep: timedelta, actor: str) -> Archived | None:
    """Archive and drop what is older; None if no checkpoint covers anything that old.

    Args:
        keep: age up to which events stay in the database.
        actor: who does it, for the event that says so.

    Raises:
        ChainBroken: the part was tampered with, so it stays. ImproperlyConfigured: there is no signing key.
        AuditUnavailable, OSError: nothing was dropped.
    """
    first = AuditEvent.objects.order_by("seq").first()
    last = AuditCheckpoint.objects.filter(at__lt=timezone.now() - keep).last()
    if first is None or last is None or last.seq < first.seq:
        return None
    if found := _tampered(last):
        raise ChainBroken(found)
    file = Path(settings.MEMADMIN_AUDIT_ARCHIVE) / f"audit-{first.seq}-{last.seq}.jsonl.gz"
    _write(file, first, last)
    segment = _signed(
        AuditSegment(
            first_seq=first.seq,
            last_seq=last.seq,
            previous_hash=first.previous_hash,
            last_hash=last.hash,
            archived_at=datetime.now(UTC),
            file_name=file.name,
            file_sha256=sha256_of(file),
        )
    )
    record(Action.AUDIT_ARCHIVED, actor=actor, counts={"first": first.seq, "last": last.seq})
    if delivery.was_begun() and not delivery.was_begun(after=last.seq):
        delivery.note_begun()  # the event that says so is dropped, too
    _drop(segment)
    return Archived(first_seq=first.seq, last_seq=last.seq, file=file)


def dropped() -> Iterator[AuditSegment]:
    """Segments whose events are gone, oldest first."""
    first = AuditEvent.objects.order_by("seq").values_list("seq", flat=True).first()
    for segment in AuditSegment.objects.order_by("first_seq"):
        if first is None or segment.last_seq < first:
            yield segment


def problem(segment: AuditSegment, walk: Walk, keys: Keys) -> Break | None:
    """What is wrong with a dropped segment, if anything: it must continue ``walk``, and its signature be believed.

    The database's trigger compares numbers and hashes only: PostgreSQL has no Ed25519. So a row that it accepted may
    still be anybody's; that its key is trusted and its signature right is found out here.
    """
    if (segment.first_seq, segment.previous_hash) != (walk.seq + 1, walk.hash):
        text = f"The archived segment from {segment.first_seq} does not continue what is before it."
        return Break.at(walk.seq + 1, Fault.SEGMENT, text, through=segment.last_seq)
    if segment.key not in keys.believed:
        text = f"The archived segment from {segment.first_seq} is signed with a key that is not trusted."
        return Break.at(segment.first_seq, Fault.KEY, text, through=segment.last_seq)
    public_key = keys.public(segment.key)
    fits = bool(public_key) and signing.fingerprint(public_key) == segment.key
    if not fits or not signing.is_signed(statement(segment), segment.signature, public_key):
        text = f"The signature of the archived segment from {segment.first_seq} is wrong."
        return Break.at(segment.first_seq, Fault.SEGMENT, text, through=segment.last_seq)
    return None


def file_of(segment: AuditSegment) -> Path | None:
    """The file that a segment was archived to; None if it is not within reach."""
    file = Path(settings.MEMADMIN_AUDIT_ARCHIVE) / Path(segment.file_name).name
    return file if file.is_file() and os.access(file, os.R_OK) else None


def file_problem(segment: AuditSegment) -> Break | None:
    """What is wrong with the file of a segment whose own signature is right, if it is within reach."""
    file = file_of(segment)
    if file is None or sha256_of(file) == segment.file_sha256:
        return None
    text = f"The file of the archived segment from {segment.first_seq} is not what was signed: {file}."
    return Break.at(segment.first_seq, Fault.SEGMENT, text, through=segment.last_seq)


def statement(segment: AuditSegment) -> bytes:
    """What is signed."""
    values = (
        "memadmin audit segment 1",
        segment.first_seq,
        segment.last_seq,
        segment.previous_hash,
        segment.last_hash,
        encoding.microseconds(segment.archived_at),
        segment.file_name,
        segment.file_sha256,
        segment.key,
    )
    return "\n".join(map(str, values)).encode()


def sha256_of(file: Path) -> str:
    """Digest of a file's bytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _tampered(last: AuditCheckpoint) -> Break | None:
    """What is wrong with the log up to a checkpoint, if anything: nothing else will have seen it once it is dropped."""
    keys, walk = Keys(), Walk()
    for segment in dropped():
        if found := problem(segment, walk, keys):
            return found
        walk = Walk(segment.last_seq, segment.last_hash)
    if found := trust.problem(keys.mark(last), keys) or follow(walk, last.seq):
        return found
    if walk.hash == last.hash:
        return None
    text = f"Event {last.seq} has another hash than its signed checkpoint."
    return Break.at(last.seq, Fault.REWRITTEN, text)


def _write(file: Path, first: AuditEvent, last: AuditCheckpoint) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    with gzip.open(unfinished, "wt", encoding="utf-8") as content:
        content.writelines(export.json_lines(export.archive(first.seq, last.seq)))
    unfinished.rename(file)


def _signed(segment: AuditSegment) -> AuditSegment:
    key = signing.signing_key()
    segment.key = signing.fingerprint(signing.public_hex(key))
    segment.signature = key.sign(statement(segment)).hex()
    return segment


def _drop(segment: AuditSegment) -> None:
    events = "dashboard_auditevent WHERE seq BETWEEN %s AND %s"
    between = [segment.first_seq, segment.last_seq]
    with transaction.atomic(), connection.cursor() as cursor:
        publish_key(signing.public_hex(signing.signing_key()), segment.archived_at)
        segment.save()
        cursor.execute(f"DELETE FROM dashboard_auditnote WHERE event_id IN (SELECT id FROM {events})", between)  # noqa: S608
        cursor.execute(f"DELETE FROM {events}", between)  # noqa: S608
