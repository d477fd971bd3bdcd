"""Text that staff typed, beside the event: the chain covers a commitment to it, so that it can be erased later.

A note is encrypted (AES-256-GCM) under a key derived from ``MEMADMIN_AUDIT_KEY``, so that a dump or a backup of the
database shows no reason, search text or name that somebody typed. Erasing a note deletes its row; what is left in
the chain is SHA-256 over 16 random bytes and the text, which without the bytes cannot be guessed or compared.
"""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.audit.digests import derived_key
from dashboard.models import AuditEvent, AuditNote

_NONCE = 12  # bytes


@dataclass(frozen=True, slots=True)
class SealedNote:
    """A note as it is kept."""

    commitment: str
    salt: str
    sealed: str


class NoteUnreadable(Exception):
    """Altered, or written under another MEMADMIN_AUDIT_KEY."""


def seal(event_id: uuid.UUID, text: str) -> SealedNote:
    """Encrypt a text for one event and commit to it."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(_NONCE)
    sealed = nonce + _cipher().encrypt(nonce, text.encode(), event_id.bytes)
    return SealedNote(commitment(salt.hex(), text), salt.hex(), sealed.hex())


def unseal(event_id: uuid.UUID | str, sealed: str) -> str:
    """The text again. Raises NoteUnreadable."""
    try:
        kept = bytes.fromhex(sealed)
        return _cipher().decrypt(kept[:_NONCE], kept[_NONCE:], uuid.UUID(str(event_id)).bytes).decode()
    except (InvalidTag, ValueError) as error:
        raise NoteUnreadable from error


def commitment(salt: str, text: str) -> str:
    """What the chain covers: SHA-256 of the salt's bytes and the text."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def note_of(event: AuditEvent) -> str:
    """What was typed beside this event; "" if nothing, or if it was erased."""
    return texts_of([event]).get(event.id, "")


def texts_of(events: Iterable[AuditEvent]) -> dict[uuid.UUID, str]:
    """What was typed, by event; erased notes are missing, unreadable ones say so."""
    committed = [event.id for event in events if event.commitment]
    return {note.event_id: _readable(note) for note in AuditNote.objects.filter(pk__in=committed)}


def _readable(note: AuditNote) -> str:
    try:
        return unseal(note.event_id, note.sealed)
    except NoteUnreadable:
        return "(cannot be read with this key)"


def _cipher() -> AESGCM:
    return AESGCM(derived_key("audit notes"))
