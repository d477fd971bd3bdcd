"""The port: everything a store must do, always for one tenant.

``ScopedMemory`` is its only caller for content. Implementations translate the driver's errors into
``StoreUnavailable`` or ``StoreError``, return records as they are kept (the scope checks whose they are),
and never hand on a call with no tenant or with two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from memadmin.memory.filters import Filters
from memadmin.memory.identity import UserId
from memadmin.memory.records import Added, Change, Memory, Place, Position, Removal, Residue, SearchHit

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
    filters: Filters = field(repr=False)
    include_expired: bool


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

    def page(self, owner: UserId, *, after: Position | None, limit: int, filters: Filters) -> list[Memory]:
        """Up to ``limit`` memories strictly after a position, by descending (created, id), expired included."""

    def count(self, owner: UserId) -> int:
        """Number of memories, expired included."""

    def get(self, owner: UserId, memory_id: str) -> Memory | None:
        """This tenant's memory; ``None`` for an unknown, malformed or foreign id alike."""

    def history(self, owner: UserId, memory_id: str) -> list[Change]:
        """Changes of a memory that the caller has found to be this tenant's; oldest first."""

    def update(self, owner: UserId, memory_id: str, text: str) -> None:
        """Replace the text of a memory that the caller has found to be this tenant's."""

    def delete(self, owner: UserId, memory_ids: Sequence[str]) -> Removal:
        """Remove these memories of this tenant from every place; foreign ids are untouched."""

    def delete_all(self, owner: UserId) -> Removal:
        """Remove everything of this tenant from every place."""

    def scan(self, owner: UserId, known_ids: Iterable[str], *, whole: bool) -> Residue:
        """Look into every place, sharing nothing with the deletion.

        Args:
            known_ids: memory ids that are, or were, this tenant's: history has no other owner column.
            whole: True looks for anything of the tenant, False only for ``known_ids``.
        """

    def user_ids(self, *, after: str, limit: int) -> list[str]:
        """User ids with memories in this store, ascending, strictly after one. For the directory only."""

    def close(self) -> None:
        """Release connections. The store opens again on the next call."""
