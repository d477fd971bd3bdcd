"""Signing the end of the log, so that what is before it can no longer be rewritten unnoticed."""

from datetime import UTC, datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction

from dashboard.audit import delivery, encoding, reading, signing, trust
from dashboard.audit.chain import Break, Fault, Walk
from dashboard.audit.marks import Mark, NotACheckpoint
from dashboard.audit.reading import follow, last_seq, link, slices
from dashboard.audit.trust import Keys
from dashboard.models import AuditCheckpoint, AuditHead, AuditSegment, SigningKey

_AT = encoding.FIELDS.index("at")


class ChainBroken(Exception):
    """The log does not continue what was signed before; it is not signed again."""

    def __init__(self, found: Break) -> None:
        super().__init__(f"{found.explanation} Nothing was signed; run manage.py verify_audit.")
        self.found = found


def take() -> Mark | None:
    """Sign the log as it ends now; None if nothing was appended since the last time.

    If another process signs the same event meanwhile, its checkpoint is the one.

    A signature vouches for everything before it. So the last one must be right, be the one that left the database,
    and what came since is followed: a tampered log is not signed.

    Raises:
        ChainBroken: somebody changed it. ImproperlyConfigured: there is no signing key, or it was retired.
    """
    private, keys, now = signing.signing_key(), Keys(), datetime.now(UTC)
    public_key = signing.public_hex(private)
    key = signing.fingerprint(public_key)
    _refuse_retired(key, keys, now)
    if delivery.is_of_another_log():
        delivery.set_aside()
    last = AuditCheckpoint.objects.last()  # read before the head, which is therefore not behind it
    head = _continued_by_head(keys.mark(last) if last else None, keys)
    if head.seq == (last.seq if last else 0):
        return None
    mark = Mark(seq=head.seq, hash=head.hash, at=encoding.microseconds(now), key=key, public_key=public_key)
    signature = private.sign(mark.statement).hex()
    try:
        with transaction.atomic():
            publish_key(public_key, now)
            AuditCheckpoint.objects.create(seq=head.seq, hash=head.hash, at=now, key=key, signature=signature)
    except IntegrityError:
        if not AuditCheckpoint.objects.filter(pk=head.seq).exists():
            raise
    return stored(head.seq)


def take_and_queue() -> Mark | None:
    """Sign, and have it delivered: both, or neither. Raises what ``take`` raises."""
    with transaction.atomic():
        if mark := take():
            delivery.queue(mark)
    return mark


def stored(seq: int) -> Mark:
    """A checkpoint as it is delivered. Raises AuditCheckpoint.DoesNotExist."""
    row = AuditCheckpoint.objects.get(pk=seq)
    return trust.mark_of(row, SigningKey.objects.get(pk=row.key).public_key)


def publish_key(public_key: str, at: datetime) -> None:
    """Put a public key on the published list, from its first use on."""
    SigningKey.objects.get_or_create(
        pk=signing.fingerprint(public_key), defaults={"public_key": public_key, "first_used_at": at}
    )


def _refuse_retired(key: str, keys: Keys, now: datetime) -> None:
    """A key has one first use in the list, so what it signed after another's would be taken for a thief's."""
    if successor := keys.successor(key, now):
        raise ImproperlyConfigured(
            f"The signing key {key} was retired when {successor.fingerprint} came into use on "
            f"{successor.first_used_at:%Y-%m-%d}: its checkpoints would not be believed. Make a new one: "
            "openssl genpkey -algorithm ed25519 -out FILE."
        )


def _continued_by_head(last: Mark | None, keys: Keys) -> AuditHead:
    head = reading.head()
    if head is None:
        raise ChainBroken(Break.at(last_seq() + 1, Fault.TRUNCATED, "The record of where the log ends is missing."))
    walk = Walk(last.seq, last.hash) if last else Walk()
    if found := (
        (last and (trust.problem(last, keys) or _another_event(last)))
        or _another_copy()
        or follow(walk, head.seq)
        or _another_end(walk, head)
    ):
        raise ChainBroken(found)
    return head


def _another_event(mark: Mark) -> Break | None:
    kept = [link(row) for rows in slices(mark.seq - 1, mark.seq) for row in rows]
    archived = AuditSegment.objects.filter(last_seq=mark.seq).values_list("last_hash", flat=True)
    if ([event.hash_at(mark.seq) for event in kept] or list(archived)) == [mark.hash]:
        return trust.antedated(mark, int(kept[0].values[_AT])) if kept else None
    return Break.at(mark.seq, Fault.REWRITTEN, f"Event {mark.seq} has another hash than its signed checkpoint.")


def _another_copy() -> Break | None:
    try:
        newest = delivery.newest_in_file()
    except (NotACheckpoint, OSError) as error:
        return Break.at(1, Fault.CHECKPOINT, f"The file of delivered checkpoints cannot be read: {error}")
    if newest is None or AuditCheckpoint.objects.filter(seq=newest.seq, hash=newest.hash).exists():
        return None
    text = f"The file of delivered checkpoints has one of event {newest.seq} that the database does not have."
    return Break.at(newest.seq, Fault.CHECKPOINT, text)


def _another_end(walk: Walk, head: AuditHead) -> Break | None:
    if (walk.seq, walk.hash) == (head.seq, head.hash):
        return None
    text = f"The head of the log, at event {head.seq}, does not fit event {walk.seq}, the last that could be followed."
    return Break.at(walk.seq + 1, Fault.TRUNCATED, text, through=max(head.seq, walk.seq + 1))
