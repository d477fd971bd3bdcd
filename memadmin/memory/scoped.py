"""``ScopedMemory``: the right to touch exactly one tenant's memories.

The tenant is fixed at construction and appears in no method, so no call can name somebody else.
Every record is compared with the tenant on its way out; one foreign record voids the whole answer.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn, TypeVar

from memadmin.memory import cursors
from memadmin.memory.browse import Browse, Selection
from memadmin.memory.errors import CrossTenantRecord, InvalidMessage, InvalidQuery, StoreError
from memadmin.memory.filters import Filters, is_number
from memadmin.memory.gate import Gate
from memadmin.memory.identity import UserId, refusal
from memadmin.memory.overview import Overview
from memadmin.memory.records import (
    RESERVED,
    UNTOLD_PLACES,
    Added,
    Change,
    Deletion,
    Memory,
    Page,
    Rectification,
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
SOON = timedelta(days=30)
"""How far ahead an overview counts what expires."""
LONGEST_SOON = timedelta(days=3_660)

_Record = TypeVar("_Record", bound=Memory)


class ScopedMemory:
    """One tenant's memories, and nobody else's.

    Args:
        user_id: whose memories; see :class:`memadmin.memory.identity.UserId` for what is refused.
        store: where they are kept. Default: the store that the environment configures (``connect()``).
        gate: asked before every write, see ``gate.py``. Default: the configured desk's; none with a ``store``.

    Raises:
        InvalidUserId: the user_id cannot name exactly one tenant.
        ConfigurationError: the environment does not configure a usable store.

    Any method raises StoreUnavailable if the store does not answer, StoreError if it breaks its
    contract, and CrossTenantRecord if it answers with another tenant's record.
    """

    __slots__ = ("__gate", "__owner", "__store")
    __gate: Gate | None
    __owner: UserId
    __store: Store

    def __init__(self, user_id: str, *, store: Store | None = None, gate: Gate | None = None) -> None:
        if hasattr(self, "_ScopedMemory__owner"):
            raise AttributeError("A scope cannot be changed; make another one.")
        if store is None:
            from memadmin.memory.connect import default_store  # noqa: PLC0415 - it hands out scopes itself

            store, gate = default_store()
        object.__setattr__(self, "_ScopedMemory__owner", UserId.parse(user_id))
        object.__setattr__(self, "_ScopedMemory__store", store)
        object.__setattr__(self, "_ScopedMemory__gate", gate)

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
            TenantBeingErased: the desk is erasing this person; nothing was stored.
        """
        addition = Addition(
            messages=_checked_messages(messages),
            infer=infer,
            metadata=_checked_metadata(metadata),
            agent_id=_checked_name(agent_id, "agent_id"),
            run_id=_checked_name(run_id, "run_id"),
            expires_on=_checked_day(expires_on),
        )
        with self.__writing():
            return self.__store.add(self.__owner, addition)

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        threshold: float = 0.0,
        filters: Filters | None = None,
        browse: Browse | None = None,
        include_expired: bool = False,
    ) -> list[SearchHit]:
        """Find memories by meaning, best first.

        Args:
            query: 1 to 2,000 characters.
            limit: at most this many, 1 to 1,000.
            threshold: lowest score to return, 0 to 1. mem0's own default of 0.1 hides true hits
                with a small embedder; the default here hides none.
            filters: conditions on content, see ``filters.py``. browse: see :class:`Browse`.
            include_expired: also what mem0 hides from the agent by now. Default: only where ``browse`` asks for it.

        Raises:
            InvalidQuery: text, limit or threshold out of range. InvalidFilter: see ``filters.py``.
        """
        if not is_number(threshold) or not 0 <= threshold <= 1:
            raise InvalidQuery("The threshold is a number from 0 to 1.")
        where = Selection.of(filters, browse)
        hits = self.__store.search(
            self.__owner,
            Query(
                text=_checked_text(query, MAX_QUERY_LENGTH, "search text"),
                limit=_checked_limit(limit),
                threshold=threshold,
                where=where,
                include_expired=include_expired or bool(where.browse.expired or where.browse.restricted),
            ),
        )
        return self.__own(hits)

    def page(
        self,
        cursor: str | None = None,
        limit: int = 50,
        *,
        filters: Filters | None = None,
        browse: Browse | None = None,
    ) -> Page:
        """One slice of all memories, newest first, expired ones included and marked.

        Args:
            cursor: ``next_cursor`` of the slice before, under the same filters; None for the first.
            limit: memories in the slice, 1 to 1,000.
            filters: conditions on content, see ``filters.py``. browse: see :class:`Browse`.

        Raises:
            InvalidCursor: altered, or issued for another tenant or other filters. InvalidQuery, InvalidFilter.
        """
        limit, where = _checked_limit(limit), Selection.of(filters, browse)
        under = where.canonical()
        after = cursors.decode(self.__owner, cursor, under) if cursor else None
        found = self.__store.page(self.__owner, after=after, limit=limit + 1, where=where)
        items = self.__own(found)[:limit]
        more = len(found) > limit
        return Page(tuple(items), cursors.encode(self.__owner, items[-1].position, under) if more else None)

    def get_all(self, *, filters: Filters | None = None, browse: Browse | None = None) -> list[Memory]:
        """Everything that is remembered, newest first, expired included (mem0's own stops at 20)."""
        items: list[Memory] = []
        cursor: str | None = None
        while True:
            page = self.page(cursor, MAX_PAGE, filters=filters, browse=browse)
            items.extend(page.items)
            if (cursor := page.next_cursor) is None:
                return items

    def walk(self, *, at_once: int = 500) -> Iterator[tuple[Memory, list[Change]]]:
        """Every memory with its history, newest memory first, oldest change first; expired memories included.

        Read a slice at a time with :meth:`page`, so that memory use does not grow with the number of memories where
        the store reads slices (PostgreSQL), and histories are asked for once a slice.

        Args:
            at_once: memories in a slice, 1 to 1,000.

        Raises:
            InvalidQuery: ``at_once`` out of range. While walking: as any method.
        """
        return self.__walked(_checked_limit(at_once))

    def count(self, *, filters: Filters | None = None, browse: Browse | None = None) -> int:
        """Number of memories, expired included; exact, and the same as :meth:`page` lists under the same filters."""
        return self.__store.count(self.__owner, Selection.of(filters, browse))

    def overview(self, *, soon: timedelta = SOON) -> Overview:
        """How much is remembered, since when, by which agents and runs, in which categories, and what expires.

        Args:
            soon: how far ahead an expiry counts as soon, in whole days, up to ten years. Default: 30 days.

        Raises:
            InvalidQuery: ``soon`` out of range.
        """
        if not isinstance(soon, timedelta) or not timedelta() <= soon <= LONGEST_SOON:
            raise InvalidQuery("What counts as soon is a timedelta of 0 days to 10 years.")
        today = datetime.now(UTC).date()
        return self.__store.overview(self.__owner, today=today, soon=today + soon)

    def similar(self, memory_id: str, limit: int = 20, *, include_expired: bool = False) -> list[SearchHit] | None:
        """The nearest to one memory, without itself, best first; None if it is not this tenant's.

        On PostgreSQL by its stored vector, elsewhere by its text, so scores are not comparable between stores.

        Args:
            limit: at most this many, 1 to 1,000 (999 on the hosted platform).
            include_expired: also what mem0 hides from the agent by now. Default: False.
        """
        limit = _checked_limit(limit)
        memory = self.get(memory_id)
        if memory is None:
            return None
        return self.__own(self.__store.similar(self.__owner, memory, limit=limit, include_expired=include_expired))

    def get(self, memory_id: str) -> Memory | None:
        """One memory; None if it does not exist or is not this tenant's."""
        memory = self.__store.get(self.__owner, memory_id) if isinstance(memory_id, str) else None
        return self.__own([memory])[0] if memory else None

    def history(self, memory_id: str) -> list[Change] | None:
        """What happened to one memory, oldest first; None if it is not this tenant's."""
        if self.get(memory_id) is None:
            return None
        return _checked_history(memory_id, self.__store.history(self.__owner, memory_id))

    def update(self, memory_id: str, text: str) -> Memory | None:
        """Replace a memory's text; returns it as it is now, None if it is not this tenant's.

        Raises:
            InvalidQuery: the text is empty or longer than 100,000 characters.
            TenantBeingErased: the desk is erasing this person; nothing was changed.
        """
        text = _checked_text(text, MAX_TEXT_LENGTH, "memory text")
        if self.get(memory_id) is None:
            return None
        with self.__writing():
            self.__store.update(self.__owner, memory_id, text)
        return self.get(memory_id)

    def rectify(self, memory_id: str, text: str) -> Rectification | None:
        """Replace a memory's text, take earlier wordings out of every place, and look whether they are gone (Art. 16).

        Unlike :meth:`update` nothing keeps what was wrong: the history keeps times and events but loses the texts of
        this and of earlier updates, entities that only an earlier wording named go, and so does this tenant's raw
        chat, from which the agent would learn the old fact again (as in :meth:`delete`). Doing it again, with the same
        text too, takes out what a crash left.

        The probe looks for earlier wordings as a whole, in the other memories of this tenant too: it changes none of
        them, and says so. The hosted platform keeps its history, and the probe finds it there.

        Raises:
            InvalidQuery: the text is empty or longer than 100,000 characters.
            TenantBeingErased: the desk is erasing this person; nothing was changed.

        Returns:
            the memory as it is now, rows scrubbed per place, and where an earlier wording is still found; None if it
            is not this tenant's, or was deleted meanwhile.
        """
        text = _checked_text(text, MAX_TEXT_LENGTH, "memory text")
        if self.get(memory_id) is None:
            return None
        with self.__writing():
            correction = self.__store.rectify(self.__owner, memory_id, text)
        memory = self.get(memory_id)
        if memory is None:
            return None
        residue = self.__store.probe(self.__owner, memory_id, text, correction)
        return Rectification(memory, correction.counts, residue)

    def forget_history(self, memory_id: str) -> int | None:
        """Take earlier wordings out of one memory's history and leave the memory as it is.

        Returns:
            rows that lost a text; None if the memory is not this tenant's.

        Raises:
            StoreError: there are earlier wordings and the store offers no way to remove them (hosted platform).
        """
        if self.get(memory_id) is None:
            return None
        return self.__store.forget_history(self.__owner, memory_id)

    def restrict(self, memory_id: str) -> Memory | None:
        """Hide a memory from the agent until :meth:`lift` (Art. 18); returns it, None if it is not this tenant's.

        mem0 skips it in ``search`` and ``get_all`` from now on, because it is made to have expired yesterday (UTC);
        text, vector, times and history stay. That is all mem0 offers: an agent that asks by id, asks for expired
        memories, runs a mem0 without expiry, or reads the vector store directly still sees it. Doing it twice is the
        same as doing it once.

        Raises:
            TenantBeingErased: nothing was changed. StoreError: the store did not keep the expiry.
        """
        if self.get(memory_id) is None:
            return None
        with self.__writing():
            self.__store.restrict(self.__owner, memory_id)
        memory = self.get(memory_id)
        if memory is not None and not memory.restricted:
            raise StoreError("The store did not keep the restriction: the agent may still read this memory. Try again.")
        return memory

    def lift(self, memory_id: str) -> Memory | None:
        """End a restriction: the memory has the expiry again that it had before; None if it is not this tenant's.

        A memory that is not restricted stays as it is; where the agent has set another expiry since, that one stays.

        Raises:
            TenantBeingErased: nothing was changed. StoreError: the store did not give the expiry back.
        """
        before = self.get(memory_id)
        if before is None:
            return None
        with self.__writing():
            self.__store.lift(self.__owner, memory_id)
        memory = self.get(memory_id)
        if memory is not None and before.restricted and memory.expires_on != before.expires_on_lift:
            raise StoreError(
                "The store did not give the expiry back: the memory is still hidden. Set its expiration_date in mem0."
            )
        return memory

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

    def __walked(self, at_once: int) -> Iterator[tuple[Memory, list[Change]]]:
        cursor: str | None = None
        while True:
            page = self.page(cursor, at_once)
            found = self.__store.histories(self.__owner, [memory.id for memory in page]) if page.items else {}
            if not found.keys() <= {memory.id for memory in page}:
                raise CrossTenantRecord(_FOREIGN_HISTORY)
            histories = [_checked_history(memory.id, found.get(memory.id, [])) for memory in page]
            yield from zip(page, histories, strict=True)
            if (cursor := page.next_cursor) is None:
                return

    def __writing(self) -> AbstractContextManager[None]:
        return self.__gate.writing(self.__owner) if self.__gate else nullcontext()

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


def _checked_history(memory_id: str, changes: list[Change]) -> list[Change]:
    if any(change.memory_id != memory_id for change in changes):
        raise CrossTenantRecord(_FOREIGN_HISTORY)
    return changes


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
    if any(str(key).strip().lower().startswith(RESERVED) for key in metadata or ()):
        raise InvalidMessage(f"Metadata keys that begin with {RESERVED} are the desk's own.")
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


_FOREIGN_HISTORY = "The store answered with another memory's history; nothing is shown."

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 as JSON writes it; PostgreSQL keeps no such character."""

IDENTITY_KEYS = frozenset({"user_id", "agent_id", "run_id", "actor_id"})
"""What mem0 takes for identity (``_IDENTITY_KEYS`` in ``mem0/memory/main.py``)."""
