"""What the core returns: frozen values, aware UTC times, no behaviour that reaches a store."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

RESERVED = "memadmin_"
"""Metadata keys that begin so are the desk's: nobody can add or filter by them."""


class Place(StrEnum):
    """One physical spot that can hold a tenant's data in a store."""

    VECTORS = "vectors"
    ENTITIES = "entities"
    HISTORY = "history"
    MESSAGES = "messages"
    COPIES = "copies"  # hosted platform only: exports, profiles, event payloads


class Status(StrEnum):
    """What a scan says of one place."""

    CLEAN = "clean"
    RESIDUE = "residue"
    UNCHECKED = "unchecked"


class Outcome(StrEnum):
    """How far a deletion has come. ``ACCEPTED`` is a promise of the store; ``VERIFIED`` was seen by a scan."""

    VERIFIED = "verified"
    PARTLY_VERIFIED = "partly verified"  # nothing left where we could look; some place could not be checked
    ACCEPTED = "accepted"  # the store queued it; a scan still finds data
    RESIDUE = "residue"  # the store said done; a scan still finds data


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a memory stands in the order of :meth:`ScopedMemory.page`: newest first, then id."""

    created: str  # ``created_at`` exactly as mem0 keeps it; "" where it is missing
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """One memory of one tenant. Also answers mem0's keys: ``item["memory"]``, ``item["id"]``."""

    id: str
    text: str = field(repr=False)
    user_id: str = field(repr=False)
    created: str = ""  # as the store keeps it; see created_at
    updated: str = ""
    expires_on: date | None = None  # last day (UTC) on which mem0 still serves it
    restricted: bool = False  # frozen by restrict(): expires_on is in the past until lift()
    expires_on_lift: date | None = None  # the expires_on that lift() gives back
    agent_id: str | None = None
    run_id: str | None = None
    actor_id: str | None = field(default=None, repr=False)
    role: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def created_at(self) -> datetime | None:
        """When it was written, aware UTC; ``None`` where the store keeps no usable time."""
        return parse_time(self.created)

    @property
    def updated_at(self) -> datetime | None:
        """When it was last changed, aware UTC; ``None`` where the store keeps no usable time."""
        return parse_time(self.updated)

    @property
    def expired(self) -> bool:
        """Whether mem0 hides it by now (``_payload_is_expired`` in ``mem0/memory/main.py``)."""
        return self.expires_on is not None and self.expires_on < datetime.now(UTC).date()

    @property
    def categories(self) -> tuple[str, ...]:
        """What ``category`` and ``categories`` of the metadata say, as a text or a list of texts; sorted, once each."""
        kept = (self.metadata.get("category"), self.metadata.get("categories"))
        names = [name for value in kept for name in (value if isinstance(value, list) else [value])]
        return tuple(sorted({name for name in names if isinstance(name, str)}))

    @property
    def position(self) -> Position:
        return Position(self.created, self.id)

    def __getitem__(self, key: str) -> Any:
        return self.as_dict()[key]

    def as_dict(self) -> dict[str, Any]:
        """The memory under mem0's own names, ready for JSON."""
        return {
            "id": self.id,
            "memory": self.text,
            "user_id": self.user_id,
            "created_at": self.created or None,
            "updated_at": self.updated or None,
            "expiration_date": self.expires_on.isoformat() if self.expires_on else None,
            "expired": self.expired,
            "restricted": self.restricted,
            "agent_id": self.agent_id,
            "run_id": self.run_id,
            "actor_id": self.actor_id,
            "role": self.role,
            "metadata": dict(self.metadata),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchHit(Memory):
    """A memory found by :meth:`ScopedMemory.search`, with its score."""

    score: float  # 0 to 1, higher is nearer; the store's own scale

    def as_dict(self) -> dict[str, Any]:
        return {**Memory.as_dict(self), "score": self.score}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of a memory's history. Also answers mem0's keys."""

    id: str
    memory_id: str
    event: str  # ADD, UPDATE or DELETE
    old_text: str | None = field(default=None, repr=False)
    new_text: str | None = field(default=None, repr=False)
    at: str = ""  # as the store keeps it; see changed_at
    actor_id: str | None = field(default=None, repr=False)
    role: str | None = None

    @property
    def changed_at(self) -> datetime | None:
        """When it happened, aware UTC; ``None`` where the store keeps no usable time."""
        return parse_time(self.at)

    @property
    def forgotten(self) -> bool:
        """Whether its wording was taken out: by :meth:`ScopedMemory.rectify` or ``forget_history``."""
        return self.event in {"ADD", "UPDATE"} and self.new_text is None

    def __getitem__(self, key: str) -> Any:
        return self.as_dict()[key]

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "memory_id": self.memory_id,
            "event": self.event,
            "old_memory": self.old_text,
            "new_memory": self.new_text,
            "created_at": self.at or None,
            "actor_id": self.actor_id,
            "role": self.role,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a tenant's memories, newest first."""

    items: tuple[Memory, ...]
    next_cursor: str | None  # hand it to page() for the following slice; None on the last

    def __iter__(self) -> Iterator[Memory]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Added:
    """What an add stored."""

    ids: tuple[str, ...]
    pending: bool = False  # True: the hosted platform took it and will store it later

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scan says of one place."""

    place: Place
    status: Status
    count: int = 0  # rows found
    note: str = ""  # why it could not be checked; one sentence

    def as_dict(self) -> dict[str, Any]:
        return {"place": self.place.value, "status": self.status.value, "count": self.count, "note": self.note}


@dataclass(frozen=True, slots=True)
class Residue:
    """What a scan of every place still finds."""

    findings: tuple[Finding, ...]

    @property
    def found(self) -> bool:
        """Whether data is left in any place that could be checked."""
        return any(finding.status is Status.RESIDUE for finding in self.findings)

    @property
    def unchecked(self) -> tuple[Finding, ...]:
        """The places nobody can vouch for."""
        return tuple(finding for finding in self.findings if finding.status is Status.UNCHECKED)

    @property
    def clean(self) -> bool:
        """True only if every place was checked and holds nothing."""
        return all(finding.status is Status.CLEAN for finding in self.findings)

    def doubting(self, places: Container[Place], note: str) -> "Residue":
        """The same findings, but nothing found in these places does not count as clean."""
        return Residue(
            tuple(
                replace(finding, status=Status.UNCHECKED, note=note)
                if finding.place in places and finding.status is Status.CLEAN
                else finding
                for finding in self.findings
            )
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "clean": self.clean,
            "found": self.found,
            "places": [finding.as_dict() for finding in self.findings],
        }


UNTOLD_PLACES = frozenset({Place.HISTORY, Place.MESSAGES})


def untold_note(count: int) -> str:
    """Why a history file that knows nothing of some memories cannot be vouched for."""
    return (
        f"{count} of this person's memories have no entry in the history file that the desk reads. The agent probably "
        "writes another one: name it as history_db_path in MEM0_CONFIG."
    )


@dataclass(frozen=True, slots=True)
class Removal:
    """What a store says it removed, before anybody checked."""

    counts: Mapping[Place, int]
    memory_ids: tuple[str, ...]  # what was there, for the scan that follows
    queued: bool = False  # True: the store accepted the order and works on it later
    untold: int = 0  # memories that the history file knew nothing of: it may not be the agent's


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """What a store holds of one tenant at one moment: what an erasure of them would take."""

    memory_ids: tuple[str, ...]  # sorted; their own, and what their entities link to and is nobody else's
    counts: Mapping[Place, int]  # rows a place; a place that cannot be counted beforehand is left out
    oldest: str = ""  # created_at of the oldest memory as the store keeps it; "" if none tells
    newest: str = ""
    agents: tuple[str, ...] = ()  # agent_ids that wrote memories, sorted
    untold: int = 0  # memories that the history file knows nothing of, see untold_note()

    @classmethod
    def of(
        cls, memories: Iterable[Memory], *, memory_ids: Iterable[str], counts: Mapping[Place, int], untold: int = 0
    ) -> "Holdings":
        """Sum up memories that were read one by one."""
        memories = list(memories)
        created = [memory.created for memory in memories if memory.created]
        return cls(
            memory_ids=tuple(sorted(memory_ids)),
            counts=counts,
            oldest=min(created, default=""),
            newest=max(created, default=""),
            agents=tuple(sorted({memory.agent_id for memory in memories if memory.agent_id})),
            untold=untold,
        )


class Scrub(StrEnum):
    """Whether the bytes of deleted rows are out of the files of one place."""

    GONE = "gone"
    PENDING = "pending"  # not yet: try again later; the note says what it waits for
    FORBIDDEN = "forbidden"  # the server does not let the desk; the note says what an operator can do
    NOT_APPLICABLE = "not applicable"  # nothing that the desk could reach; the note says whose it is


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What became of the bytes of deleted rows in one place."""

    place: str  # for people to read: "tables", "write-ahead log", "history file"
    status: Scrub
    at: datetime | None  # since when they are gone, aware UTC; None while they are not
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        at = self.at.isoformat() if self.at else None
        return {"place": self.place, "status": self.status.value, "at": at, "note": self.note}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ghosts:
    """History rows whose memory no longer exists: nobody can tell whose words they are."""

    memories: int
    rows: int
    oldest: str = ""  # when the first of the rows was written, as mem0 keeps it; "" if there are none
    newest: str = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion and the scan that followed it."""

    removed: Mapping[Place, int]  # rows per place
    residue: Residue
    queued: bool = False

    @property
    def outcome(self) -> Outcome:
        if self.queued and self.residue.found:
            return Outcome.ACCEPTED
        return _verified(self.residue)

    def as_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome.value,
            "removed": {place.value: count for place, count in self.removed.items()},
            "residue": self.residue.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Rectification:
    """A correction and the probe that followed it."""

    memory: Memory  # as it is now
    scrubbed: Mapping[Place, int]  # rows per place that lost an earlier wording, or went because of it
    residue: Residue  # where an earlier wording is still found

    @property
    def outcome(self) -> Outcome:
        """``RESIDUE`` where an earlier wording is still found, ``PARTLY_VERIFIED`` where some place is unchecked."""
        return _verified(self.residue)

    def as_dict(self) -> dict[str, Any]:
        """What was done, in numbers; the text itself is not in it."""
        return {
            "id": self.memory.id,
            "outcome": self.outcome.value,
            "scrubbed": {place.value: count for place, count in self.scrubbed.items()},
            "residue": self.residue.as_dict(),
        }


def _verified(residue: Residue) -> Outcome:
    if residue.found:
        return Outcome.RESIDUE
    return Outcome.VERIFIED if residue.clean else Outcome.PARTLY_VERIFIED


def parse_time(value: str) -> datetime | None:
    """Read a time as mem0 writes it (ISO 8601; older versions without an offset, meaning UTC)."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_day(value: object) -> date | None:
    """Read an expiration date as mem0 writes it; anything else counts as "never expires", as in mem0."""
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
