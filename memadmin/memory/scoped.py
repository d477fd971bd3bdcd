"""``ScopedMemory``: the right to touch exactly one tenant's memories.

The tenant is fixed at construction and appears in no method, so no call can name somebody else.
Every record is compared with the tenant on its way out; one foreign record voids the whole answer.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar

from memadmin.memory import cursors
from memadmin.memory import filters as content_filters
from memadmin.memory.errors import CrossTenantRecord, InvalidMessage, InvalidQuery
from memadmin.memory.filters import Filters, is_number
from memadmin.memory.identity import UserId, refusal
from memadmin.memory.records import (
    UNTOLD_PLACES,
    Added,
    Change,
    Deletion,
    Memory,
    Page,
    Removal,
    Residue,
    SearchHit,
    untold_note,
)
from memadmin.memory.stores.base import Addition, Message, Query, Store

MAX_QUERY_LENGTH = 2_000
"""Longest search text, in characters; longer ones say nothing more to an embedder."""
MAX_TEXT_LENGTH = 100_000
"""Longest memory text, in characters."""
MAX_NAME_LENGTH = 255
"""Longest name of who said something, in characters."""
MAX_PAGE = 1_000
"""Most memories in one page or one search."""

_Record = TypeVar("_Record", bound=Memory)


class ScopedMemory:
    """One tenant's memories, and nobody else's.

    Args:
        user_id: whose memories; see :class:`memadmin.memory.identity.UserId` for what is refused.
        store: where they are kept. Default: the store that the environment configures (``connect()``).

    Raises:
        InvalidUserId: the user_id cannot name exactly one tenant.
        ConfigurationError: the environment does not configure a usable store.

    Any method raises StoreUnavailable if the store does not answer, StoreError if it breaks its
    contract, and CrossTenantRecord if it answers with another tenant's record.
    """

    __slots__ = ("__owner", "__store")
    __owner: UserId
    __store: Store

    def __init__(self, user_id: str, *, store: Store | None = None) -> None:
        if hasattr(self, "_ScopedMemory__owner"):
            raise AttributeError("A scope cannot be changed; make another one.")
        if store is None:
            from memadmin.memory.connect import default_store  # noqa: PLC0415 - it hands out scopes itself

            store = default_store()
        object.__setattr__(self, "_ScopedMemory__owner", UserId.parse(user_id))
        object.__setattr__(self, "_ScopedMemory__store", store)

    def add(
        self,
        messages: str | Message | Sequence[Message],
        *,
        infer: bool = False,
        metadata: Mapping[str, Any] | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        expires_on: date | None = None,
    ) -> Added:
        """Remember something about this tenant.

        Args:
            messages: a text, a chat message (``{"role": ..., "content": ...}``) or a list of them.
            infer: False stores each text itself; True lets mem0's language model extract facts.
            metadata: plain JSON values kept beside the text; identity keys are refused.
            agent_id: which agent; run_id: which conversation. Both for browsing, not for access.
            expires_on: last day (UTC) on which mem0 serves it to the agent. Default: never expires.

        Raises:
            InvalidMessage: a message without role or text, an agent_id or run_id that mem0 would refuse or read as
                a wildcard, metadata that is no plain JSON or names an identity, or an expires_on that is no day.
            InferenceUnavailable: ``infer=True`` and no language model is configured.
        """
        return self.__store.add(
            self.__owner,
            Addition(
                messages=_checked_messages(messages),
                infer=infer,
                metadata=_checked_metadata(metadata),
                agent_id=_checked_name(agent_id, "agent_id"),
                run_id=_checked_name(run_id, "run_id"),
                expires_on=_checked_day(expires_on),
            ),
        )

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        threshold: float = 0.0,
        filters: Filters | None = None,
        include_expired: bool = False,
    ) -> list[SearchHit]:
        """Find memories by meaning, best first.

        Args:
            query: 1 to 2,000 characters.
            limit: at most this many, 1 to 1,000.
            threshold: lowest score to return, 0 to 1. mem0's own default of 0.1 hides true hits
                with a small embedder; the default here hides none.
            filters: conditions on content, see ``filters.py``.
            include_expired: also what mem0 hides from the agent by now. Default: False.

        Raises:
            InvalidQuery: text, limit or threshold out of range. InvalidFilter: see ``filters.py``.
        """
        if not is_number(threshold) or not 0 <= threshold <= 1:
            raise InvalidQuery("The threshold is a number from 0 to 1.")
        hits = self.__store.search(
            self.__owner,
            Query(
                text=_checked_text(query, MAX_QUERY_LENGTH, "search text"),
                limit=_checked_limit(limit),
                threshold=threshold,
                filters=content_filters.checked(filters),
                include_expired=include_expired,
            ),
        )
        return self.__own(hits)

    def page(self, cursor: str | None = None, limit: int = 50, *, filters: Filters | None = None) -> Page:
        """One slice of all memories, newest first, expired ones included and marked.

        Args:
            cursor: ``next_cursor`` of the slice before; None for the first.
            limit: memories in the slice, 1 to 1,000.
            filters: conditions on content, see ``filters.py``.

        Raises:
            InvalidCursor: altered, or issued for another tenant. InvalidQuery, InvalidFilter.
        """
        limit = _checked_limit(limit)
        after = cursors.decode(self.__owner, cursor) if cursor else None
        found = self.__store.page(self.__owner, after=after, limit=limit + 1, filters=content_filters.checked(filters))
        items = self.__own(found)[:limit]
        more = len(found) > limit
        return Page(tuple(items), cursors.encode(self.__owner, items[-1].position) if more else None)

    def get_all(self, *, filters: Filters | None = None) -> list[Memory]:
        """Everything that is remembered, newest first, expired included (mem0's own stops at 20)."""
        items: list[Memory] = []
        cursor: str | None = None
        while True:
            page = self.page(cursor, MAX_PAGE, filters=filters)
            items.extend(page.items)
            if (cursor := page.next_cursor) is None:
                return items

    def count(self) -> int:
        """Number of memories, expired included."""
        return self.__store.count(self.__owner)

    def get(self, memory_id: str) -> Memory | None:
        """One memory; None if it does not exist or is not this tenant's."""
        memory = self.__store.get(self.__owner, memory_id) if isinstance(memory_id, str) else None
        return self.__own([memory])[0] if memory else None

    def history(self, memory_id: str) -> list[Change] | None:
        """What happened to one memory, oldest first; None if it is not this tenant's."""
        if self.get(memory_id) is None:
            return None
        changes = self.__store.history(self.__owner, memory_id)
        if any(change.memory_id != memory_id for change in changes):
            raise CrossTenantRecord("The store answered with another memory's history; nothing is shown.")
        return changes

    def update(self, memory_id: str, text: str) -> Memory | None:
        """Replace a memory's text; returns it as it is now, None if it is not this tenant's.

        Raises:
            InvalidQuery: the text is empty or longer than 100,000 characters.
        """
        text = _checked_text(text, MAX_TEXT_LENGTH, "memory text")
        if self.get(memory_id) is None:
            return None
        self.__store.update(self.__owner, memory_id, text)
        return self.get(memory_id)

    def delete(self, memory_id: str) -> Deletion | None:
        """Remove one memory from every place, then look whether it is gone.

        The raw chat that mem0 keeps as context for the next extraction (its ``messages`` table) cannot be told
        apart by memory, so the whole of this tenant's goes: else the agent would learn the fact again.

        Returns:
            rows removed per place, and what a scan found afterwards; None if it is not this tenant's.
        """
        if self.get(memory_id) is None:
            return None
        return self.__verified(self.__store.delete(self.__owner, [memory_id]), whole=False)

    def delete_all(self) -> Deletion:
        """Remove everything of this tenant from every place, then look whether it is gone."""
        return self.__verified(self.__store.delete_all(self.__owner), whole=True)

    def residue(self, known_ids: Iterable[str] = ()) -> Residue:
        """Look into every place for anything of this tenant, independently of mem0 and of the deletion.

        Args:
            known_ids: memory ids that were this tenant's before a deletion. mem0's history has no
                user column, so rows of a vanished memory can be attributed by id only.
        """
        return self.__store.scan(self.__owner, known_ids, whole=True)

    def __own(self, records: list[_Record]) -> list[_Record]:
        if any(record.user_id != self.__owner for record in records):
            raise CrossTenantRecord("The store answered with another tenant's memory; nothing is shown.")
        return records

    def __verified(self, removal: Removal, *, whole: bool) -> Deletion:
        residue = self.__store.scan(self.__owner, removal.memory_ids, whole=whole)
        if removal.untold:
            residue = residue.doubting(UNTOLD_PLACES, untold_note(removal.untold))
        return Deletion(removal.counts, residue, removal.queued)

    def __repr__(self) -> str:
        return f"<ScopedMemory of one tenant in {self.__store.label}>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A scope cannot be changed; make another one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("A scope cannot be changed; make another one.")

    def __reduce__(self) -> NoReturn:
        raise TypeError("A scope cannot be pickled; make it where it is used.")


def _checked_text(text: object, longest: int, what: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise InvalidQuery(f"The {what} is empty.")
    if len(text) > longest:
        raise InvalidQuery(f"The {what} is {len(text):,} characters long; at most {longest:,} are accepted.")
    if "\0" in text or (not text.isprintable() and any("\ud800" <= char <= "\udfff" for char in text)):
        raise InvalidQuery(f"The {what} contains characters that cannot be stored.")
    return text


def _checked_limit(limit: object) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_PAGE:
        raise InvalidQuery(f"The limit is a whole number from 1 to {MAX_PAGE:,}.")
    return limit


def _checked_messages(messages: object) -> list[Message]:
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    elif isinstance(messages, Mapping):
        messages = [messages]
    if not isinstance(messages, Sequence) or not messages:
        raise InvalidMessage("Nothing to add: give a text, a message or a list of messages.")
    for message in messages:
        if not isinstance(message, Mapping) or message.get("role") not in ("user", "assistant", "system"):
            raise InvalidMessage("Each message is a mapping with a role (user, assistant or system) and a content.")
        _checked_text(message.get("content"), MAX_TEXT_LENGTH, "message's content")
        if message.get("name") is not None:
            _checked_text(message["name"], MAX_NAME_LENGTH, "message's name")
    return list(messages)


def _checked_metadata(metadata: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if metadata and not IDENTITY_KEYS.isdisjoint(metadata):
        raise InvalidMessage("Metadata may not name an identity; agent_id and run_id have arguments of their own.")
    try:
        text = json.dumps(dict(metadata or {}), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError) as error:
        raise InvalidMessage(
            "Metadata holds plain JSON values only: text, numbers, true, false, lists, mappings."
        ) from error
    if _NUL.search(text):
        raise InvalidMessage("The metadata contains characters that cannot be stored.")
    return metadata


def _checked_day(value: date | None) -> date | None:
    if value is not None and (isinstance(value, datetime) or not isinstance(value, date)):
        raise InvalidMessage("expires_on is a day, a datetime.date.")
    return value


def _checked_name(value: str | None, what: str) -> str | None:
    problem = refusal(value) if isinstance(value, str) else value is not None
    if problem:
        raise InvalidMessage(f"{what} is one word of at most 255 characters, without white space, and not “*”.")
    return value


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 as JSON writes it; PostgreSQL keeps no such character."""

IDENTITY_KEYS = frozenset({"user_id", "agent_id", "run_id", "actor_id"})
"""What mem0 takes for identity (``_IDENTITY_KEYS`` in ``mem0/memory/main.py``)."""
