"""The port: everything a store must do, always for one tenant.

``ScopedMemory`` is its only caller for content. Implementations translate the driver's errors into
``StoreUnavailable`` or ``StoreError``, return records as they are kept (the scope checks whose they are),
and never hand on a call with no tenant or with two.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from memadmin.memory.browse import Selection
from memadmin.memory.identity import UserId
from memadmin.memory.overview import Overview
from memadmin.memory.records import (
    Added,
    Change,
    Ghosts,
    Holdings,
    Memory,
    Place,
    Position,
    Removal,
    Residue,
    Scrubbed,
    SearchHit,
)

Message = Mapping[str, Any]
"""A chat message: ``role`` (user, assistant or system), ``content`` (text), optionally ``name``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """What is to be stored, and how."""

    messages: Sequence[Message] = field(repr=False)
    infer: bool = False  # True: the store's language model extracts facts; False: each text itself
    metadata: Mapping[str, Any] | None = field(default=None, repr=False)
    agent_id: str | None = None
    run_id: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What is looked for."""

    text: str = field(repr=False)
    limit: int
    threshold: float  # lowest accepted score, 0 to 1
    where: Selection
    include_expired: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """What a store did to correct a memory, before anybody checked."""

    counts: Mapping[Place, int]  # rows per place that lost an earlier wording, or went because of it
    wordings: frozenset[str] = field(repr=False)  # every earlier text that is known of, for the probe that follows
    doubt: str = ""  # why a clean history means nothing: the history file may not be the agent's


class Store(Protocol):
    """One place where mem0 keeps memories."""

    label: str
    """What staff read: "pgvector", "qdrant", "mem0 platform"."""

    places: tuple[Place, ...]
    """Every place that can hold a tenant's data here."""

    def add(self, owner: UserId, addition: Addition) -> Added:
        """Store messages for this tenant. Raises InferenceUnavailable if ``infer`` cannot be done."""

    def search(self, owner: UserId, query: Query) -> list[SearchHit]:
        """Best matches first; every memory of the tenant above the threshold is a candidate."""

    def page(self, owner: UserId, *, after: Position | None, limit: int, where: Selection) -> list[Memory]:
        """Up to ``limit`` memories strictly after a position, by descending (created, id), expired included."""

    def count(self, owner: UserId, where: Selection) -> int:
        """Number of memories, expired included; exact."""

    def overview(self, owner: UserId, *, today: date, soon: date) -> Overview:
        """The tenant at a glance; ``soon`` is the last day that counts as soon."""

    def similar(self, owner: UserId, memory: Memory, *, limit: int, include_expired: bool) -> list[SearchHit]:
        """Nearest first, without the memory itself, which the caller has found to be this tenant's."""

    def get(self, owner: UserId, memory_id: str) -> Memory | None:
        """This tenant's memory; ``None`` for an unknown, malformed or foreign id alike."""

    def history(self, owner: UserId, memory_id: str) -> list[Change]:
        """Changes of a memory that the caller has found to be this tenant's; oldest first."""

    def histories(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[str, list[Change]]:
        """The same for several memories at once, by memory id; one without any change may be left out."""

    def update(self, owner: UserId, memory_id: str, text: str) -> None:
        """Replace the text of a memory that the caller has found to be this tenant's."""

    def rectify(self, owner: UserId, memory_id: str, text: str) -> Correction:
        """Replace the text of a memory that the caller has found to be this tenant's, and take out every earlier one.

        Doing it twice is the same as doing it once, also when the first time broke off between the places.
        """

    def forget_history(self, owner: UserId, memory_id: str) -> int:
        """Blank every text but the present one in a memory's history; returns the rows that lost one."""

    def probe(self, owner: UserId, memory_id: str, text: str, correction: Correction) -> Residue:
        """Look for earlier wordings in every place, sharing nothing with the correction.

        Args:
            text: what the memory was corrected to.
        """

    def restrict(self, owner: UserId, memory_id: str) -> None:
        """Hide this tenant's memory from mem0 by its expiry, see ``restricting.py``. Raises StoreError if it cannot."""

    def lift(self, owner: UserId, memory_id: str) -> None:
        """Give the memory back the expiry that it had before :meth:`restrict`."""

    def delete(self, owner: UserId, memory_ids: Sequence[str]) -> Removal:
        """Remove these memories of this tenant from every place; foreign ids are untouched."""

    def delete_all(self, owner: UserId) -> Removal:
        """Remove everything of this tenant from every place."""

    def holdings(self, owner: UserId) -> Holdings:
        """What there is of this tenant: the ids, and the number of rows in every place that can be counted."""

    def erase(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[Place, int]:
        """Remove the history and the vectors of these ids where they are this tenant's or nobody's.

        Ids need not exist: after a crash between two places the same call takes what the first one left. Chat
        and entities stay for :meth:`delete_all`. Returns rows removed per place.
        """

    def second_look(self, owner: UserId, memory_ids: Collection[str]) -> Mapping[Place, int]:
        """What is still found by means that share nothing with the deletion; empty where the store has no other."""

    def scan(self, owner: UserId, known_ids: Iterable[str], *, whole: bool) -> Residue:
        """Look into every place, sharing nothing with the deletion.

        Args:
            known_ids: memory ids that are, or were, this tenant's: history has no other owner column.
            whole: True looks for anything of the tenant, False only for ``known_ids``.
        """

    def scrub(self, tables: Sequence[str] = ()) -> tuple[Scrubbed, ...]:
        """Get the bytes of whatever was deleted so far out of every file; one answer per place.

        Args:
            tables: further tables to treat alike, where the store is a PostgreSQL database.
        """

    def ghosts(self) -> Ghosts | None:
        """History rows whose memory no longer exists; None where they cannot be counted."""

    def purge_ghosts(self, before: datetime) -> int:
        """Delete the history of vanished memories that last changed before a moment; returns the rows."""

    def mentions(self, terms: Sequence[str], *, excluding: UserId, limit: int) -> list[tuple[str, str]] | None:
        """Other tenants' memories that mention any of the terms as whole words, whatever their case.

        Returns:
            at most ``limit`` pairs of user_id and memory id; None: this store cannot search across tenants.
        """

    def somebody(self, number: int) -> list[str]:
        """Up to so many user_ids with memories here, picked at random as far as that is cheap."""

    def user_ids(self, *, after: str, limit: int) -> list[str]:
        """User ids with memories in this store, ascending, strictly after one. For the directory only."""

    def mark(self) -> str | None:
        """Which store this is and the time there, for :meth:`user_ids_since` later; None: it cannot tell who is new.

        At most 255 characters. What is in the memories has no part in it.
        """

    def user_ids_since(self, mark: str, *, after: str, limit: int) -> list[str] | None:
        """As :meth:`user_ids`, those with a memory created since an earlier mark, and perhaps others.

        Returns:
            None: the mark is another store's, or this one cannot tell. Whoever has only memories that say they are
            older, such as rows copied from elsewhere, is left out.
        """

    def close(self) -> None:
        """Release connections. The store opens again on the next call."""
