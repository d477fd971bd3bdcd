"""Whether a checkpoint is believed: whose key signed it, whether it is what was signed, whether the key was in use."""

from datetime import datetime, timedelta

from django.db.models import Min, Model

from dashboard.audit import encoding, signing
from dashboard.audit.chain import Break, Fault
from dashboard.audit.marks import Mark
from dashboard.models import AuditCheckpoint, AuditSegment, Certificate, SigningKey

ROTATION = timedelta(days=1)
"""How long after a new key's first use the one before may still sign: workers are not restarted at one moment."""


TOGETHER = timedelta(hours=1)
"""How much earlier than its first use on the list a key may have signed: two workers began with it at one moment."""

AHEAD = timedelta(minutes=5)
"""How far the clocks of the database and of this machine may be apart."""

_USES: tuple[tuple[type[Model], str], ...] = (
    (AuditCheckpoint, "at"),
    (AuditSegment, "archived_at"),
    (Certificate, "issued_at"),
)


class Keys:
    """Public keys as the database has them, and the fingerprints that are believed."""

    def __init__(self) -> None:
        self._kept = {key.fingerprint: key for key in SigningKey.objects.order_by("first_used_at")}
        self.believed = signing.trusted()

    def public(self, key: str) -> str:
        """The public key with this fingerprint; "" if there is none."""
        kept = self._kept.get(key)
        return kept.public_key if kept else ""

    def successor(self, key: str, at: datetime) -> SigningKey | None:
        """The newer key that had long been in use by then, so that this one was retired."""
        own = self._kept.get(key)
        if own is None:
            return None
        newer = (kept for kept in self._kept.values() if kept.first_used_at > own.first_used_at)
        return next((kept for kept in newer if kept.fingerprint in self.believed and self._settled(kept, at)), None)

    def mark(self, row: AuditCheckpoint) -> Mark:
        """A row as a mark."""
        return mark_of(row, self.public(row.key))

    def problem(self, position: int) -> Break | None:
        """What is wrong with the list of keys, if anything: each was put there with what it signed first."""
        used = _first_uses()
        for fingerprint, key in self._kept.items():
            if (first := used.get(fingerprint)) is None:
                return Break.at(position, Fault.KEY, f"All that was signed with the key {fingerprint} is gone.")
            if not -ROTATION <= key.first_used_at - first <= TOGETHER:
                text = f"The key {fingerprint} first signed on {first:%Y-%m-%d}, not on {key.first_used_at:%Y-%m-%d}."
                return Break.at(position, Fault.KEY, text)
        return None

    @staticmethod
    def _settled(key: SigningKey, at: datetime) -> bool:
        return key.first_used_at < at - ROTATION


def _first_uses() -> dict[str, datetime]:
    uses = [
        (key, first)
        for model, at in _USES
        for key, first in model._default_manager.order_by().values_list("key").annotate(Min(at))  # noqa: SLF001
    ]
    return {key: first for key, first in sorted(uses, key=lambda use: use[1], reverse=True)}  # noqa: C416


def mark_of(row: AuditCheckpoint, public_key: str) -> Mark:
    """A row as it was signed."""
    return Mark(
        seq=row.seq,
        hash=row.hash,
        at=encoding.microseconds(row.at),
        key=row.key,
        public_key=public_key,
        signature=row.signature,
    )


def problem(mark: Mark, keys: Keys) -> Break | None:
    """Why a checkpoint is not believed, if it is not. Whether its event still has that hash is another question."""
    name = f"The checkpoint of event {mark.seq}"
    if mark.key not in keys.believed:
        advice = "If it is an earlier key of yours, add its fingerprint to MEMADMIN_TRUSTED_KEYS."
        text = f"{name} is signed with the key {mark.key}, which is not trusted. {advice}"
        return Break.at(mark.seq, Fault.KEY, text)
    if not mark.is_genuine:
        return Break.at(mark.seq, Fault.CHECKPOINT, f"{name} is not what was signed.")
    if keys.successor(mark.key, encoding.from_microseconds(mark.at)):
        return Break.at(mark.seq, Fault.KEY, f"{name} is signed with a retired key.")
    return None


def antedated(mark: Mark, event_at: int) -> Break | None:
    """Why a checkpoint is not believed that says it was signed before its event was written, in microseconds.

    So a key that was retired, or stolen later, cannot vouch for what came after its time.
    """
    if mark.at >= event_at - AHEAD // timedelta(microseconds=1):
        return None
    text = f"The checkpoint of event {mark.seq} is dated before the event, which it could not know yet."
    return Break.at(mark.seq, Fault.CHECKPOINT, text)
