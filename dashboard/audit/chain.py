"""Walking the chain, and naming what is wrong with it. Pure: events come as texts, look-ups through ``Log``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dashboard.audit.encoding import FIELDS, GENESIS, VERSION, chained, content_hash

_SEQ = FIELDS.index("seq")
_SHIFTS = 10_000
"""How far away an event's former position is tried one by one."""


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

    def with_hash(self, event_hash: str) -> list[Link]:
        """Events that carry this hash."""

    def followers(self, event_hash: str) -> list[Link]:
        """Events that say they follow the event with this hash."""

    def shifts(self) -> list[int]:
        """How much higher a signed checkpoint or the head numbers an event that carries its hash."""


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
    right = next((other for other in log.followers(walk.hash) if other.hash_at(expected) == other.hash), None)
    if link.seq < expected or (right and right.seq == expected == link.seq and right.values != link.values):
        return Break.at(link.seq, Fault.INSERTED, f"There is a second event with the number {link.seq}.")
    if link.seq > expected:
        return _gap(expected, link, right)
    if link.hash_at(link.seq) == link.hash:
        return _relinked(walk, link)
    if (former := _former(link, log)) is not None:
        return _moved(walk, link, former, log)
    if right:
        return Break.at(link.seq, Fault.INSERTED, f"Event {link.seq} was inserted; the ones after it were renumbered.")
    return Break.at(link.seq, Fault.EDITED, f"Event {link.seq} is not what was written: its hash does not fit.")


def _gap(expected: int, link: Link, right: Link | None) -> Break:
    if right:
        return Break.at(expected, Fault.REORDERED, f"What was event {expected} is now numbered {right.seq}.")
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
    before = [other.seq for other in log.with_hash(link.previous_hash)]
    if former < link.seq and former - 1 in before:
        return Break.at(
            former,
            Fault.INSERTED,
            f"Event {former} was inserted: what is numbered {link.seq} now was number {former}.",
            through=link.seq - 1,
        )
    if former > link.seq and not before:
        return Break.at(
            link.seq,
            Fault.REMOVED,
            f"What was event {link.seq} is missing; what is numbered {link.seq} now was number {former}.",
            through=former - 1,
        )
    return Break.at(walk.seq + 1, Fault.REORDERED, f"What is numbered {link.seq} now was number {former}.")


def _former(link: Link, log: Log) -> int | None:
    """The number under which this event was written, if it was."""
    return next((seq for seq in _candidates(link, log) if seq > 0 and link.hash_at(seq) == link.hash), None)


def _candidates(link: Link, log: Log) -> Iterator[int]:
    for distance in range(1, _SHIFTS):
        yield from (link.seq + distance, link.seq - distance)
    yield from (other.seq + 1 for other in log.with_hash(link.previous_hash))
    yield from (other.seq - 1 for other in log.followers(link.hash))
    yield from (link.seq + shift for shift in log.shifts())
