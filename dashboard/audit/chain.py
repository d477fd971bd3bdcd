"""Walking the chain, and naming what is wrong with it. Pure: events come as texts, look-ups through ``Log``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dashboard.audit.encoding import FIELDS, GENESIS, VERSION, chained, content_hash

_SEQ = FIELDS.index("seq")
_SHIFTS = 10_000
"""How far away an event's former position is looked for."""


class Fault(StrEnum):
    """What somebody did to the log."""

    EDITED = "edited"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated tail"
    REWRITTEN = "rewritten"
    KEY = "key replaced"
    CHECKPOINT = "checkpoint altered"
    SEGMENT = "segment altered"
    NOTE = "note altered"
    TRIGGER = "trigger missing or altered"


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the log is not what was written."""

    position: int  # sequence number of the first event that is wrong or missing
    fault: Fault
    explanation: str
    through: int  # last event concerned

    @classmethod
    def at(cls, position: int, fault: Fault, explanation: str, *, through: int | None = None) -> "Break":
        return cls(position, fault, explanation, position if through is None else through)


@dataclass(frozen=True, slots=True)
class Link:
    """One event as it is kept: its fields as texts in the order of ``encoding.FIELDS``, and its two hashes."""

    seq: int
    values: Sequence[str]
    previous_hash: str
    hash: str

    def hash_at(self, seq: int) -> str:
        """The hash that this event would have as number ``seq``, after the event that it says it follows."""
        values = [*self.values]
        values[_SEQ] = str(seq)
        return chained(self.previous_hash, content_hash(values))


class Log(Protocol):
    """What is looked up to tell faults apart, once one is found."""

    def hash_of(self, seq: int) -> str | None:
        """Hash that the event with this number carries."""

    def holds(self, event_hash: str) -> bool:
        """Whether any event carries this hash."""

    def followers(self, event_hash: str) -> list[Link]:
        """Events that say they follow the event with this hash."""


@dataclass(slots=True)
class Walk:
    """How far the chain has been followed: the last event's number and hash."""

    seq: int = 0
    hash: str = GENESIS

    def step(self, link: Link) -> bool:
        """Follow one event; False if it is not what comes next."""
        right = (
            link.seq == self.seq + 1
            and link.previous_hash == self.hash
            and link.values[0] == str(VERSION)
            and chained(link.previous_hash, content_hash(link.values)) == link.hash
        )
        if right:
            self.seq, self.hash = link.seq, link.hash
        return right


def diagnose(walk: Walk, link: Link, log: Log) -> Break:
    """What happened, where ``walk`` could not follow ``link``."""
    expected = walk.seq + 1
    if link.seq != expected:
        return _gap(walk, link, log)
    if link.hash_at(link.seq) == link.hash:
        return _relinked(walk, link)
    former = next((seq for seq in _around(link.seq) if link.hash_at(seq) == link.hash), None)
    if former is not None:
        return _moved(walk, link, former, log)
    if any(other.seq != link.seq and other.hash_at(expected) == other.hash for other in log.followers(walk.hash)):
        return Break.at(link.seq, Fault.INSERTED, f"Event {link.seq} was inserted; the ones after it were renumbered.")
    return Break.at(link.seq, Fault.EDITED, f"Event {link.seq} is not what was written: its hash does not fit.")


def _gap(walk: Walk, link: Link, log: Log) -> Break:
    expected = walk.seq + 1
    if link.seq < expected:
        return Break.at(link.seq, Fault.INSERTED, f"There is a second event with the number {link.seq}.")
    for other in log.followers(walk.hash):
        if other.hash_at(expected) == other.hash:
            return Break.at(expected, Fault.REORDERED, f"What was event {expected} is now numbered {other.seq}.")
    missing = f"Event {expected} is" if link.seq == expected + 1 else f"Events {expected} to {link.seq - 1} are"
    return Break.at(expected, Fault.REMOVED, f"{missing} missing.", through=link.seq - 1)


def _relinked(walk: Walk, link: Link) -> Break:
    if walk.seq == 0:
        return Break.at(link.seq, Fault.EDITED, "The first event says that it follows another one.")
    return Break.at(
        walk.seq,
        Fault.EDITED,
        f"Event {walk.seq} was changed and hashed anew; event {link.seq} names its former hash.",
    )


def _moved(walk: Walk, link: Link, former: int, log: Log) -> Break:
    if former < link.seq and log.hash_of(former - 1) == link.previous_hash:
        return Break.at(
            former,
            Fault.INSERTED,
            f"Event {former} was inserted: what is numbered {link.seq} now was number {former}.",
            through=link.seq - 1,
        )
    if former > link.seq and not log.holds(link.previous_hash):
        return Break.at(
            link.seq,
            Fault.REMOVED,
            f"What was event {link.seq} is missing; what is numbered {link.seq} now was number {former}.",
            through=former - 1,
        )
    return Break.at(walk.seq + 1, Fault.REORDERED, f"What is numbered {link.seq} now was number {former}.")


def _around(seq: int) -> Iterator[int]:
    for distance in range(1, _SHIFTS):
        yield from (seq + distance, max(seq - distance, 1))
