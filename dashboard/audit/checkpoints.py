"""Signing the end of the log, so that what is before it can no longer be rewritten unnoticed."""

from datetime import UTC, datetime

from django.db import transaction

from dashboard.audit import encoding, signing
from dashboard.audit.chain import Break, Fault, Walk
from dashboard.audit.marks import Mark
from dashboard.audit.reading import follow
from dashboard.models import AuditCheckpoint, AuditHead, SigningKey


class ChainBroken(Exception):
    """The log does not continue what was signed before; it is not signed again."""

    def __init__(self, found: Break) -> None:
        super().__init__(f"{found.explanation} Nothing was signed; run manage.py verify_audit.")
        self.found = found


def take() -> Mark | None:
    """Sign the log as it ends now; None if nothing was appended since the last time.

    What came since the last checkpoint is followed first: a tampered log is not signed.

    Raises:
        ChainBroken: somebody changed it. ImproperlyConfigured: there is no signing key.
    """
    key = signing.signing_key()
    head = AuditHead.objects.get()
    last = AuditCheckpoint.objects.last()
    if head.seq == (last.seq if last else 0):
        return None
    walk = Walk(last.seq, last.hash) if last else Walk()
    if found := follow(walk, head.seq):
        raise ChainBroken(found)
    if (walk.seq, walk.hash) != (head.seq, head.hash):
        text = f"The log ends at {walk.seq}, but its head knows of event {head.seq}."
        raise ChainBroken(Break.at(walk.seq + 1, Fault.TRUNCATED, text, through=head.seq))
    now = datetime.now(UTC)
    public_key = signing.public_hex(key)
    mark = Mark(
        seq=head.seq,
        hash=head.hash,
        at=encoding.microseconds(now),
        key=signing.fingerprint(public_key),
        public_key=public_key,
    )
    signature = key.sign(mark.statement).hex()
    with transaction.atomic():
        publish_key(public_key, now)
        AuditCheckpoint.objects.create(seq=head.seq, hash=head.hash, at=now, key=mark.key, signature=signature)
    return stored(head.seq)


def stored(seq: int) -> Mark:
    """A checkpoint as it is delivered. Raises AuditCheckpoint.DoesNotExist."""
    row = AuditCheckpoint.objects.get(pk=seq)
    return mark_of(row, SigningKey.objects.get(pk=row.key).public_key)


def mark_of(row: AuditCheckpoint, public_key: str) -> Mark:
    """A row as a mark."""
    return Mark(
        seq=row.seq,
        hash=row.hash,
        at=encoding.microseconds(row.at),
        key=row.key,
        public_key=public_key,
        signature=row.signature,
    )


def publish_key(public_key: str, at: datetime) -> None:
    """Put a public key on the published list, from its first use on."""
    SigningKey.objects.get_or_create(
        pk=signing.fingerprint(public_key), defaults={"public_key": public_key, "first_used_at": at}
    )
